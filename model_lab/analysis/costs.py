"""The cost of each model (price x measured speed), and the Pareto front of quality, cost and memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from model_lab import units
from model_lab.analysis import contended_times
from model_lab.analysis.links import to_capability, to_dataset, to_model
from model_lab.analysis.schema import DatasetTable, MetricColumn, ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.contract import Device
from model_lab.errors import BadConfig
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml


class MachinePrice(Strict):
    """A type of machine that is rented by the hour."""

    per_hour: float = Field(ge=0)
    device: Device = "cpu"
    note: str = ""


class Prices(Strict):
    """The schema of ``prices.yaml``."""

    currency: str
    machines: dict[str, MachinePrice] = Field(min_length=1)

    def on(self, device: str) -> tuple[str, MachinePrice]:
        """The cheapest machine with ``device``. Raises `BadConfig` if none is listed."""
        fitting = {name: machine for name, machine in self.machines.items() if machine.device == device}
        if not fitting:
            raise BadConfig(f"the prices list no machine with {device}; add one under machines with device: {device}")
        return min(fitting.items(), key=lambda item: item[1].per_hour)


def prices(path: Path = PACKAGED / "prices.yaml") -> Prices:
    """The prices in a file. Raises `BadConfig` with the invalid key."""
    return parse(Prices, read_yaml(path), path)


@dataclass(frozen=True)
class Cost:
    """A scored model on one dataset: its primary value with interval, cost and memory, and whether it is on the Pareto front.

    The cost is ``per_audio_hour`` for audio input, else ``per_thousand_calls``, for one worker that has the whole machine. The cost of
    a contended speed is an upper bound: whether such a model is dominated is unknown.
    """

    capability: str
    dataset: str
    column: MetricColumn
    row: ResultRow
    per_audio_hour: float | None
    per_thousand_calls: float | None
    on_front: bool = False

    @property
    def price(self) -> float:
        """The cost per audio hour or per thousand calls; infinite where no speed was measured."""
        measured = [price for price in (self.per_audio_hour, self.per_thousand_calls) if price is not None]
        return measured[0] if measured else float("inf")

    @property
    def contended(self) -> bool:
        """Whether the cost is derived from a contended speed."""
        return bool(self.row.speed.contended)

    @property
    def loss(self) -> float:
        """The primary value, negated where higher is better, so that lower is better."""
        value = self.row.scores[self.column.name].value
        assert value is not None
        return -value if self.column.higher_is_better else value

    def shown(self, currency: str) -> Shown:
        """As a table row for display."""
        score = self.row.scores[self.column.name]
        per = "an hour of audio" if self.per_audio_hour is not None else "1,000 calls"
        has_price, speed = self.price != float("inf"), self.row.speed
        memory = speed.peak_memory_mb
        return {
            "model": to_model(self.row.model),
            "capability": to_capability(self.capability),
            "dataset": to_dataset(self.capability, self.dataset),
            "metric": self.column.name,
            "value": Value(units.amount(score.value, self.column.unit), score.value),
            "95 %": units.interval(score.low, score.high, self.column.unit),
            "n": Value(units.count(score.n_scored), score.n_scored),
            "cost": contended_times.value(f"{currency} {self.price:.3g} for {per}", self.price, speed)
            if has_price
            else Value(units.MISSING),
            "memory": Value(units.megabytes(memory), memory),
            "front": "yes" if self.on_front else f"unknown: {contended_times.CONTENDED}" if self.contended else "no",
        }


def costs(cards: Iterable[Scorecard], price_list: Prices) -> list[Cost]:
    """The cost of every scored model on every dataset, the Pareto front first, then by cost. Baselines and oracles are left out."""
    ordered: list[Cost] = []
    for card in cards:
        for table in card.tables:
            rows = [
                row
                for row in table.rows
                if table.score(row) and row.kind not in ("oracle", "untouched") and not row.model.startswith("baseline_")
            ]
            priced = [_cost(card.capability, table, row, price_list) for row in rows]
            costed = [_on_front(cost, priced) for cost in priced]
            ordered += sorted(costed, key=lambda cost: (not cost.on_front, cost.price, cost.row.model))
    return ordered


def _cost(capability: str, table: DatasetTable, row: ResultRow, price_list: Prices) -> Cost:
    device = row.spec.device if row.spec else "cpu"
    per_hour, speed = price_list.on(device)[1].per_hour, row.speed
    factor, latency = speed.real_time_factor, speed.latency_p50_s
    return Cost(
        capability,
        table.data.name,
        table.primary,
        row,
        per_audio_hour=None if factor is None else factor * per_hour,
        per_thousand_calls=latency * 1000 / 3600 * per_hour if factor is None and latency is not None else None,
    )


def _on_front(cost: Cost, others: Sequence[Cost]) -> Cost:
    dominated = any(_dominates(other, cost) for other in others)
    return replace(cost, on_front=not dominated)


def _dominates(one: Cost, other: Cost) -> bool:
    """At least as good in quality, price and memory, and better in one of them (Pareto)."""
    ours, theirs = _axes(one), _axes(other)
    return all(a <= b for a, b in zip(ours, theirs, strict=True)) and ours != theirs


def _axes(cost: Cost) -> tuple[float, float, float]:
    """Quality, cost and memory, each so that lower is better."""
    return (cost.loss, cost.price, cost.row.speed.peak_memory_mb or 0.0)
