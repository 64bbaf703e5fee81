"""Published results beside our own: never mixed or ranked, and held against each other only where data and scorer are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from model_lab import units
from model_lab.analysis.schema import ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml

NOT_STATED = "not stated"
_SCALE = {"%": 0.01}
"""Unit of a published value -> factor to our unit; we store percentages as ratios."""


class PublishedSource(Strict):
    """The publication of a number and its date."""

    title: str
    date: str | None = Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$", description="year, month or day; null: not stated")


class PublishedDataset(Strict):
    """The data of a published number.

    ``ours``: our datasets with exactly this data, one name or several; ``sprint``: our sprint for a mean over a list of sets. Such a mean
    is held against nothing, as our list need not be the whole of theirs: see `published_mean`.
    """

    dataset: str | None = None
    split: str | None = None
    ours: tuple[str, ...] = ()
    sprint: str = ""

    @field_validator("ours", mode="before")
    @classmethod
    def _one_or_several(cls, names: object) -> object:
        return (names,) if isinstance(names, str) else names

    def __str__(self) -> str:
        return " ".join(filter(None, (self.dataset, self.split))) or NOT_STATED


class PublishedTable(Strict):
    """Published values of one metric from one source, by model and data.

    ``ours``: our metric of the same quantity; ``scorer``: how the source computed it; ``scorer_id``: the `Metric.scorer` that is certainly
    the same computation, if there is one.
    """

    capability: str
    source: str
    metric: str
    ours: str = ""
    unit: str
    scorer: str | None = None
    scorer_id: str = ""
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
            raise ValueError(f"unknown source {', '.join(sorted(unknown))}; add it under sources")
        return self

    def facts(self) -> Iterator[PublishedNumber]:
        """All numbers, in the order of the file."""
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
        """The value in the unit of our metric: a percentage as a ratio."""
        return self.value * _SCALE.get(self.table.unit, 1.0)

    @property
    def amount(self) -> str:
        """The value as published, with its unit."""
        return f"{self.value:g} {self.table.unit}".strip()

    def shown(self) -> Shown:
        """As a table row for display."""
        return {**self.number_columns(", ".join(self.registered)), **self.source_columns()}

    def number_columns(self, model: str) -> Shown:
        """The columns about the number; ``model`` is our model of the same weights."""
        return {
            "capability": self.table.capability,
            "published for": self.model,
            "model here": model or units.MISSING,
            "on": str(self.data),
            "metric": self.table.metric,
            "published": Value(self.amount, self.value),
        }

    def source_columns(self) -> Shown:
        """The columns about how it was measured and where it was published."""
        return {
            "scorer": self.table.scorer or NOT_STATED,
            "hardware": self.table.hardware or NOT_STATED,
            "source": self.source.title,
            "date": self.source.date or NOT_STATED,
        }


def published(path: Path = PACKAGED / "published.yaml") -> list[PublishedNumber]:
    """The published numbers in a file. Raises `BadConfig` with the invalid key."""
    return list(parse(Published, read_yaml(path), path).facts())


@dataclass(frozen=True)
class OwnResult:
    """Our measurement of the same quantity on one of our datasets, with its 95 % interval."""

    dataset: str
    value: float
    low: float | None
    high: float | None
    n: int
    unit: str
    scorer: str = ""

    @property
    def measured(self) -> str:
        """The value with its interval."""
        return f"{units.amount(self.value, self.unit)} {units.interval(self.low, self.high, self.unit)}".strip()

    def __str__(self) -> str:
        return f"{self.measured} (n = {self.n}) on {self.dataset}"


@dataclass(frozen=True)
class ComparedNumber:
    """A published number with our measurements of the same quantity for ``model``, our model of the same weights ("" if there is none)."""

    fact: PublishedNumber
    model: str
    own: tuple[OwnResult, ...]

    @property
    def same_data(self) -> OwnResult | None:
        """Our result on exactly the data of the published number."""
        return next((own for own in self.own if own.dataset in self.fact.data.ours), None)

    @property
    def same_scorer(self) -> bool:
        """Whether all our results, on whatever data, were scored as the published number was."""
        scorer = self.fact.table.scorer_id
        return bool(scorer and self.own) and all(own.scorer == scorer for own in self._considered)

    @property
    def _considered(self) -> tuple[OwnResult, ...]:
        return (self.same_data,) if self.same_data else self.own

    @property
    def difference(self) -> float | None:
        """Our value minus the published one, in our unit; None unless data and scorer are certainly the same."""
        own_result = self.same_data
        return own_result.value - self.fact.in_our_unit if own_result and self.same_scorer else None

    @property
    def verdict(self) -> str:
        """What the two numbers say of each other, or why they cannot be held against each other; "" without a result of ours."""
        own_result = self.same_data
        if not self.own:
            return ""
        if own_result is None or not self.same_scorer:
            return "not comparable: " + " and ".join(filter(None, [*self._other("data"), *self._other("scorer")]))
        return f"published {self.fact.amount}, here {own_result.measured}: {agreement(self.fact.in_our_unit, own_result.low, own_result.high)}"

    def _other(self, what: Literal["data", "scorer"]) -> Iterator[str]:
        """That the data or the scorer is another one, or that the source does not state it."""
        stated = self._stated(what)
        if stated in ("no", NOT_STATED):
            yield f"other {what}" if stated == "no" else f"{what} {NOT_STATED}"

    def _stated(self, what: Literal["data", "scorer"]) -> str:
        """ "yes", "no", or that the source does not state it."""
        if self.same_data if what == "data" else self.same_scorer:
            return "yes"
        return "no" if (self.fact.data.dataset if what == "data" else self.fact.table.scorer) else NOT_STATED

    def shown(self) -> Shown:
        """As a table row for display."""
        own_result, difference = self.same_data, self.difference
        return {
            **self.fact.number_columns(self.model),
            "ours": "; ".join(map(str, self.own)) or units.MISSING,
            "same data?": self._stated("data") if self.own else units.MISSING,
            "same scorer?": self._stated("scorer") if self.own else units.MISSING,
            "ours - published": Value(units.gap(difference, own_result.unit), difference)
            if own_result and difference is not None
            else units.MISSING,
            "verdict": self.verdict or units.MISSING,
            **self.fact.source_columns(),
        }


def agreement(published_value: float, low: float | None, high: float | None) -> str:
    """Whether a published value lies in our interval; both are in our unit.

    >>> agreement(0.05, 0.04, 0.06), agreement(0.07, 0.04, 0.06), agreement(0.05, None, None)
    ('agrees', 'differs: published is above our interval', 'no interval here')
    """
    if low is None or high is None:
        return "no interval here"
    if low <= published_value <= high:
        return "agrees"
    return f"differs: published is {'below' if published_value < low else 'above'} our interval"


def published_mean(facts: Iterable[PublishedNumber], model: str, datasets: Iterable[str], metric: str) -> float | None:
    """The mean of the published values of a model over some of our datasets: the part of a leaderboard's mean that ours covers.

    Args:
        facts: Published numbers.
        model: The model, as published or by the name of ours of the same weights.
        datasets: Names of our datasets.
        metric: Name of our metric.

    Returns:
        The mean in our unit; None unless one source has a value of the model on every dataset.
    """
    wanted = set(datasets)
    by_source: dict[tuple[str, str], dict[str, float]] = {}
    for fact in facts:
        if fact.table.ours == metric and model in (fact.model, *fact.registered):
            values = by_source.setdefault((fact.table.source, fact.model), {})
            values |= {name: fact.in_our_unit for name in fact.data.ours if name in wanted}
    complete = (values for values in by_source.values() if values and wanted == set(values))
    return next((sum(values.values()) / len(values) for values in complete), None)


def compare_published(
    facts: Iterable[PublishedNumber], cards: Sequence[Scorecard], capability: str = "", model: str = ""
) -> list[ComparedNumber]:
    """Published numbers beside ours, for ``capability`` or for the weights of ``model`` (all if neither is set).

    A number is listed once for each of our models of the same weights, in the order of the file: this is not a ranking.
    """
    return [
        ComparedNumber(fact, own_model, tuple(_own(fact, own_model, cards)))
        for fact in facts
        if capability in ("", fact.table.capability)
        for own_model in fact.registered or ("",)
        if model in ("", own_model)
    ]


def same_data(facts: Iterable[PublishedNumber], cards: Sequence[Scorecard]) -> list[str]:
    """A sentence for each of our results on exactly the data of a published number of the same weights, scored the same way."""
    return [
        f"{compared.model} on {compared.same_data.dataset}, {compared.fact.table.ours}: {compared.verdict} ({compared.fact.source.title})"
        for compared in compare_published(facts, cards)
        if compared.same_data and compared.same_scorer
    ]


def _own(fact: PublishedNumber, model: str, cards: Sequence[Scorecard]) -> Iterator[OwnResult]:
    for card in cards:
        for table in card.tables if card.capability == fact.table.capability else ():
            for row in table.rows if model else ():
                if row.model == model:
                    unit = next((column.unit for column in table.columns if column.name == fact.table.ours), "")
                    yield from _measured(fact, row, table.data.name, unit)


def _measured(fact: PublishedNumber, row: ResultRow, dataset: str, unit: str) -> Iterator[OwnResult]:
    score, factor = row.scores.get(fact.table.ours), row.speed.real_time_factor
    if score is not None and score.value is not None:
        yield OwnResult(dataset, score.value, score.low, score.high, score.n_scored, unit, score.scorer)
    elif row.speed.contended:
        return
    elif fact.table.metric == "RTF" and factor:
        yield OwnResult(dataset, factor, None, None, row.speed.n_timed, "")
    elif fact.table.metric == "RTFx" and factor:
        yield OwnResult(dataset, 1 / factor, None, None, row.speed.n_timed, fact.table.unit)
