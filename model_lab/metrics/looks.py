"""Pairs of systems looked at several times while the data grows: what each look shows, and what all of them decide.

Conventions
-----------
- A look is at whole clusters, and at all samples of a cluster that both systems were scored on.
- A look's own p value is from Student's t with the standard error of the paired cluster bootstrap (`statistics`), and never below 2 / 2^k
  for k clusters on which the two systems differ: less cannot be had from the signs of k differences. So a pair that differs on hardly
  any cluster is called neither different nor alike.
- Over looks and pairs, p values are sequential and corrected by Holm's method (`sequential`); a **repeated confidence interval** (Jennison
  and Turnbull 1989) holds at all looks together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

from model_lab.metrics._base import Components, pool
from model_lab.metrics.sequential import ALPHA, boundaries, nominal_levels, sequential_p
from model_lab.metrics.statistics import FEW_GROUPS, MIN_GROUPS_TO_COMPARE, Value, difference, holm, resampled

Pair = tuple[str, str]
"""The names of two systems."""

MOST_LOOKS = 5
"""More looks gain little, and at each of them every model is loaded again."""


def schedule(clusters: int) -> list[int]:
    """Choose how many clusters each look sees: all at the last, and half as many at each before.

    Args:
        clusters: Number of clusters there are.

    Returns:
        Numbers of clusters, rising; at most `MOST_LOOKS`, and none below `FEW_GROUPS` but all of them.

    Examples:
        >>> schedule(300), schedule(20), schedule(5)
        ([19, 38, 75, 150, 300], [10, 20], [5])
    """
    sizes = [clusters]
    while len(sizes) < MOST_LOOKS and (half := math.ceil(sizes[0] / 2)) >= FEW_GROUPS:
        sizes.insert(0, half)
    return sizes


@dataclass(frozen=True)
class PairLook:
    """Two systems compared on the clusters so far.

    Attributes:
        time: Information fraction of the look.
        difference: First less second, in the metric's unit.
        error: Standard error of the difference by the paired cluster bootstrap.
        n_groups: Clusters that both were scored on.
        n_differing: Clusters among them on which the two differ at all.
    """

    time: float
    difference: float
    error: float
    n_groups: int
    n_differing: int

    @property
    def statistic(self) -> float:
        """The difference in standard errors; infinite if it has none."""
        return self.difference / self.error if self.error else math.copysign(math.inf, self.difference)

    def p(self, away: float) -> float:
        """Test whether the truth is further than ``away`` from the difference that was measured.

        Args:
            away: Distance in the metric's unit.

        Returns:
            Two-sided p value of a distance that large; 1 with fewer than 6 clusters.
        """
        from scipy.special import stdtr

        if self.n_groups < MIN_GROUPS_TO_COMPARE or away <= 0:
            return 1.0
        by_signs = min(1.0, 2.0 ** (1 - self.n_differing))
        return max(by_signs, float(2 * stdtr(self.n_groups - 1, -away / self.error)) if self.error else 0.0)

    def half_width(self, level: float) -> float:
        """Compute half the width of an interval of the difference.

        Args:
            level: Two-sided nominal level, in 0 to 1.

        Returns:
            Half the width in the metric's unit; infinite with fewer than 2 clusters, or where nothing may be spent.
        """
        from scipy.special import stdtrit

        if self.n_groups < 2 or level <= 0:
            return math.inf
        return float(-stdtrit(self.n_groups - 1, level / 2)) * self.error


def look(value: Value, systems: Mapping[str, Sequence[Components]], groups: Sequence[str], time: float) -> dict[Pair, PairLook]:
    """Compare all systems that were scored on the same samples, pair by pair.

    Args:
        value: The metric's ``value`` function.
        systems: Components of each sample by the name of the system.
        groups: Cluster of each sample, in the order of the components.
        time: Information fraction of the look.

    Returns:
        A look for each pair of names, in the order of ``systems``; none where the metric is undefined or clusters are too few.
    """
    n_groups = len(set(groups))
    if n_groups < MIN_GROUPS_TO_COMPARE:
        return {}
    observed = {name: value(pool(parts)) for name, parts in systems.items()}
    drawn = {name: resampled(value, parts, groups) for name, parts in systems.items() if math.isfinite(observed[name])}
    found = {}
    for first, second in combinations(drawn, 2):
        measured = difference(observed[first] - observed[second], drawn[first] - drawn[second], n_groups)
        if measured.error is not None and math.isfinite(measured.error):
            differing = {group for one, other, group in zip(systems[first], systems[second], groups, strict=True) if one != other}
            found[first, second] = PairLook(time, measured.difference, measured.error, n_groups, len(differing))
    return found


Verdict = Literal["better", "worse", "within margin", "open"]


@dataclass(frozen=True)
class Decision:
    """What the looks at a pair say.

    Attributes:
        verdict: ``better`` or ``worse``: the first system is, significantly. ``within margin``: they differ by less than matters. Else ``open``.
        p: Sequential p value of a difference, corrected over the pairs of the table (Holm).
        p_within: The same of a difference of the margin or more; 1 without a margin.
        low: Lower end of the repeated 95 % interval at the last look, in the metric's unit; not corrected for other pairs.
        high: Its upper end.
        decided_at: Number of the look, from 1, that was the first to show the verdict; 0 if open.
    """

    verdict: Verdict
    p: float
    p_within: float
    low: float
    high: float
    decided_at: int = 0


def decide(
    pairs: Mapping[Pair, Sequence[PairLook]], higher_is_better: bool, margin: float | None = None, alpha: float = ALPHA
) -> dict[Pair, Decision]:
    """Decide all pairs of one table from the looks so far.

    Args:
        pairs: Looks at each pair of systems, in time; a pair without looks counts among the pairs that are corrected for.
        higher_is_better: Direction of the metric.
        margin: Smallest difference that matters, in the metric's unit; None: nothing is decided by it.
        alpha: Level over all looks and pairs: of declaring any pair different that is not, and of declaring any within the margin that is not.

    Returns:
        A decision for each pair.
    """
    apart = {key: _p_by_look(looks, [look.p(abs(look.difference)) for look in looks]) for key, looks in pairs.items()}
    near = {
        key: _p_by_look(looks, [look.p((margin or 0) - abs(look.difference)) for look in looks]) for key, looks in pairs.items()
    }
    p_apart = dict(zip(pairs, holm([found[-1] for found in apart.values()]), strict=True))
    p_near = dict(zip(pairs, holm([found[-1] for found in near.values()]), strict=True))
    decisions = {}
    for key, looks in pairs.items():
        verdict: Verdict = "open"
        at = 0
        if p_apart[key] < alpha:
            at = _decided_at(apart[key], p_apart[key], alpha)
            verdict = "better" if (looks[at - 1].difference > 0) == higher_is_better else "worse"
        elif p_near[key] < alpha:
            at = _decided_at(near[key], p_near[key], alpha)
            verdict = "within margin"
        decisions[key] = Decision(verdict, p_apart[key], p_near[key], *repeated_interval(looks), at)
    return decisions


def _decided_at(found: Sequence[float], corrected: float, alpha: float) -> int:
    """The first look whose sequential p value, corrected as that of the last is now, is below the level."""
    return next(number for number, p in enumerate(found) if p * corrected / found[-1] < alpha)


def repeated_interval(looks: Sequence[PairLook]) -> tuple[float, float]:
    """Compute the repeated 95 % confidence interval of a difference at the last look.

    Args:
        looks: The looks so far, in time.

    Returns:
        Low and high in the metric's unit; infinite where the look may spend too little to say anything, and without looks.
    """
    if not looks:
        return -math.inf, math.inf
    half = looks[-1].half_width(float(nominal_levels([look.time for look in looks])[-1]))
    return looks[-1].difference - half, looks[-1].difference + half


def _p_by_look(looks: Sequence[PairLook], own: Sequence[float]) -> list[float]:
    """The sequential p value before the first look, after it, and so on."""
    times = [look.time for look in looks]
    return [sequential_p(times[:n], own[:n]) for n in range(len(looks) + 1)]


def undecided(order: Sequence[str], decisions: Mapping[Pair, Decision]) -> list[Pair]:
    """Choose the open pairs on which ranks depend: each system with its neighbour, and with the leader of its group.

    Args:
        order: Systems, best first.
        decisions: A decision for each pair that has looks; another pair is open.

    Returns:
        The pairs, named in the order of the ranks. Groups are those of `statistics.rank_groups`.
    """
    matter: dict[Pair, None] = {}
    leader = order[0] if order else ""
    for before, system in pairwise(order):
        matter |= {(leader, system): None, (before, system): None}
        if verdict_of((leader, system), decisions) in ("better", "worse"):
            leader = system
    return [pair for pair in matter if verdict_of(pair, decisions) == "open"]


def verdict_of(pair: Pair, decisions: Mapping[Pair, Decision]) -> Verdict:
    """Look up what is decided about a pair, whichever of the two was named first.

    Args:
        pair: Names of two systems.
        decisions: Decisions by pair.

    Returns:
        The verdict about the first of ``pair``.
    """
    if found := decisions.get(pair):
        return found.verdict
    found = decisions.get((pair[1], pair[0]))
    swapped: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}
    return swapped.get(found.verdict, found.verdict) if found else "open"


def chance_to_decide(looks: Sequence[PairLook], time: float, margin: float | None, alpha: float = ALPHA) -> float:
    """Estimate how probably the next look decides an open pair, if the truth is what was measured so far.

    A plan for what to look at next, and no part of a test.

    Args:
        looks: The looks so far.
        time: Information fraction of the next look.
        margin: Smallest difference that matters; None: none.
        alpha: Level for the pair, corrected for the others.

    Returns:
        A probability; 0 without looks.

    Examples:
        >>> half_way = [PairLook(0.5, 0.02, 0.01, 50, 50)]
        >>> round(chance_to_decide(half_way, 1.0, None), 2)
        0.89
    """
    from scipy.special import ndtr

    if not looks or not looks[-1].error:
        return 0.0
    last = looks[-1]
    bound = float(boundaries([*(look.time for look in looks), time], alpha)[-1])
    error, spread = last.error * math.sqrt(last.time / time), math.sqrt(1 - last.time / time)
    expected = abs(last.difference) / error
    apart = ndtr((expected - bound) / spread) + ndtr((-expected - bound) / spread)
    room = margin / error - bound if margin else 0.0
    within = ndtr((room - expected) / spread) - ndtr((-room - expected) / spread) if room > 0 else 0.0
    return float(min(1.0, apart + within))
