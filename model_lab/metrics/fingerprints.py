"""Audio fingerprinting: whether a degraded excerpt finds its recording in a library, and a stranger finds none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.metrics.speaker import equal_error_rate
from model_lab.types import Label


@dataclass(frozen=True)
class MatchTruth:
    """The entry of the library that the excerpt was cut from; "" = it is not in the library."""

    match: str


def match_components(reference: MatchTruth, hypothesis: Sequence[Label]) -> Components:
    """Of one excerpt: whether it is in the library, whether its entry alone comes first, and the top score.

    An entry that shares the top score with another, or has the score 0, is not found.

    >>> match_components(MatchTruth("b"), [Label("b", 0.8), Label("a", 0.1)])
    {'known': [True], 'first': [True], 'top': [0.8]}
    >>> match_components(MatchTruth("b"), [Label("b", 0.8), Label("a", 0.8)])
    {'known': [True], 'first': [False], 'top': [0.8]}
    """
    scores = {label.name: label.score for label in hypothesis}
    top = max(scores.values(), default=0.0)
    winners = [name for name, score in scores.items() if score == top > 0]
    return {"known": [bool(reference.match)], "first": [winners == [reference.match]], "top": [float(top)]}


def recall_at_1(pooled: Mapping[str, Any]) -> float:
    """The share of the excerpts in the library that find their entry; NaN without any.

    >>> recall_at_1({"known": [True, True, False], "first": [True, False, False], "top": [0.9, 0.5, 0.4]})
    0.5
    """
    return ratio(sum(pooled["first"]), sum(pooled["known"]))


def recall_without_false_match(pooled: Mapping[str, Any]) -> float:
    """The share that find their entry with a score above that of every excerpt that is not in the library.

    NaN unless both kinds of excerpt are there.

    >>> recall_without_false_match({"known": [True, True, False], "first": [True, True, False], "top": [0.9, 0.3, 0.4]})
    0.5
    """
    rows = list(zip(pooled["known"], pooled["first"], pooled["top"], strict=True))
    strangers = [top for known, _, top in rows if not known]
    if not strangers:
        return math.nan
    return ratio(sum(first and top > max(strangers) for _, first, top in rows), len(rows) - len(strangers))


def rejection_eer(pooled: Mapping[str, Any]) -> float:
    """Equal error rate of telling excerpts in the library from others by the top score; NaN unless both kinds are there.

    >>> rejection_eer({"known": [True, True, False, False], "first": [True] * 4, "top": [0.9, 0.4, 0.6, 0.1]})
    0.5
    """
    return equal_error_rate(np.asarray(pooled["known"], bool), np.asarray(pooled["top"], np.float64))


def _metric(
    name: str,
    title: str,
    source: str,
    value: Callable[[Mapping[str, Any]], float],
    rising: bool = True,
    evidence: tuple[str, ...] = (),
) -> Metric:
    lacking = "no entry in the library"
    return share(name, title, source, match_components, value, rising=rising, version=2, evidence=evidence, lacking=lacking)


RECALL_AT_1 = _metric(
    "recall_at_1",
    "excerpts that find their recording first",
    "Wang 2003; Cano et al. 2005, A Review of Audio Fingerprinting",
    recall_at_1,
    evidence=("known",),
)
RECALL_WITHOUT_FALSE_MATCH = _metric(
    "recall_without_false_match",
    "excerpts that find their recording, scored above every excerpt that is not in the library",
    "detection and identification rate at no false alarm, ISO/IEC 19795-1",
    recall_without_false_match,
)
REJECTION_EER = _metric(
    "rejection_eer",
    "equal error rate of telling excerpts in the library from others by the top score",
    "ISO/IEC 19795-1, on scikit-learn's ROC curve",
    rejection_eer,
    rising=False,
)
