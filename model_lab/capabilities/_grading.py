"""How a capability turns the value of its primary metric into a letter, with the reason and the source of its thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Measure = Literal["value", "gain", "share"]
"""What is graded: the value itself, the gain over a baseline, or the share of the possible gain."""

Over = Literal["", "null", "chance", "untouched"]
"""The baseline of a gain: the empty answer, a random answer, or the unprocessed input."""

OVER_TITLES: dict[Over, str] = {
    "null": "an empty answer",
    "chance": "a random answer",
    "untouched": "the unprocessed input",
}


@dataclass(frozen=True)
class Grading:
    """The grading of a capability's quality.

    Attributes:
        thresholds: Worst values that still earn an A, B, C and D, in the scale of ``measure``.
        measure: ``"value"``: the primary metric in its own unit, where a user feels the number itself. Where the number mostly measures
            how hard the data is, the improvement on the same samples: ``"gain"``, the difference from a baseline in the metric's
            unit (above 0 is better, whatever the metric's direction); or ``"share"``, (value - baseline) / (best - baseline), which is
            the relative reduction of an error and (score - chance) / (1 - chance) of a score: 0 is the baseline, 1 is perfect.
        over: Baseline of a gain or a share: ``"null"`` (an empty answer), ``"chance"`` (a random answer) or ``"untouched"`` (the
            unprocessed input); empty for ``"value"``.
        reason: Why these thresholds, in sentences.
        source: Publications and standards that they rest on; says so where they are a convention of this bench.
    """

    thresholds: tuple[float, float, float, float]
    measure: Measure = "value"
    over: Over = ""
    reason: str = ""
    source: str = ""

    def falls(self, higher_is_better: bool) -> bool:
        """Whether thresholds fall from A to D.

        Args:
            higher_is_better: Direction of the primary metric.

        Returns:
            True where the larger number is the better one: always for an improvement, else as the metric has it.
        """
        return self.measure != "value" or higher_is_better

    def values(self, baseline: float | None, best: float, higher_is_better: bool) -> tuple[float, ...]:
        """Express the thresholds as values of the primary metric.

        Args:
            baseline: Value of the baseline `over` on the same data; None if it is not known.
            best: Best value of the primary metric.
            higher_is_better: Its direction.

        Returns:
            The worst values that earn an A, B, C and D, in the metric's unit; empty if that takes an unknown baseline.

        Examples:
            >>> Grading((0.8, 0.6, 0.4, 0.2), measure="share", over="chance").values(0.5, 1.0, True)
            (0.9, 0.8, 0.7, 0.6)
            >>> Grading((3.0, 2.0, 1.0, 0.5), measure="gain", over="null").values(10.0, 0.0, False)
            (7.0, 8.0, 9.0, 9.5)
        """
        if self.measure == "value":
            return self.thresholds
        if baseline is None:
            return ()
        step = (best - baseline) if self.measure == "share" else (1.0 if higher_is_better else -1.0)
        return tuple(baseline + threshold * step for threshold in self.thresholds)

    def faults(self, higher_is_better: bool, best: float, untouched: str) -> Iterator[str]:
        """Check the fields, also against the primary metric.

        Args:
            higher_is_better: Direction of the primary metric.
            best: Best value of the primary metric.
            untouched: The capability's name of the unprocessed input; empty if it has none.

        Yields:
            What is wrong, as clauses.
        """
        if problem := threshold_problem(self.thresholds):
            yield f"thresholds are {self.thresholds!r}; {problem}"
        elif (self.thresholds[0] > self.thresholds[-1]) is not self.falls(higher_is_better):
            yield f"thresholds are {self.thresholds!r}; expected them to {'fall' if self.falls(higher_is_better) else 'rise'} from A to D"
        if self.measure not in get_args(Measure):
            yield f"measure is {self.measure!r}; expected one of {', '.join(get_args(Measure))}"
        if self.over not in get_args(Over) or bool(self.over) is (self.measure == "value"):
            yield f"over is {self.over!r} with measure {self.measure!r}; expected null, chance or untouched for a gain or a share, and nothing for a value"
        if self.over == "untouched" and not untouched:
            yield "over is 'untouched'; expected null or chance, because the capability has no unprocessed input"
        if self.measure == "share" and not abs(best) < float("inf"):
            yield f"measure is 'share', but the best value of the primary metric is {best}; expected 'gain' or 'value'"


def threshold_problem(thresholds: Sequence[float]) -> str:
    """Check the thresholds of grades.

    Args:
        thresholds: The worst values that still earn an A, B, C and D.

    Returns:
        What is wrong, as a clause; empty if nothing.

    Example:
        >>> threshold_problem((0.05, 0.1, 0.2, 0.4)), threshold_problem((3, 1, 2, 0))
        ('', 'expected them to rise or to fall from A to D, four numbers')
    """
    numbers = list(thresholds)
    fine = len(numbers) == 4 and all(isinstance(number, (int, float)) for number in numbers)
    return (
        ""
        if fine and numbers in (sorted(numbers), sorted(numbers, reverse=True))
        else "expected them to rise or to fall from A to D, four numbers"
    )
