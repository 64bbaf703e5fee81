"""Numbers that others published, beside our own: never mixed, never ranked, and subtracted only where data and scorer are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, model_validator

from model_lab import units
from model_lab.analysis.schema import ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml

NOT_STATED = "not stated"
_SCALE = {"%": 0.01}
"""Our shares are ratios."""


class PublishedSource(Strict):
    """Where a number stands, and from when it is."""

    title: str
    date: str | None = Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$", description="year, or month, or day; null: not stated")


class PublishedDataset(Strict):
    """What was measured on; ``ours`` is our dataset that holds exactly this, if there is one."""

    dataset: str | None = None
    split: str | None = None
    ours: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.dataset, self.split))) or NOT_STATED


class PublishedTable(Strict):
    """Models by data, in one metric out of one source. ``ours``: our metric of the same quantity; ``same_scorer``: surely counted alike."""

    capability: str
    source: str
    metric: str
    ours: str = ""
    unit: str
    scorer: str | None = None
    same_scorer: bool = False
    hardware: str | None = None
    data: tuple[PublishedDataset, ...] = Field(min_length=1)
    values: dict[str, tuple[float | None, ...]] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> PublishedTable:
        for model, values in self.values.items():
            if len(values) != len(self.data):
                raise ValueError(f"{model} has {len(values)} values; expected {len(self.data)}, one for each entry of data")
        return self


class Published(Strict):
    """The schema of ``published.yaml``."""

    registered: dict[str, tuple[str, ...]] = Field(description="model as published -> our models of the same weights")
    sources: dict[str, PublishedSource]
    tables: tuple[PublishedTable, ...]

    @model_validator(mode="after")
    def _sourced(self) -> Published:
        if unknown := {table.source for table in self.tables} - set(self.sources):
            raise ValueError(f"no source is called {', '.join(sorted(unknown))}; add it under sources")
        return self

    def facts(self) -> Iterator[PublishedNumber]:
        """Every number, in the order of the file."""
        for table in self.tables:
            for model, values in table.values.items():
                for data, value in zip(table.data, values, strict=True):
                    if value is not None:
                        yield PublishedNumber(
                            model, self.registered.get(model, ()), table, data, value, self.sources[table.source]
                        )


@dataclass(frozen=True)
class PublishedNumber:
    """One published number: ``model`` as published, and our models of the same weights."""

    model: str
    registered: tuple[str, ...]
    table: PublishedTable
    data: PublishedDataset
    value: float
    source: PublishedSource

    @property
    def in_our_unit(self) -> float:
        """The value in the unit of our metric: a share as a ratio."""
        return self.value * _SCALE.get(self.table.unit, 1.0)

    def shown(self) -> Shown:
        """As a row of a table for people."""
        return {**self.said(", ".join(self.registered)), **self.origin()}

    def said(self, model: str) -> Shown:
        """The first half of a row: the number; ``model`` is who runs the same weights here."""
        return {
            "capability": self.table.capability,
            "published for": self.model,
            "model here": model or units.MISSING,
            "on": str(self.data),
            "metric": self.table.metric,
            "published": Value(f"{self.value:g} {self.table.unit}".strip(), self.value),
        }

    def origin(self) -> Shown:
        """The second half: how it was measured, where it stands."""
        return {
            "scorer": self.table.scorer or NOT_STATED,
            "hardware": self.table.hardware or NOT_STATED,
            "source": self.source.title,
            "date": self.source.date or NOT_STATED,
        }


def published(path: Path = PACKAGED / "published.yaml") -> list[PublishedNumber]:
    """The published numbers in a file; raises `BadConfig` with the key that is wrong."""
    return list(parse(Published, read_yaml(path), path).facts())


@dataclass(frozen=True)
class Own:
    """What we measured of the same quantity on a dataset of ours, with its 95 % interval."""

    dataset: str
    value: float
    low: float | None
    high: float | None
    n: int
    unit: str

    def __str__(self) -> str:
        ends = units.interval(self.low, self.high, self.unit)
        return f"{units.amount(self.value, self.unit)} {ends}".strip() + f" (n = {self.n}) on {self.dataset}"


@dataclass(frozen=True)
class ComparedNumber:
    """A published number with what we measured of the same quantity for ``model``, which runs the same weights; "" if none does."""

    fact: PublishedNumber
    model: str
    own: tuple[Own, ...]

    @property
    def same_data(self) -> Own | None:
        """Ours on exactly the data of the published number."""
        return next((own for own in self.own if own.dataset == self.fact.data.ours), None)

    @property
    def difference(self) -> float | None:
        """Ours minus the published one, in our unit; None unless data and scorer are surely the same."""
        same = self.same_data
        return same.value - self.fact.in_our_unit if same and self.fact.table.same_scorer else None

    def shown(self) -> Shown:
        """As a row of a table for people."""
        same, difference = self.same_data, self.difference
        return {
            **self.fact.said(self.model),
            "ours": "; ".join(map(str, self.own)) or units.MISSING,
            "same data?": self._told(bool(same), self.fact.data.dataset),
            "same scorer?": self._told(self.fact.table.same_scorer, self.fact.table.scorer),
            "ours - published": Value(units.gap(difference, same.unit), difference)
            if same and difference is not None
            else units.MISSING,
            **self.fact.origin(),
        }

    def _told(self, same: bool, stated: str | None) -> str:
        """Whether something is the same, as far as the source says what it was; nothing to say without a value of ours."""
        if not self.own:
            return units.MISSING
        return "yes" if same else "no" if stated else NOT_STATED


def beside(
    facts: Iterable[PublishedNumber], cards: Sequence[Scorecard], capability: str = "", model: str = ""
) -> list[ComparedNumber]:
    """The published numbers about ``capability``, or about the weights of ``model`` (all if neither is named), beside ours.

    A number is there once for each of our models of the same weights. The order is the file's: this is no ranking.
    """
    return [
        ComparedNumber(fact, ours, tuple(_own(fact, ours, cards)))
        for fact in facts
        if capability in ("", fact.table.capability)
        for ours in fact.registered or ("",)
        if model in ("", ours)
    ]


def _own(fact: PublishedNumber, model: str, cards: Sequence[Scorecard]) -> Iterator[Own]:
    for card in cards:
        for table in card.tables if card.capability == fact.table.capability else ():
            for row in table.rows if model else ():
                if row.model == model:
                    unit = next((column.unit for column in table.columns if column.name == fact.table.ours), "")
                    yield from _measured(fact, row, table.data.name, unit)


def _measured(fact: PublishedNumber, row: ResultRow, dataset: str, unit: str) -> Iterator[Own]:
    score, factor = row.scores.get(fact.table.ours), row.speed.real_time_factor
    if score is not None and score.value is not None:
        yield Own(dataset, score.value, score.low, score.high, score.n_scored, unit)
    elif row.speed.contended:
        return
    elif fact.table.metric == "RTF" and factor:
        yield Own(dataset, factor, None, None, row.speed.n_timed, "")
    elif fact.table.metric == "RTFx" and factor:
        yield Own(dataset, 1 / factor, None, None, row.speed.n_timed, fact.table.unit)
