"""Classification of whole recordings: mean average precision, top-1 accuracy, macro F1 and average recall.

Conventions
-----------
- The answer is a list of class names with scores, best first; higher scores are more likely, and need not be probabilities.
- A dataset has its own classes, and for each the names that a model may use. A ``*`` in a name stands for any text: ``* Owl`` accepts
  every kind of owl. Names are compared ignoring case.
- A class's score is the best score of its names in the answer, 0 if none occurs. The chosen class is that of the first answered name
  that belongs to any class.
- A recording may have several right classes (AudioSet, FSD50K): each is relevant for the average precision of its class, and the chosen
  class is right if it is any of them.
- Macro averages are over the classes that occur in the reference of the pool.

Metrics
-------
All are ratios in 0 to 1, higher is better.

- `MEAN_AVERAGE_PRECISION` (``map``): mean over classes of AP = sum over ranks of precision at k times the rise of recall at k, with
  tied scores as one step. Manning et al. 2008, as in scikit-learn.
- `TOP1` (``top1``): recordings whose chosen class is right, over recordings. Accuracy.
- `MACRO_F1` (``macro_f1``): mean over classes of 2 TP / (2 TP + FP + FN). Opitz and Burst 2019.
- `AVERAGE_RECALL` (``average_recall``): mean over classes of TP / (TP + FN), also called unweighted average recall or balanced
  accuracy. Schuller et al. 2009.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.errors import BadManifest
from model_lab.metrics._base import Components, Metric, share
from model_lab.types import Label

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class ClassTruth:
    """Reference of classification.

    Attributes:
        label: The right class, a key of ``classes``; of several, the first.
        classes: Every class of the dataset with the names a model may use for it; the class's own name is always accepted.
        others: The other right classes of a recording that has several.
    """

    label: str
    classes: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All right classes."""
        return (self.label, *self.others)


def class_components(reference: ClassTruth, hypothesis: Sequence[Label]) -> Components:
    """Score the dataset's classes by one answer.

    Args:
        reference: The right class and the accepted names of all classes.
        hypothesis: Answered names with scores, best first; may be empty.

    Returns:
        ``scores``: one list with a score per class, classes in alphabetical order; ``truth``: index of the right class, a list of
            several; ``chosen``: index of the chosen class, -1 if no answered name belongs to any. Lists of one item each.

    Examples:
        >>> truth = ClassTruth("dog", {"dog": ("Bark", "Dog"), "cat": ("Meow",)})
        >>> class_components(truth, [Label("Dog", 0.75), Label("Speech", 0.5), Label("Bark", 0.25)])
        {'scores': [[0.0, 0.75]], 'truth': [1], 'chosen': [1]}
    """
    order = sorted(reference.classes)
    accepted = [_accepted((label, *reference.classes[label])) for label in order]
    answer = [(label.name.casefold(), label.score) for label in hypothesis]
    vector = [max((score for name, score in answer if matches(name)), default=0.0) for matches in accepted]
    chosen = next((index for name, _ in answer for index, matches in enumerate(accepted) if matches(name)), -1)
    right = [order.index(label) for label in reference.labels]
    return {"scores": [vector], "truth": [right if reference.others else right[0]], "chosen": [chosen]}


def chosen_truth(answer: Sequence[Label], reference: ClassTruth) -> ClassTruth | None:
    """Take an answer for the truth, to compare another answer with it.

    Args:
        answer: Answered names with scores, best first.
        reference: Reference of the same recording, for its classes.

    Returns:
        The chosen class as the only right one; None if no answered name belongs to any class.

    Examples:
        >>> truth = ClassTruth("dog", {"dog": ("Bark",), "cat": ("Meow",)})
        >>> chosen_truth([Label("Speech", 0.9), Label("Meow", 0.5)], truth)
        ClassTruth(label='cat', classes={'dog': ('Bark',), 'cat': ('Meow',)}, others=())
    """
    [chosen] = class_components(reference, answer)["chosen"]  # type: ignore[misc]
    return None if chosen < 0 else ClassTruth(sorted(reference.classes)[chosen], reference.classes)


def right_classes(pooled: Mapping[str, Any]) -> list[tuple[int, ...]]:
    """Read the right classes of each sample.

    Args:
        pooled: Pooled `class_components`.

    Returns:
        Indices of the right classes, one tuple for each sample.

    Examples:
        >>> right_classes({"truth": [2, [0, 3]]})
        [(2,), (0, 3)]
    """
    return [tuple(truth) if isinstance(truth, list) else (truth,) for truth in pooled["truth"]]


def _present(pooled: Mapping[str, Any]) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.bool_]]:
    """The classes that occur, shape ``(classes,)``, and whether each is right for each sample, shape ``(samples, classes)``."""
    right = right_classes(pooled)
    present = np.unique([index for indices in right for index in indices])
    return present, np.array([np.isin(present, indices) for indices in right])


def accepts(names: tuple[str, ...], answered: str) -> bool:
    """Decide whether an answered name is one of a class's names.

    Args:
        names: Accepted names; ``*`` stands for any text.
        answered: Name in an answer.

    Returns:
        True if the whole of ``answered`` matches a name, ignoring case.

    Examples:
        >>> accepts(("owl", "* Owl"), "Strix aluco_Tawny Owl"), accepts(("owl",), "Howl")
        (True, False)
    """
    return bool(_accepted(names)(answered.casefold()))


