"""Audio fingerprinting: is the recording of a degraded excerpt found in a library, and is an excerpt of an unknown recording rejected?

Conventions
-----------
- The answer for an excerpt is a list of library entries with scores (higher = more similar), in any order.
- An entry is found if it alone has the highest score and that score is above 0; a tie at the top counts as not found.
- Excerpts of recordings that are not in the library (``match`` = "") measure false matches.

Metrics
-------
- `RECALL_AT_1` (``recall_at_1``): excerpts in the library that find their entry, over excerpts in the library. Ratio in 0 to 1,
  higher is better. Wang 2003; Cano et al. 2005.
- `RECALL_WITHOUT_FALSE_MATCH` (``recall_without_false_match``): the same, counting only excerpts whose top score exceeds that of every
  excerpt outside the library: the recall at the threshold that admits no false match. Ratio in 0 to 1, higher is better. Detection
  and identification rate of ISO/IEC 19795-1.
- `REJECTION_EER` (``rejection_eer``): equal error rate of separating excerpts in the library from others by their top score. Ratio
  in 0 to 1, 0 is best, 0.5 is chance. ISO/IEC 19795-1.
"""

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
    """Reference of fingerprint matching.

    Attributes:
        match: Name of the library entry that the excerpt was cut from; "" if it is not in the library.
    """

    match: str


def match_components(reference: MatchTruth, hypothesis: Sequence[Label]) -> Components:
    """Collect one excerpt's outcome.

    Args:
        reference: The entry that the excerpt was cut from.
        hypothesis: Library entries with their scores; of several labels of one name the last counts. May be empty.

    Returns:
        ``known``: whether the excerpt is in the library; ``first``: whether its entry alone has the top score, above 0; ``top``: the
            highest score, 0.0 if there is none. Lists of one item each.

    Examples:
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
    """Compute the share of library excerpts that find their entry.

    Args:
        pooled: Pooled `match_components`.

    Returns:
        Recall in 0 to 1, higher is better; NaN without an excerpt from the library.

    Examples:
        >>> recall_at_1({"known": [True, True, False], "first": [True, False, False], "top": [0.9, 0.5, 0.4]})
        0.5
    """
    return ratio(sum(pooled["first"]), sum(pooled["known"]))


def recall_without_false_match(pooled: Mapping[str, Any]) -> float:
    """Compute the share of library excerpts found with a score above that of every excerpt outside the library.

    Args:
        pooled: Pooled `match_components`.

    Returns:
        Recall at zero false matches in 0 to 1, higher is better; NaN unless the pool has excerpts of both kinds.

    Examples:
        >>> recall_without_false_match({"known": [True, True, False], "first": [True, True, False], "top": [0.9, 0.3, 0.4]})
        0.5
    """
    rows = list(zip(pooled["known"], pooled["first"], pooled["top"], strict=True))
    outside = [top for known, _, top in rows if not known]
    if not outside:
        return math.nan
    return ratio(sum(first and top > max(outside) for _, first, top in rows), len(rows) - len(outside))


def rejection_eer(pooled: Mapping[str, Any]) -> float:
    """Compute the equal error rate of deciding by the top score whether an excerpt is in the library.

    Args:
        pooled: Pooled `match_components`.

    Returns:
        Equal error rate in 0 to 1, lower is better; NaN unless the pool has excerpts of both kinds.

    Examples:
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
    "excerpts whose recording is ranked first",
    "Wang 2003; Cano et al. 2005, A Review of Audio Fingerprinting",
    recall_at_1,
    evidence=("known",),
)
RECALL_WITHOUT_FALSE_MATCH = _metric(
    "recall_without_false_match",
    "excerpts whose recording is ranked first, with a score above that of every excerpt outside the library",
    "detection and identification rate at no false alarm, ISO/IEC 19795-1",
    recall_without_false_match,
)
REJECTION_EER = _metric(
    "rejection_eer",
    "equal error rate of rejecting excerpts outside the library by the top score",
    "ISO/IEC 19795-1, on scikit-learn's ROC curve",
    rejection_eer,
    rising=False,
)
