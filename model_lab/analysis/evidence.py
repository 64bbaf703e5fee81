"""The evidence behind a grade, an axis of its own: strong, moderate or thin. It never changes a letter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model_lab.analysis.doing_nothing import AgainstNothing, CountedRow
from model_lab.analysis.grading_rules import LEVELS, Bounds, EvidenceRules, Level, Origin
from model_lab.analysis.pooling import Estimate

_CLUSTERS_KNOWN = {
    "given": "given by the data",
    "speaker": "the speakers",
    "unknown": "clusters unknown: every sample counts as one",
}


@dataclass(frozen=True)
class EvidenceRule:
    """One criterion of evidence, its level and what was found."""

    name: str
    level: Level
    found: str


def lowest(levels: Iterable[Level]) -> Level:
    """The weakest of several levels.

    >>> lowest(["strong", "thin", "moderate"])
    'thin'
    """
    return max(levels, key=LEVELS.index)


def evidence(
    datasets: Sequence[CountedRow],
    origins: Sequence[Origin],
    quality: Estimate,
    thresholds: Sequence[float],
    against: AgainstNothing,
    rules: EvidenceRules,
) -> Iterator[EvidenceRule]:
    """Every criterion, for the ``datasets`` that a grade rests on; a kind has the level that half of their weight reaches."""
    yield EvidenceRule(
        "clusters", _at_least(quality.n_groups, rules.clusters), f"{quality.n_groups} in {_counted(quality.n_datasets)}"
    )
    share = half_width(quality, thresholds)
    yield EvidenceRule(
        "half-width",
        "thin" if share is None else _at_most(share, rules.half_width),
        "no interval" if share is None else f"{share:.2g} of the distance between thresholds",
    )
    yield _by_kind("tier", datasets, [one.row.tier for one in datasets], lambda kind: rules.tier.levels.get(kind, "thin"))
    yield _by_kind(
        "truth", datasets, [one.table.data.truth for one in datasets], lambda kind: rules.truth.levels.get(kind, "thin")
    )
    yield _by_kind("author", datasets, origins, lambda kind: rules.author.levels[kind], "truth: ")
    known = _by_kind(
        "clusters known", datasets, [one.table.data.clusters for one in datasets], lambda kind: rules.clusters_known.levels[kind]
    )
    yield EvidenceRule(known.name, known.level, ", ".join(_CLUSTERS_KNOWN.get(kind, kind) for kind in known.found.split(", ")))
    yield EvidenceRule(
        "doing nothing", rules.doing_nothing.levels["untested" if against.shown is None else "tested"], against.found
    )


def half_width(quality: Estimate, thresholds: Sequence[float]) -> float | None:
    """Half the interval as a share of the distance between the thresholds around the value; None without an interval.

    Beyond the first threshold the distance is that from A to B, beyond the last that from C to D.

    >>> round(half_width(Estimate(0.12, 0.10, 0.15, 40), (0.05, 0.1, 0.2, 0.4)), 3)
    0.25
    """
    if quality.low is None or quality.high is None:
        return None
    rising = sorted(thresholds)
    above = sum(threshold <= quality.value for threshold in rising)
    place = min(max(above, 1), len(rising) - 1)
    distance = rising[place] - rising[place - 1]
    return (quality.high - quality.low) / 2 / distance if distance else None


def _by_kind(
    name: str, datasets: Sequence[CountedRow], kinds: Sequence[str], level: Callable[[str], Level], prefix: str = ""
) -> EvidenceRule:
    return EvidenceRule(
        name,
        _half([level(kind) for kind in kinds], [one.weight for one in datasets]),
        prefix + ", ".join(dict.fromkeys(kinds)),
    )


def _half(levels: Sequence[Level], weights: Sequence[float]) -> Level:
    """The best level that at least half of the weight reaches."""
    for level in LEVELS:
        reached = sum(weight for found, weight in zip(levels, weights, strict=True) if LEVELS.index(found) <= LEVELS.index(level))
        if 2 * reached >= sum(weights):
            return level
    return "thin"


def _at_least(number: float, bounds: Bounds) -> Level:
    return "strong" if number >= bounds.strong else "moderate" if number >= bounds.moderate else "thin"


def _at_most(number: float, bounds: Bounds) -> Level:
    return "strong" if number <= bounds.strong else "moderate" if number <= bounds.moderate else "thin"


def _counted(number: int) -> str:
    return "1 dataset" if number == 1 else f"{number} datasets"
