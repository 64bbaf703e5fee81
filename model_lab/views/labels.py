"""Ranked lists of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from model_lab.metrics._base import Metric
from model_lab.metrics.labels import right_classes
from model_lab.types import Label
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import LabelScore, Part, RankedLabels, Remark, Text, Verdict

_FIRST = 5


def _unknown(sample: SampleContext, label: Label) -> Verdict:
    return ""


def ranked(
    verdict: Callable[[SampleContext, Label], Verdict] = _unknown,
    reference: Callable[[SampleContext], Iterable[Part]] | None = None,
) -> View:
    """A view of a list of `Label`, best first, of which the first few are shown.

    Args:
        verdict: Whether a label is right, ``""`` where that is not known; not called without a reference. Only the label that
            decides can be wrong: those after it are merely not it.
        reference: The parts that describe the reference.
    """

    def answer(sample: SampleContext, labels: Sequence[Label]) -> list[Part]:
        return [_first(sample, labels, verdict)] if labels else [NOTHING_FOUND]

    fits = list_of(Label)
    return View(answer=answer, fits=fits) if reference is None else View(answer=answer, fits=fits, reference=reference)


def _first(sample: SampleContext, labels: Sequence[Label], verdict: Callable[[SampleContext, Label], Verdict]) -> RankedLabels:
    shown: list[LabelScore] = []
    decided = False
    for label in labels[:_FIRST]:
        judged = "" if sample.reference is None else verdict(sample, label)
        shown.append(LabelScore(label.name, label.score, "" if decided and judged == "wrong" else judged))
        decided = decided or judged != ""
    return RankedLabels(tuple(shown), max(0, len(labels) - _FIRST))


def of_classes(metric: Metric) -> View:
    """A view of labels against a `ClassTruth`: right is what ``metric`` (of `metrics.labels`) counts as right.

    A label that is none of the dataset's classes is neither right nor wrong.
    """

    def verdict(sample: SampleContext, label: Label) -> Verdict:
        counts: Any = metric.components(sample.reference, [label])
        chosen = counts["chosen"][0]
        return "" if chosen < 0 else "right" if chosen in right_classes(counts)[0] else "wrong"

    return ranked(verdict, _class)


def _class(sample: SampleContext) -> list[Part]:
    right, classes = sample.reference.labels, sample.reference.classes
    others = [name for label in right for name in classes.get(label, ()) if name not in right]
    return [Text(", ".join(right)), *([Remark(f"Also right: {', '.join(others)}.")] if others else [])]


LABELS = ranked()
"""A list of `Label` of which nothing more is known."""
