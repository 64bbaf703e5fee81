"""How often adaptive sprints decide wrongly: simulated clusters through the real looks and decisions (`model_lab.metrics.looks`).

Run with ``python benchmarks/sequential_errors.py``; ``--tables 200`` for a quick look. Prints a row per scenario with its rates and their
95 % intervals (Wilson), the seeds being fixed, and exits 1 if an error rate is significantly above .05. docs/concepts/numbers.md quotes it.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from rich.console import Console
from rich.table import Table
from statsmodels.stats.proportion import proportion_confint

from model_lab.metrics._base import Components, pool, rate
from model_lab.metrics.looks import Decision, Pair, PairLook, decide, look, repeated_interval, schedule, undecided
from model_lab.metrics.sequential import ALPHA
from model_lab.metrics.statistics import bootstrap, holm

ERROR_RATE = rate("errors", of="n")
MANY = 50_000
"""Clusters from which the true values are computed."""


@dataclass(frozen=True)
class Scenario:
    """Systems with these error rates, on clusters of 1 to 5 samples and of unequal difficulty.

    ``rare``: share of the clusters on which systems differ at all. ``edge``: the margin is the true difference of the first two.
    """

    name: str
    rates: tuple[float, ...]
    clusters: int = 200
    margin: float | None = None
    rare: float = 1.0
    edge: bool = False

    def draw(self, rng: np.random.Generator, clusters: int) -> tuple[dict[str, list[Components]], list[str]]:
        """The components of each system on each sample, and the cluster of each sample."""
        groups = np.repeat(np.arange(clusters), rng.integers(1, 6, clusters))
        words = rng.integers(5, 30, len(groups))
        hard = rng.lognormal(-0.125, 0.5, clusters)[groups]
        differ = (rng.random(clusters) < self.rare)[groups]
        alike = rng.binomial(words, np.minimum(0.9, self.rates[0] * hard))
        systems: dict[str, list[Components]] = {}
        for number, true in enumerate(self.rates):
            level = self.rates[0] + (true - self.rates[0]) / self.rare
            own = rng.binomial(words, np.minimum(0.9, level * hard * rng.lognormal(-0.045, 0.3, clusters)[groups]))
            errors = np.where(differ, own, alike)
            systems[f"s{number}"] = [{"errors": float(e), "n": float(n)} for e, n in zip(errors, words, strict=True)]
        return systems, [f"c{group:06}" for group in groups]

    def true_values(self) -> dict[str, float]:
        """The error rate of each system on very many clusters; equal where the systems are the same."""
        systems, _ = self.draw(np.random.default_rng(99), MANY)
        values = {rate: ERROR_RATE(pool(systems[f"s{number}"])) for number, rate in enumerate(self.rates)}
        return {f"s{number}": values[rate] for number, rate in enumerate(self.rates)}


SCENARIOS = (
    Scenario("2 equal systems", (0.1, 0.1)),
    Scenario("2 equal systems, 24 clusters", (0.1, 0.1), clusters=24),
    Scenario("2 equal systems, differing on 5 % of clusters", (0.1, 0.1), rare=0.05),
    Scenario("5 equal systems", (0.1,) * 5),
    Scenario("2 apart by the margin", (0.1, 0.11), edge=True, clusters=400),
    Scenario("2 apart by the margin, on 5 % of clusters", (0.1, 0.11), edge=True, clusters=400, rare=0.05),
    Scenario("2 equal systems, margin .02", (0.1, 0.1), margin=0.02, clusters=400),
    Scenario("2 apart by .02", (0.1, 0.12), margin=0.01),
    Scenario("2 apart by .05", (0.1, 0.15), margin=0.01),
    Scenario("4 systems, two of them equal", (0.1, 0.1, 0.14, 0.3), margin=0.01),
)


@dataclass
class Tally:
    """What became of the tables of a scenario; ``plain``: what a test at every look without a correction would have found."""

    different: list[bool] = field(default_factory=list)
    within: list[bool] = field(default_factory=list)
    plain: list[bool] = field(default_factory=list)
    decided: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)
    covered_value: list[bool] = field(default_factory=list)


@dataclass
class AdaptiveTable:
    """One table while it is made: the looks so far, and how many clusters each system has answered."""

    systems: dict[str, list[Components]]
    groups: list[str]
    margin: float | None

    def __post_init__(self) -> None:
        self.names = sorted(set(self.groups))
        self.reached = dict.fromkeys(self.systems, 0)
        self.looks: dict[Pair, list[PairLook]] = {pair: [] for pair in combinations(self.systems, 2)}
        self.decisions: dict[Pair, Decision] = {}
        self.plain = False

    def run(self) -> None:
        """Look at more clusters until ranks no longer depend on an open pair."""
        active = set(self.systems)
        for clusters in schedule(len(self.names)):
            end = self.end(clusters)
            seen = {name: parts[:end] for name, parts in self.systems.items() if name in active}
            for pair, found in look(ERROR_RATE, seen, self.groups[:end], clusters / len(self.names)).items():
                self.looks[pair].append(found)
            self.reached |= dict.fromkeys(active, clusters)
            own = [looks[-1].p(abs(looks[-1].difference)) for looks in self.looks.values() if looks]
            self.plain = self.plain or min(holm(own), default=1.0) < ALPHA
            self.decisions = decide(self.looks, False, self.margin)
            values = {name: ERROR_RATE(pool(parts[: self.end(self.reached[name])])) for name, parts in self.systems.items()}
            active = {name for pair in undecided(sorted(values, key=values.__getitem__), self.decisions) for name in pair}
            if not active:
                return

    def end(self, clusters: int) -> int:
        """The number of samples in the first clusters."""
        return sum(group < self.names[clusters] for group in self.groups) if clusters < len(self.names) else len(self.groups)


def simulate(scenario: Scenario, tables: int, seed: int) -> Tally:
    """Tables of one scenario."""
    values, rng, tally = scenario.true_values(), np.random.default_rng(seed), Tally()
    margin = abs(values["s0"] - values["s1"]) if scenario.edge else scenario.margin
    for _ in range(tables):
        table = AdaptiveTable(*scenario.draw(rng, scenario.clusters), margin)
        table.run()
        true = {(one, other): values[one] - values[other] for one, other in table.looks}
        made = {pair: decision.verdict for pair, decision in table.decisions.items()}
        tally.different.append(any(_reversed(verdict, true[pair]) for pair, verdict in made.items()))
        tally.within.append(any(v == "within margin" and abs(true[pair]) >= (margin or 0) for pair, v in made.items()))
        tally.plain.append(table.plain)
        tally.decided.append(float(np.mean([verdict != "open" for verdict in made.values()])))
        tally.used.append(float(np.mean(list(table.reached.values()))) / scenario.clusters)
        for pair, looks in table.looks.items():
            low, high = repeated_interval(looks)
            tally.covered.append(low <= true[pair] <= high)
        end = table.end(table.reached["s0"])
        own = bootstrap(ERROR_RATE, table.systems["s0"][:end], table.groups[:end])
        tally.covered_value.append((own.low or 0.0) <= values["s0"] <= (own.high or 0.0))
    return tally


def _reversed(verdict: str, true: float) -> bool:
    """Whether two equal systems are called different, or the worse one better (lower is better)."""
    return (verdict == "better" and true >= 0) or (verdict == "worse" and true <= 0)


def share(found: Sequence[bool]) -> str:
    """A share in per cent with its 95 % interval."""
    low, high = proportion_confint(sum(found), len(found), method="wilson")
    return f"{100 * np.mean(found):.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def main() -> int:
    """Simulate, print, and fail if an error rate is too high."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=2000, help="tables per scenario")
    tables = parser.parse_args().tables
    headings = ["scenario", "falsely different, %", "falsely within, %", "uncorrected, %", "pairs decided, %"]
    shown = Table(*headings, "data used, %", "interval of difference covers, %", "interval of value covers, %")
    failed = False
    gc.freeze()  # statsmodels collects garbage at every correction, which takes most of the time otherwise
    for seed, scenario in enumerate(SCENARIOS):
        tally = simulate(scenario, tables, seed)
        for errors in (tally.different, tally.within):
            failed = failed or proportion_confint(sum(errors), len(errors), method="wilson")[0] > ALPHA
        shown.add_row(
            scenario.name,
            share(tally.different),
            share(tally.within),
            share(tally.plain),
            f"{100 * np.mean(tally.decided):.0f}",
            f"{100 * np.mean(tally.used):.0f}",
            share(tally.covered),
            share(tally.covered_value),
        )
    Console(width=200).print(f"{tables} tables per scenario", shown)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
