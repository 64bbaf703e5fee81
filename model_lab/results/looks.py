"""The looks of an adaptive sprint: what was compared when, in ``looks.jsonl``, and what each round cost, in ``rounds.jsonl``.

Both are in the run's folder and only appended to. A look counts while the two cells are of the same `RunSpec` and the metric has the
same version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pydantic import Field

from model_lab import units
from model_lab.metrics._base import Components, Metric
from model_lab.metrics.looks import Decision, Pair, PairLook, look
from model_lab.results.scoring import SampleComponents, components
from model_lab.results.store import JsonlLog, ResultCell, RunFolder
from model_lab.schemas import Strict

LOOKS = "looks.jsonl"
ROUNDS = "rounds.jsonl"


class StoredLook(Strict):
    """A look at a pair of models on one dataset; see `metrics.looks` for what its numbers mean."""

    at: str = Field(description="when")
    dataset: str
    metric: str
    version: int = Field(description="of the metric")
    first: str
    second: str
    keys: tuple[str, str] = Field(description="`RunSpec.key` of both cells")
    clusters: int = Field(description="clusters that were asked, of those planned")
    planned: int
    n_samples: int = Field(description="samples that both were scored on")
    n_groups: int
    n_differing: int
    difference: float = Field(description="of the metric, first less second")
    error: float
    boundary: float | None = Field(
        description="the difference in standard errors that this look needs for one pair at .05; None: beyond any"
    )
    verdict: str = Field(description="about the first model: better, worse, within margin or open, after all looks so far")

    @property
    def time(self) -> float:
        """The information fraction."""
        return self.clusters / self.planned

    def measured(self) -> PairLook:
        """As statistics take it."""
        return PairLook(self.time, self.difference, self.error, self.n_groups, self.n_differing)


class Round(Strict):
    """A round of an adaptive sprint, or, with ``ended``, why there was no other."""

    at: str
    budget_s: float
    spent_s: float = Field(description="wall time since the command began to ask, this round included")
    asked: tuple[str, ...] = Field(default=(), description="MODEL on DATASET up to N clusters")
    ended: str = ""


def looks_log(folder: RunFolder) -> JsonlLog:
    """The log of `StoredLook`."""
    return JsonlLog(folder.path / LOOKS)


def rounds_log(folder: RunFolder) -> JsonlLog:
    """The log of `Round`."""
    return JsonlLog(folder.path / ROUNDS)


def looks_of(folder: RunFolder, dataset: str, metric: Metric, cells: Mapping[str, ResultCell]) -> dict[Pair, list[StoredLook]]:
    """The looks at the pairs of ``cells`` that still count, in time; a pair without any is left out."""
    keys = {name: header["key"] for name, cell in cells.items() if (header := cell.header())}
    found: dict[Pair, list[StoredLook]] = {}
    for stored in looks_log(folder).read(StoredLook):
        same = (keys.get(stored.first), keys.get(stored.second)) == stored.keys
        if same and (stored.dataset, stored.metric, stored.version) == (dataset, metric.name, metric.version):
            found.setdefault((stored.first, stored.second), []).append(stored)
    return found


@dataclass(frozen=True)
class MeasuredPair:
    """A look with the number of samples that it saw."""

    look: PairLook
    n_samples: int


def measure(cells: Mapping[str, ResultCell], metric: Metric, clusters: Collection[str], time: float) -> dict[Pair, MeasuredPair]:
    """Compare the scored answers of all pairs of ``cells`` on the samples of ``clusters`` that both were scored on."""
    scored = {name: _counted(cell, metric, clusters) for name, cell in cells.items()}
    by_samples: dict[tuple[str, ...], set[Pair]] = {}
    for first, second in combinations(scored, 2):
        common = tuple(
            sample
            for sample in scored[first]
            if sample in scored[second]
            and any(metric.counts(scored[name][sample].components[metric.name]) for name in (first, second))
        )
        by_samples.setdefault(common, set()).add((first, second))
    found: dict[Pair, MeasuredPair] = {}
    for samples, pairs in by_samples.items():
        names = [name for name in scored if any(name in pair for pair in pairs)]
        parts: dict[str, Sequence[Components]] = {
            name: [scored[name][sample].components[metric.name] for sample in samples] for name in names
        }
        groups = [scored[names[0]][sample].group for sample in samples]
        seen = look(metric.value, parts, groups, time)
        found |= {pair: MeasuredPair(seen[pair], len(samples)) for pair in pairs if pair in seen}
    return found


def _counted(cell: ResultCell, metric: Metric, clusters: Collection[str]) -> dict[str, SampleComponents]:
    return {line.sample_id: line for line in components(cell) if metric.name in line.components and line.group in clusters}


def sentence(pair: Pair, looks: Sequence[StoredLook], made: Decision, metric: Metric) -> str:
    """What the looks at a pair decided, and at which of them."""
    last = looks[made.decided_at - 1] if made.decided_at else looks[-1]
    times = "1 look" if (number := made.decided_at or len(looks)) == 1 else f"{number} looks"
    seen = f"after {times}, {units.count(last.n_samples)} samples in {last.clusters} of {last.planned} clusters"
    if made.verdict == "open":
        return f"{pair[0]} and {pair[1]} still open {seen} (p = {made.p:.2g})"
    if made.verdict == "within margin":
        margin = units.gap(metric.margin or 0.0, metric.unit)
        return f"{pair[0]} and {pair[1]} differ by less than {margin}, which is what matters, {seen} (p = {made.p_within:.2g})"
    better, worse = pair if made.verdict == "better" else pair[::-1]
    return f"{better} better than {worse} {seen} (p = {made.p:.2g}; {_boundary(last)})"


def _boundary(look: StoredLook) -> str:
    """A significant difference has an error, or its clusters agree without exception."""
    measured = f"{abs(look.difference) / look.error:.2f} standard errors" if look.error else "no spread"
    return f"{measured}, boundary {look.boundary:.2f}" if look.boundary is not None else measured
