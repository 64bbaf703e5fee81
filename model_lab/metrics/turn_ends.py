"""End of turn: at a pause, whether the speaker has finished or will go on.

Conventions
-----------
- One sample is one question, asked at a pause; ``reference`` is True where the turn ended there, False where the same speaker went on.
- ``hypothesis`` is the predicted probability, 0 to 1, that it ended.
- A *cut-in* is a pause inside a turn that is taken for its end: the assistant interrupts. How long the speaker had been silent when the
  question was asked is the dataset's: its card says it.

Metrics
-------
- `AUC` (``auc``): area under the ROC curve: of two pauses, one of each kind, how often the end has the higher probability, ties counting
  half. Ratio in 0 to 1, 0.5 is chance, higher is better. Hanley and McNeil 1982.
- `CUT_INS` (``cut_ins``): share of pauses inside a turn that are taken for its end, at the highest threshold that finds at least 95 % of
  the ends. Ratio in 0 to 1, lower is better. The operating point of the eot-bench harness.
- `ACCURACY` (``accuracy``): share of right decisions at a probability of 0.5. Ratio, higher is better. The protocol of Smart Turn.
- `FALSE_ENDS` (``false_ends``), `MISSED_ENDS` (``missed_ends``): false-positive and false-negative rate of those decisions, lower is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, rate, share

FOUND = 0.95
"""Share of the ends that must be found at the threshold of ``cut_ins``."""

THRESHOLD = 0.5
"""Probability from which a pause is taken for an end, as in Smart Turn: above it, not at it."""


def probability_components(reference: bool, hypothesis: float) -> Components:
    """Collect one question.

    Args:
        reference: Whether the turn ended.
        hypothesis: Probability that it did, 0 to 1.

    Returns:
        ``ended``: one bool; ``probability``: one float.

    Examples:
        >>> probability_components(True, 0.75)
        {'ended': [True], 'probability': [0.75]}
    """
    return {"ended": [bool(reference)], "probability": [float(hypothesis)]}


def area_under_curve(pooled: Mapping[str, Any]) -> float:
    """Compute the area under the ROC curve.

    Args:
        pooled: Pooled `probability_components`.

    Returns:
        Area in 0 to 1; NaN unless there are pauses of both kinds.

    Examples:
        >>> area_under_curve({"ended": [True, True, False, False], "probability": [0.9, 0.4, 0.6, 0.1]})  # 3 of 4 pairs in order
        0.75
    """
    from sklearn.metrics import roc_auc_score

    ended = np.asarray(pooled["ended"], bool)
    if ended.all() or not ended.any():
        return math.nan
    return float(roc_auc_score(ended, pooled["probability"]))


def cut_ins(pooled: Mapping[str, Any]) -> float:
    """Compute the rate of cut-ins where `FOUND` of the ends are found.

    Args:
        pooled: Pooled `probability_components`.

    Returns:
        Share of the pauses inside turns at or above the highest threshold that finds at least `FOUND` of the ends, 0 to 1; NaN unless
            there are pauses of both kinds.

    Examples:
        >>> cut_ins({"ended": [True, True, False, False], "probability": [0.9, 0.4, 0.6, 0.1]})  # 0.4 finds both ends and takes 0.6
        0.5
    """
    from sklearn.metrics import roc_curve

    ended = np.asarray(pooled["ended"], bool)
    if ended.all() or not ended.any():
        return math.nan
    false, found, _ = roc_curve(ended, pooled["probability"], drop_intermediate=False)
    return float(false[np.argmax(found >= FOUND)])


def decision_components(reference: bool, hypothesis: float) -> Components:
    """Count one decision at a probability of 0.5.

    Args:
        reference: Whether the turn ended.
        hypothesis: Probability that it did, 0 to 1.

    Returns:
        ``right``, ``all``; ``ends``, ``missed`` (ends that were not found); ``holds``, ``false`` (pauses taken for ends).

    Examples:
        >>> decision_components(False, 0.75)
        {'right': 0.0, 'all': 1.0, 'ends': 0.0, 'missed': 0.0, 'holds': 1.0, 'false': 1.0}
    """
    said = hypothesis > THRESHOLD
    return {
        "right": float(said == reference),
        "all": 1.0,
        "ends": float(reference),
        "missed": float(reference and not said),
        "holds": float(not reference),
        "false": float(said and not reference),
    }


AUC = share(
    "auc",
    "area under the ROC curve",
    "Hanley and McNeil 1982, scikit-learn",
    probability_components,
    area_under_curve,
    scorer="scikit-learn-roc_auc_score",
)
CUT_INS = share(
    "cut_ins",
    "pauses inside a turn taken for its end, where 95 % of the ends are found",
    "eot-bench (LiveKit 2026): false cut-offs at a stated share of the ends",
    probability_components,
    cut_ins,
    rising=False,
)
ACCURACY = share(
    "accuracy",
    "right decisions at a probability of 0.5",
    "the protocol of Smart Turn (Daily 2025)",
    decision_components,
    rate("right", of="all"),
)
FALSE_ENDS = share(
    "false_ends",
    "pauses inside a turn taken for its end, at a probability of 0.5",
    "false-positive rate, the protocol of Smart Turn (Daily 2025)",
    decision_components,
    rate("false", of="holds"),
    rising=False,
    evidence=("holds",),
    lacking="the turn ended",
)
MISSED_ENDS = share(
    "missed_ends",
    "ends of a turn that were not found, at a probability of 0.5",
    "false-negative rate, the protocol of Smart Turn (Daily 2025)",
    decision_components,
    rate("missed", of="ends"),
    rising=False,
    evidence=("ends",),
    lacking="the turn did not end",
)
