"""The matrix of models and capabilities: the grade of every pair that a card declares, or the reason there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from model_lab import units
from model_lab.analysis import contended_times
from model_lab.analysis.grades import UNGRADED, Grade
from model_lab.analysis.licences import licence, marks, verification
from model_lab.analysis.links import to_capability, to_model
from model_lab.analysis.schema import ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.contract import ModelCard
from model_lab.provision import measured_memory


@dataclass(frozen=True)
class MatrixEntry:
    """A model in a capability: its grade if it was scored, else the reason in ``state``.

    ``evaluated``: whether the run evaluated any model in this capability; only then the report has a page for it.
    """

    card: ModelCard
    capability: str
    grade: Grade | None
    state: str
    row: ResultRow | None
    evaluated: bool = True

    def shown(self) -> Shown:
        """As a table row for display."""
        speed = self.row.speed if self.row else None
        peak = speed.peak_memory_mb if speed else None
        expected = measured_memory.expected_gb(self.card) * 1000
        factor = speed.real_time_factor if speed else None
        return {
            "model": to_model(self.card.name),
            "capability": to_capability(self.capability) if self.evaluated else self.capability,
            "grade": self.grade.without_evidence if self.grade else units.MISSING,
            "evidence": self.grade.evidence if self.grade else units.MISSING,
            "state": self.state,
            "licence": licence(self.card),
            "caveats": ", ".join(marks(self.card)) or "none",
            "weights": Value(units.count(self.card.parameters), self.card.parameters),
            "RTF": contended_times.value(units.factor(factor), factor, speed) if speed else units.MISSING,
            "memory": Value(units.megabytes(peak) if peak else f"~ {units.megabytes(expected)}", peak or expected),
        }


def matrix(cards: Sequence[Scorecard], models: Iterable[ModelCard], graded: Mapping[tuple[str, str], Grade]) -> list[MatrixEntry]:
    """An entry for every capability of every model except baselines, oracles and judges; best grades first within a capability.

    ``graded``: (model, capability) -> grade.
    """
    rows, evaluated = _rows(cards), {card.capability for card in cards}
    entries = [
        MatrixEntry(
            card,
            capability,
            graded.get((card.name, capability)),
            _state(card, rows.get((card.name, capability), []), (card.name, capability) in graded),
            _worst(rows, card, capability),
            evaluated=capability in evaluated,
        )
        for card in models
        if card.kind not in ("oracle", "judge") and not card.name.startswith("baseline_")
        for capability in card.capabilities
    ]
    return sorted(entries, key=lambda entry: (entry.capability, entry.grade.order if entry.grade else (9, 9), entry.card.name))


def _rows(cards: Iterable[Scorecard]) -> Mapping[tuple[str, str], list[ResultRow]]:
    by_pair: dict[tuple[str, str], list[ResultRow]] = {}
    for card in cards:
        for table in card.tables:
            for row in table.rows:
                by_pair.setdefault((row.model, card.capability), []).append(row)
    return by_pair


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
        return f"not evaluated: {verification(card)}"
    if refused := next((row for row in rows if row.status == "not_run"), None):
        return f"not evaluated: cannot run here: {refused.reason}"
    return f"not evaluated: {'not scored' if rows else 'not part of this run'}"


def _worst(rows: Mapping[tuple[str, str], list[ResultRow]], card: ModelCard, capability: str) -> ResultRow | None:
    """The row with the largest peak memory."""
    return max(rows.get((card.name, capability), []), key=lambda row: row.speed.peak_memory_mb or 0.0, default=None)
