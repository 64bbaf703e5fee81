"""Models against capabilities: for every pair that a card promises its grade, or in words why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from model_lab import units
from model_lab.analysis import contended_times
from model_lab.analysis.grades import UNGRADED, Grade, by_capability
from model_lab.analysis.licences import licence, marks, tried
from model_lab.analysis.links import to_capability, to_model
from model_lab.analysis.schema import ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.contract import ModelCard
from model_lab.provision import measured_memory


@dataclass(frozen=True)
class MatrixEntry:
    """A model in a capability: its grade if it was scored, else ``state`` says what is the matter.

    ``asked``: whether the run asked any model about the capability; only then has the report a page of it.
    """

    card: ModelCard
    capability: str
    grade: Grade | None
    state: str
    row: ResultRow | None
    asked: bool = True

    def shown(self) -> Shown:
        """As a row of a table for people."""
        speed = self.row.speed if self.row else None
        peak = speed.peak_memory_mb if speed else None
        expected = measured_memory.expected_gb(self.card) * 1000
        factor = speed.real_time_factor if speed else None
        return {
            "model": to_model(self.card.name),
            "capability": to_capability(self.capability) if self.asked else self.capability,
            "grade": self.grade.shown if self.grade else units.MISSING,
            "state": self.state,
            "licence": licence(self.card),
            "mind": ", ".join(marks(self.card)) or "nothing",
            "weights": Value(units.count(self.card.parameters), self.card.parameters),
            "RTF": contended_times.value(units.factor(factor), factor, speed) if speed else units.MISSING,
            "memory": Value(units.megabytes(peak) if peak else f"~ {units.megabytes(expected)}", peak or expected),
        }


def matrix(cards: Sequence[Scorecard], models: Iterable[ModelCard], found: Iterable[Grade]) -> list[MatrixEntry]:
    """An entry for every capability of every model that somebody could use; best grades first within a capability."""
    graded, rows, asked = by_capability(found), _rows(cards), {card.capability for card in cards}
    entries = [
        MatrixEntry(
            card,
            capability,
            graded.get((card.name, capability)),
            _state(card, rows.get((card.name, capability), []), (card.name, capability) in graded),
            _worst(rows, card, capability),
            asked=capability in asked,
        )
        for card in models
        if card.kind not in ("oracle", "judge") and not card.name.startswith("baseline_")
        for capability in card.capabilities
    ]
    return sorted(entries, key=lambda entry: (entry.capability, entry.grade.letter if entry.grade else "Z", entry.card.name))


def _rows(cards: Iterable[Scorecard]) -> Mapping[tuple[str, str], list[ResultRow]]:
    found: dict[tuple[str, str], list[ResultRow]] = {}
    for card in cards:
        for table in card.tables:
            for row in table.rows:
                found.setdefault((row.model, card.capability), []).append(row)
    return found


def _state(card: ModelCard, rows: Sequence[ResultRow], graded: bool) -> str:
    if any(
        row.status in ("complete", "partial") and any(score.value is not None for score in row.scores.values()) for row in rows
    ):
        scored = f"scored on {len(rows)} dataset{'s' if len(rows) > 1 else ''}"
        return scored if graded else f"{scored}; {UNGRADED}"
    if card.unsupported_reason:
        return f"not evaluated: cannot run here: {card.unsupported_reason}"
    if failed := next((row for row in rows if row.status == "failed"), None):
        return f"failed: {failed.reason}"
    if card.weights.kind == "hub":
        return f"not evaluated: {tried(card)}"
    if refused := next((row for row in rows if row.status == "not_run"), None):
        return f"not evaluated: cannot run here: {refused.reason}"
    return f"not evaluated: {'not scored' if rows else 'not asked in this run'}"


def _worst(rows: Mapping[tuple[str, str], list[ResultRow]], card: ModelCard, capability: str) -> ResultRow | None:
    """The row with the largest peak of memory."""
    return max(rows.get((card.name, capability), []), key=lambda row: row.speed.peak_memory_mb or 0.0, default=None)
