"""Classification of whole recordings: mean average precision, top-1 accuracy, macro F1.

A dataset has its own classes, and names for each which a model may use; a class scores as the best of its names in the answer
(0 if none is there), and the class chosen is that of the first name in the answer that belongs to any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.errors import BadManifest
from model_lab.metrics._base import Components, Metric
from model_lab.types import Label

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class ClassTruth:
    """The right class, and for every class of the dataset the names a model may use for it (its own among them)."""

    label: str
    classes: Mapping[str, tuple[str, ...]]


def class_components(reference: ClassTruth, hypothesis: Sequence[Label]) -> Components:
    """One vector of class scores (classes in alphabetical order), the right class and the chosen one (-1 = none), as indices.

    >>> truth = ClassTruth("dog", {"dog": ("Bark", "Dog"), "cat": ("Meow",)})
    >>> class_components(truth, [Label("Dog", 0.75), Label("Speech", 0.5), Label("Bark", 0.25)])
    {'scores': [[0.0, 0.75]], 'truth': [1], 'chosen': [1]}
    """
    order = sorted(reference.classes)
    accepted = [{name.casefold() for name in reference.classes[label]} | {label.casefold()} for label in order]
    answer = [(label.name.casefold(), label.score) for label in hypothesis]
    vector = [max((score for name, score in answer if name in names), default=0.0) for names in accepted]
    chosen = next((index for name, _ in answer for index, names in enumerate(accepted) if name in names), -1)
    return {"scores": [vector], "truth": [order.index(reference.label)], "chosen": [chosen]}


def mean_average_precision(pooled: Mapping[str, Any]) -> float:
    """The mean, over the classes present in the pool, of the area under the precision-recall steps (as in scikit-learn).

    >>> scores = [[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]]
    >>> round(mean_average_precision({"scores": scores, "truth": [0, 0, 1]}), 4)  # class 0: (1 + 2/3) / 2, class 1: 1/2
    0.6667
    """
    scores, truth = _vectors(pooled["scores"]), np.asarray(pooled["truth"])
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=0)
    right = truth[order] == np.arange(scores.shape[1])
    rank = np.arange(1, len(truth) + 1)[:, None]
    precision = np.cumsum(right, axis=0) / rank
    last_of_tie = np.where(np.vstack([ranked[1:] != ranked[:-1], np.ones(scores.shape[1], bool)]), rank - 1, len(truth))
    threshold = np.minimum.accumulate(last_of_tie[::-1], axis=0)[::-1]
    hits = (np.take_along_axis(precision, threshold, axis=0) * right).sum(axis=0)
    positives = right.sum(axis=0)
    return float(np.mean(hits[positives > 0] / positives[positives > 0]))


def top1(pooled: Mapping[str, Any]) -> float:
    """The share of recordings whose chosen class is right.

    >>> top1({"truth": [0, 1, 1, 2], "chosen": [0, 1, 2, -1]})
    0.5
    """
    return float(np.mean(np.asarray(pooled["truth"]) == np.asarray(pooled["chosen"])))


def macro_f1(pooled: Mapping[str, Any]) -> float:
    """The mean, over the classes present in the pool, of F1.

    >>> macro_f1({"truth": [0, 0, 1, 1], "chosen": [0, 1, 1, 1]})  # 2/3 and 4/5
    0.7333333333333334
    """
    truth, chosen = np.asarray(pooled["truth"]), np.asarray(pooled["chosen"])
    present = np.unique(truth)[:, None]
    actual, claimed = truth == present, chosen == present
    return float(np.mean(2 * (actual & claimed).sum(axis=1) / (actual.sum(axis=1) + claimed.sum(axis=1))))


def _vectors(scores: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    lengths = {len(vector) for vector in scores}
    if len(lengths) > 1:
        raise BadManifest(f"rows list {min(lengths)} and {max(lengths)} classes; expected the same `classes` in every row")
    return np.asarray(scores, dtype=np.float64)


def _metric(name: str, title: str, source: str, value: Callable[[Mapping[str, Any]], float]) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=True,
        best=1.0,
        worst=0.0,
        version=1,
        source=source,
        components=class_components,
        value=value,
    )


MEAN_AVERAGE_PRECISION = _metric(
    "map", "mean average precision over classes", "Manning et al. 2008, as in scikit-learn", mean_average_precision
)
TOP1 = _metric("top1", "right class first", "accuracy", top1)
MACRO_F1 = _metric("macro_f1", "F1, mean over classes", "Opitz and Burst 2019", macro_f1)
