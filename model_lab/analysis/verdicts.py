"""What a recommendation consists of: a verdict on every model, the stack, and what leaving out a dataset would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from model_lab.analysis.grades import Grade
from model_lab.analysis.schema import ResultRow
from model_lab.analysis.use_cases import UseCase
from model_lab.results.schema import Speed

Verdict = Literal["recommended", "acceptable", "rejected", "not evaluated", "not shown to beat doing nothing"]
_USABLE: tuple[Verdict, ...] = ("recommended", "acceptable")


@dataclass(frozen=True)
class Advice:
    """The verdict on one model for one capability, its reason, and the grade over the datasets that count for the use case."""

    capability: str
    model: str
    word: Verdict
    because: str
    grade: Grade | None
    row: ResultRow | None
    speed: Speed

    @property
    def usable(self) -> bool:
        """Whether it can be part of a stack."""
        return self.word in _USABLE and self.grade is not None and self.grade.independent

    @property
    def memory_gb(self) -> float:
        """Measured peak memory of its worker, in GB."""
        return (self.speed.peak_memory_mb or 0.0) / 1024


@dataclass(frozen=True)
class LeftOut:
    """What the advice on a capability would be without one dataset: the words that change, as (model, word, word without it)."""

    capability: str
    dataset: str
    changes: tuple[tuple[str, Verdict, Verdict], ...]

    @property
    def sentence(self) -> str:
        """The changes, or that there are none."""
        if not self.changes:
            return f"{self.capability}: without {self.dataset} no word changes."
        said = "; ".join(f"{model} would be {after} instead of {before}" for model, before, after in self.changes)
        return f"{self.capability}: without {self.dataset}, {said}."


@dataclass(frozen=True)
class Recommendation:
    """All advice for a use case, the stack (capability -> advice), sentences about missing evidence, and what leaving out data changes."""

    use_case: UseCase
    advice: tuple[Advice, ...]
    stack: Mapping[str, Advice]
    missing: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def memory_gb(self) -> float:
        """Memory of all models of the stack together, in GB; a model used twice is loaded once."""
        return sum({entry.model: entry.memory_gb for entry in self.stack.values()}.values())
