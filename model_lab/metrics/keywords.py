"""Keyword spotting: missed keywords against false alarms per hour.

Conventions
-----------
- Times are in seconds. A detection names a keyword, a stretch of time and a score (higher = more certain; the scale is the model's own).
  ``accepted`` tells whether the score reaches the model's own threshold; detections below it may be listed too.
- Matching follows NIST's spoken term detection: a detection is right if its middle lies within the spoken keyword or at most
  `TOLERANCE_S` outside it, and each spoken keyword is found at most once; all other detections are false alarms. Detections are
  matched in descending order of score, so that a higher threshold removes hits and false alarms and changes no other.
- One threshold is set per model, over all keywords and recordings of the pool. False alarms are counted for all keywords together, per
  hour of audio in which no keyword is spoken.
- With h such hours, no rate below 1 / h can be distinguished from zero: a rate r allows floor(r h) false alarms, and where that is 0 the
  threshold must admit none.

Metrics
-------
Let N be the number of spoken keywords, H hits and F false alarms. Matching: Fiscus et al. 2007 (NIST STD), tolerance 0.5 s.

- `MISS_RATE_AT_1` (``miss_rate_at_1_per_hour``): (N - H) / N at the lowest threshold with at most one false alarm per hour. Ratio
  in 0 to 1, lower is better.
- `MISS_RATE` (``keyword_miss_rate``): (N - H) / N at the model's own threshold. Ratio in 0 to 1, lower is better.
- `FALSE_ALARMS` (``false_alarms_per_hour``): F / h at the model's own threshold; per hour, 0 is best.
- `F1` (``keyword_f1``): 2 H / (H + F + N) at the model's own threshold. Ratio in 0 to 1, higher is better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from model_lab.metrics._base import Components, Metric, ratio
from model_lab.types import Detection, Segment

TOLERANCE_S = 0.5
"""How many seconds outside the spoken keyword the middle of a detection may lie."""


@dataclass(frozen=True)
class KeywordTruth:
    """Reference of keyword spotting: which keywords are spoken when.

    Attributes:
        spoken: Spoken keywords, times in seconds, ``label`` the keyword; empty for a recording that measures false alarms.
        duration: Length of the recording in seconds.
    """

    spoken: tuple[Segment, ...]
    duration: float

    @property
    def hours_without(self) -> float:
        """Hours of the recording in which no keyword is spoken."""
        covered, reached = 0.0, 0.0
        for segment in sorted(self.spoken, key=lambda segment: segment.start):
            covered += max(0.0, segment.end - max(reached, segment.start))
            reached = max(reached, segment.end)
        return max(0.0, self.duration - covered) / 3600.0


def spotting_components(reference: KeywordTruth, hypothesis: Sequence[Detection]) -> Components:
    """Match the detections of one recording to its spoken keywords.

    Args:
        reference: The spoken keywords.
        hypothesis: Detections in any order, including those below the model's threshold.

    Returns:
        ``hits`` and ``false_alarms``: ``[keyword, score, accepted]`` of each; ``undetected``: the keyword of each spoken keyword without
            a detection; ``hours``: hours without keywords.

    Examples:
        >>> truth = KeywordTruth((Segment(10, 11, "alexa"), Segment(20, 21, "alexa")), duration=38.0)
        >>> counted = spotting_components(truth, [Detection("alexa", 10.5, 11.5, 0.9), Detection("alexa", 30, 31, 0.4, False)])
        >>> counted["hits"], counted["undetected"], counted["false_alarms"], counted["hours"]
        ([['alexa', 0.9, True]], ['alexa'], [['alexa', 0.4, False]], 0.01)
    """
    free = list(reference.spoken)
    hits: list[list[Any]] = []
    false_alarms: list[list[Any]] = []
    for detection in sorted(hypothesis, key=lambda detection: (-detection.score, detection.start)):
        match = _nearest(detection, free)
        if match is not None:
            free.remove(match)
        kind = false_alarms if match is None else hits
        kind.append([detection.keyword, float(detection.score), bool(detection.accepted)])
    return {
        "hits": hits,
        "undetected": [segment.label for segment in free],
        "false_alarms": false_alarms,
        "hours": reference.hours_without,
    }


def _nearest(detection: Detection, spoken: Sequence[Segment]) -> Segment | None:
    middle = (detection.start + detection.end) / 2
    near = [
        segment
        for segment in spoken
        if segment.label == detection.keyword and segment.start - TOLERANCE_S <= middle <= segment.end + TOLERANCE_S
    ]
    return min(near, key=lambda segment: abs((segment.start + segment.end) / 2 - middle), default=None)


def miss_rate_at(pooled: Mapping[str, Any], per_hour: float) -> float:
    """Compute the miss rate at the lowest threshold that keeps a rate of false alarms.

    Args:
        pooled: Pooled `spotting_components`.
        per_hour: Most false alarms per hour without keywords.

    Returns:
        Missed over spoken keywords in 0 to 1, lower is better; NaN if no keyword is spoken.

    Examples:
        >>> hits, alarms = [["a", 0.9, True], ["a", 0.5, True]], [["a", 0.7, True], ["a", 0.6, True], ["a", 0.2, False]]
        >>> pooled = {"hits": hits, "undetected": ["a", "a"], "false_alarms": alarms, "hours": 1.5}
        >>> miss_rate_at(pooled, per_hour=1)  # one false alarm is allowed: above 0.6 there is one, and the hit of 0.9
        0.75
    """
    allowed = math.floor(per_hour * pooled["hours"] + 1e-9)
    alarms = sorted((score for _, score, _ in pooled["false_alarms"]), reverse=True)
    cutoff = alarms[allowed] if len(alarms) > allowed else -math.inf
    hits = sum(score > cutoff for _, score, _ in pooled["hits"])
    spoken = _spoken(pooled)
    return ratio(spoken - hits, spoken)


def miss_rate(pooled: Mapping[str, Any]) -> float:
    """Compute the miss rate at the model's own threshold.

    Args:
        pooled: Pooled `spotting_components`.

    Returns:
        Missed over spoken keywords in 0 to 1, lower is better; NaN if no keyword is spoken.

    Examples:
        >>> miss_rate({"hits": [["a", 0.9, True], ["a", 0.5, False]], "undetected": ["a", "a"]})
        0.75
    """
    return ratio(_spoken(pooled) - _accepted(pooled["hits"]), _spoken(pooled))


def false_alarms_per_hour(pooled: Mapping[str, Any]) -> float:
    """Compute the rate of false alarms at the model's own threshold, for all keywords together.

    Args:
        pooled: Pooled `spotting_components`.

    Returns:
        False alarms per hour without keywords, 0 is best; NaN if there is no such time.

    Examples:
        >>> false_alarms_per_hour({"false_alarms": [["a", 0.9, True], ["b", 0.8, True], ["a", 0.1, False]], "hours": 4.0})
        0.5
    """
    return ratio(_accepted(pooled["false_alarms"]), pooled["hours"])


def f1(pooled: Mapping[str, Any]) -> float:
    """Compute F1 at the model's own threshold.

    Args:
        pooled: Pooled `spotting_components`.

    Returns:
        F1 in 0 to 1, higher is better; NaN if nothing is spoken and nothing detected.

    Examples:
        >>> pooled = {"hits": [["a", 0.9, True]], "undetected": ["a"], "false_alarms": [["a", 0.8, True]]}
        >>> f1(pooled)
        0.5
    """
    hits, alarms = _accepted(pooled["hits"]), _accepted(pooled["false_alarms"])
    return ratio(2 * hits, hits + alarms + _spoken(pooled))


def _spoken(pooled: Mapping[str, Any]) -> int:
    return len(pooled["hits"]) + len(pooled["undetected"])


def _accepted(entries: Sequence[Sequence[Any]]) -> int:
    return sum(accepted for _, _, accepted in entries)


def _metric(
    name: str,
    title: str,
    value: Callable[[Mapping[str, Any]], float],
    *,
    unit: str = "ratio",
    best: float = 0.0,
    worst: float = 1.0,
    evidence: tuple[str, ...] = (),
) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit=unit,
        higher_is_better=best > worst,
        best=best,
        worst=worst,
        version=2,
        source="matching as in NIST's spoken term detection evaluation (Fiscus et al. 2007), tolerance 0.5 s",
        components=spotting_components,
        value=value,
        evidence=evidence,
        lacking="no keyword",
    )


MISS_RATE_AT_1 = _metric(
    "miss_rate_at_1_per_hour",
    "missed keywords at one false alarm per hour, one threshold per model",
    partial(miss_rate_at, per_hour=1.0),
)
MISS_RATE = _metric(
    "keyword_miss_rate", "missed keywords at the model's own threshold", miss_rate, evidence=("hits", "undetected")
)
FALSE_ALARMS = _metric(
    "false_alarms_per_hour",
    "false alarms at the model's own threshold, all keywords together",
    false_alarms_per_hour,
    unit="per hour",
    worst=math.inf,
    evidence=("false_alarms", "hours"),
)
F1 = _metric(
    "keyword_f1",
    "F1 at the model's own threshold",
    f1,
    best=1.0,
    worst=0.0,
    evidence=("hits", "undetected", "false_alarms"),
)
