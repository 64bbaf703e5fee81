"""Calibration: whether probabilities are what they say, and how much of a score's information a decision can use.

Conventions
-----------
- A class probability is calibrated if, of all answers given with probability p, a share p is right.
- Only answers that are a distribution over classes count (scores that sum to 1 within `SUM_TOLERANCE`, of at least two classes); scores of
  independent tags are no such probabilities.
- A log-likelihood ratio of a trial compares one speaker with two; 0 says nothing.

Metrics
-------
- `CALIBRATION_ERROR` (``ece``): expected calibration error of the first class: mean over `BINS` equal bins of its probability, weighted by the
  answers in them, of |share right - mean probability|. Ratio in 0 to 1, lower is better. Guo et al. 2017.
- `MIN_CLLR` (``min_cllr``): cost of log-likelihood ratios after the best monotonic calibration (pool adjacent violators): what is lost by
  discrimination alone; bits, 0 is best, 1 says nothing. Brümmer and du Preez 2006.
- `CLLR` (``cllr``): the same cost of ratios that a logistic regression of one half of the groups gives the other half, so that no trial
  calibrates itself; bits, 0 is best, 1 says nothing, more than 1 misleads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.metrics import speaker
from model_lab.metrics._base import Components, Metric, share
from model_lab.metrics.labels import ClassTruth, class_components
from model_lab.types import Label

BINS = 15
"""Number of bins of the probability, as in Guo et al. 2017."""

SUM_TOLERANCE = 0.01
"""Scores sum to 1 within this, or they are no distribution: packages round them."""


def confidence_components(reference: ClassTruth, hypothesis: Sequence[Label]) -> Components:
    """Collect the probability of the first class of one answer, and whether it is right.

    Args:
        reference: The right class and the accepted names of all classes.
        hypothesis: Answered names with scores, best first.

    Returns:
        ``confidence``: one probability; ``right``: one bool. Both empty unless the scores are a distribution over at least two classes.

    Examples:
        >>> truth = ClassTruth("dog", {"dog": (), "cat": ()})
        >>> confidence_components(truth, [Label("dog", 0.75), Label("cat", 0.25)])
        {'confidence': [0.75], 'right': [True]}
        >>> confidence_components(truth, [Label("dog", 0.75), Label("cat", 0.5)])
        {'confidence': [], 'right': []}
    """
    if len(hypothesis) < 2 or abs(sum(label.score for label in hypothesis) - 1) > SUM_TOLERANCE:
        return {"confidence": [], "right": []}
    counted = class_components(reference, hypothesis[:1])
    (truth,), (chosen,) = counted["truth"], counted["chosen"]  # type: ignore[misc]
    return {"confidence": [float(hypothesis[0].score)], "right": [chosen in (truth if isinstance(truth, list) else [truth])]}


def calibration_error(pooled: Mapping[str, Any]) -> float:
    """Compute the expected calibration error.

    Args:
        pooled: Pooled `confidence_components`.

    Returns:
        Error in 0 to 1, lower is better; NaN without answers.

    Examples:
        >>> calibration_error({"confidence": [0.75, 0.75, 1.0, 1.0], "right": [True, False, True, True]})  # 2/4 |1/2 - 3/4| + 2/4 |1 - 1|
        0.125
    """
    confidence, right = np.asarray(pooled["confidence"], float), np.asarray(pooled["right"], float)
    if not len(confidence):
        return math.nan
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    gaps = np.bincount(places, right - confidence, BINS)  # of each bin: answers in it times (share right - mean probability)
    return float(np.abs(gaps).sum() / len(confidence))


def ratio_cost(same: npt.NDArray[np.bool_], ratios: npt.NDArray[np.float64]) -> float:
    """Compute the cost of log-likelihood ratios.

    Args:
        same: Whether each trial is of one speaker, shape ``(trials,)``.
        ratios: Natural logarithm of the likelihood ratio of each trial, shape ``(trials,)``; may be infinite.

    Returns:
        Cllr in bits: 0 is best, 1 for ratios of 0 throughout. NaN unless there are trials of both kinds.

    Examples:
        >>> ratio_cost(np.array([True, False]), np.array([0.0, 0.0]))
        1.0
        >>> round(ratio_cost(np.array([True, False]), np.log([3.0, 1.0])), 4)  # (log2(1 + 1/3) + log2(1 + 1)) / 2
        0.7075
    """
    if same.all() or not same.any():
        return math.nan
    targets, others = np.logaddexp(0, -ratios[same]), np.logaddexp(0, ratios[~same])
    return float((targets.mean() + others.mean()) / 2 / math.log(2))


def minimum_ratio_cost(same: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float:
    """Compute the cost of the log-likelihood ratios of the best monotonic calibration of scores.

    Args:
        same: Whether each trial is of one speaker, shape ``(trials,)``.
        scores: Score of each trial, higher means the same, shape ``(trials,)``.

    Returns:
        Minimum Cllr in bits, 0 to 1, lower is better. NaN unless there are trials of both kinds.

    Examples:
        >>> minimum_ratio_cost(np.array([False, True, True]), np.array([-3.0, 1.0, 2.0]))  # the kinds are apart
        0.0
    """
    from sklearn.isotonic import isotonic_regression

    if same.all() or not same.any():
        return math.nan
    levels, places = np.unique(scores, return_inverse=True)
    counts = np.bincount(places, minlength=len(levels)).astype(float)
    posterior = isotonic_regression(np.bincount(places, same, len(levels)) / counts, sample_weight=counts)[places]
    with np.errstate(divide="ignore"):
        ratios = np.log(posterior) - np.log1p(-posterior) - math.log(same.sum() / (~same).sum())
    return ratio_cost(same, ratios)


def cross_calibrated_cost(pooled: Mapping[str, Any]) -> float:
    """Compute the cost of log-likelihood ratios, calibrated by a logistic regression of the other half of the groups.

    Args:
        pooled: Pooled `speaker.trial_components`.

    Returns:
        Cllr in bits, 0 is best; NaN if a half lacks a kind of trial.
    """
    from sklearn.linear_model import LogisticRegression

    same, scores = speaker.given_trials(pooled)
    second = speaker.second_half(pooled["groups"], same)
    ratios = np.zeros(len(same))
    for half in (second, ~second):
        known = same[~half]
        if known.all() or not known.any() or not half.any():
            return math.nan
        spread = scores[~half].std() or 1.0
        fit = LogisticRegression(C=1e6, class_weight="balanced").fit((scores[~half] / spread)[:, None], known)
        ratios[half] = fit.decision_function((scores[half] / spread)[:, None])
    return ratio_cost(same, ratios)


CALIBRATION_ERROR = share(
    "ece",
    f"expected calibration error of the first class, {BINS} bins",
    "Guo et al. 2017",
    confidence_components,
    calibration_error,
    rising=False,
    evidence=("confidence",),
    lacking="its scores are no distribution over classes",
    scorer=f"ece-{BINS}-equal-width",
)


def _bits(name: str, title: str, value: Callable[[Mapping[str, Any]], float], worst: float, scorer: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="bit",
        higher_is_better=False,
        best=0.0,
        worst=worst,
        version=1,
        source="Brümmer and du Preez 2006",
        components=speaker.trial_components,
        value=value,
        scorer=scorer,
    )


MIN_CLLR = _bits(
    "min_cllr",
    "cost of log-likelihood ratios after the best monotonic calibration",
    lambda pooled: minimum_ratio_cost(*speaker.given_trials(pooled)),
    1.0,
    "cllr-pav",
)
CLLR = _bits(
    "cllr",
    "cost of log-likelihood ratios, calibrated on the other half of the groups",
    cross_calibrated_cost,
    math.inf,
    "cllr-logistic-two-halves",
)
