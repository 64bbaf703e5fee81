"""How answers about clipping are judged.

Conventions:
    Regions are `ClippedRegion`s in rising order, which do not overlap. Durations are seconds and pool over a corpus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_lab.metrics import Components, ratio, share
from model_lab_example_clipping.answers import ClippedRegion


def overlap_s(first: Sequence[ClippedRegion], second: Sequence[ClippedRegion]) -> float:
    """Seconds that are in regions of both.

    >>> overlap_s([ClippedRegion(0, 1, 1)], [ClippedRegion(0.5, 0.7, 1), ClippedRegion(0.9, 3, 1)])
    0.3
    """
    common = (max(0.0, min(a.end, b.end) - max(a.start, b.start)) for a in first for b in second)
    return round(sum(common), 9)


def duration_s(regions: Sequence[ClippedRegion]) -> float:
    """Seconds in all regions together."""
    return sum(region.end - region.start for region in regions)


def _durations(reference: Sequence[ClippedRegion], hypothesis: Sequence[ClippedRegion]) -> Components:
    return {
        "common_s": overlap_s(reference, hypothesis),
        "reference_s": duration_s(reference),
        "hypothesis_s": duration_s(hypothesis),
    }


def _f1(pooled: Mapping[str, Any]) -> float:
    return ratio(2 * pooled["common_s"], pooled["reference_s"] + pooled["hypothesis_s"])


F1 = share(
    "clipping_f1",
    "F1 of clipped time",
    "van Rijsbergen 1979, of seconds",
    _durations,
    _f1,
)
"""F1 of clipped seconds: twice the time in both, over the time in the one plus the time in the other. 1 is the best."""


def _regions(reference: Sequence[ClippedRegion], hypothesis: Sequence[ClippedRegion]) -> Components:
    found = sum(overlap_s([region], hypothesis) > 0.5 * (region.end - region.start) for region in reference)
    return {"found": float(found), "all": float(len(reference))}


REGIONS_FOUND = share(
    "clipped_regions_found",
    "regions found by more than half",
    "recall of events with an overlap of 0.5, as in Mesaros et al. 2016",
    _regions,
    lambda pooled: ratio(pooled["found"], pooled["all"]),
    evidence=("all",),
    lacking="no clipped region",
)
"""The share of clipped regions of which an answer covers more than half. A package can add metrics to any capability, as this one."""