@lru_cache(maxsize=1024)
def _accepted(names: tuple[str, ...]) -> Callable[[str], object]:
    """Whether a case-folded name in an answer is one of ``names``."""
    patterns = (".*".join(map(re.escape, name.casefold().split("*"))) for name in names)
    return re.compile("|".join(patterns), re.DOTALL).fullmatch


def mean_average_precision(pooled: Mapping[str, Any]) -> float:
    """Compute the mean average precision over the classes present in the pool.

    Args:
        pooled: Pooled `class_components`.

    Returns:
        Mean over classes in 0 to 1, higher is better.

    Raises:
        BadManifest: If samples list different numbers of classes.

    Examples:
        >>> scores = [[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]]
        >>> round(mean_average_precision({"scores": scores, "truth": [0, 0, 1]}), 4)  # class 0: (1 + 2/3) / 2, class 1: 1/2
        0.6667
    """
    scores = _vectors(pooled["scores"])
    present, right = _present(pooled)
    return float(np.mean(average_precision(scores[:, present], right)))


def average_precision(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Compute the average precision of each column, its rows ranked by falling score.

    Args:
        scores: Scores, higher first, shape ``(rows, columns)``.
        right: Whether a row is relevant for a column, shape ``(rows, columns)``; every column needs a relevant row.

    Returns:
        Area under the steps of the precision-recall curve of each column, 0 to 1, float64, shape ``(columns,)``; rows with tied scores form
            one step.

    Examples:
        >>> average_precision(np.array([[0.9], [0.4], [0.7]]), np.array([[True], [True], [False]])).tolist()
        [0.8333333333333333]
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked, hit = np.take_along_axis(scores, order, axis=0), np.take_along_axis(right, order, axis=0)
    rank = np.arange(1, len(scores) + 1)[:, None]
    precision = np.cumsum(hit, axis=0) / rank
    last_of_tie = np.where(np.vstack([ranked[1:] != ranked[:-1], np.ones(scores.shape[1], bool)]), rank - 1, len(scores))
    threshold = np.minimum.accumulate(last_of_tie[::-1], axis=0)[::-1]
    return np.asarray((np.take_along_axis(precision, threshold, axis=0) * hit).sum(axis=0) / hit.sum(axis=0))


def top1(pooled: Mapping[str, Any]) -> float:
    """Compute accuracy.

    Args:
        pooled: Pooled `class_components`.

    Returns:
        Share of recordings whose chosen class is right, 0 to 1, higher is better.

    Examples:
        >>> top1({"truth": [0, 1, 1, 2], "chosen": [0, 1, 2, -1]})
        0.5
    """
    return float(np.mean([chosen in right for chosen, right in zip(pooled["chosen"], right_classes(pooled), strict=True)]))


def macro_f1(pooled: Mapping[str, Any]) -> float:
    """Compute the mean F1 over the classes present in the pool.

    Args:
        pooled: Pooled `class_components`.

    Returns:
        Mean over classes in 0 to 1, higher is better.

    Examples:
        >>> macro_f1({"truth": [0, 0, 1, 1], "chosen": [0, 1, 1, 1]})  # 2/3 and 4/5
        0.7333333333333334
    """
    present, actual = _present(pooled)
    claimed = np.asarray(pooled["chosen"])[:, None] == present
    return float(np.mean(2 * (actual & claimed).sum(axis=0) / (actual.sum(axis=0) + claimed.sum(axis=0))))


def average_recall(pooled: Mapping[str, Any]) -> float:
    """Compute the mean recall over the classes present in the pool.

    Args:
        pooled: Pooled `class_components`.

    Returns:
        Mean over classes in 0 to 1, higher is better; 1 / classes is chance.

    Examples:
        >>> average_recall({"truth": [0, 0, 0, 1], "chosen": [0, 0, 1, -1]})  # 2/3 and 0
        0.3333333333333333
    """
    present, actual = _present(pooled)
    claimed = np.asarray(pooled["chosen"])[:, None] == present
    return float(np.mean((actual & claimed).sum(axis=0) / actual.sum(axis=0)))


def _vectors(scores: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    lengths = {len(vector) for vector in scores}
    if len(lengths) > 1:
        raise BadManifest(f"rows list {min(lengths)} and {max(lengths)} classes; expected the same `classes` in every row")
    return np.asarray(scores, dtype=np.float64)


def _metric(name: str, title: str, source: str, value: Callable[[Mapping[str, Any]], float], scorer: str) -> Metric:
    return share(name, title, source, class_components, value, scorer=scorer)


MEAN_AVERAGE_PRECISION = _metric(
    "map",
    "mean average precision over classes",
    "Manning et al. 2008, as in scikit-learn",
    mean_average_precision,
    "sklearn-average_precision-macro",
)
TOP1 = _metric("top1", "correct class ranked first", "accuracy", top1, "sklearn-accuracy")
MACRO_F1 = _metric("macro_f1", "F1, mean over classes", "Opitz and Burst 2019", macro_f1, "sklearn-f1-macro")
AVERAGE_RECALL = _metric(
    "average_recall",
    "recall, mean over classes",
    "unweighted average recall (Schuller et al. 2009), macro accuracy",
    average_recall,
    "sklearn-recall-macro",
)
