"""A gate for continuous integration: did a run get worse than an earlier one, beyond what chance explains?

The same model on the same dataset is compared on the samples both runs scored. It fails where the loss is larger than allowed and
significant: the 95 % interval of the difference leaves out 0, Holm-corrected over all comparisons of the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from model_lab.capabilities import capability
from model_lab.errors import BadConfig, ModelLabError, nearest
from model_lab.metrics._base import Metric
from model_lab.metrics.statistics import holm
from model_lab.reports import units
from model_lab.reports.junit import Case, State
from model_lab.reports.junit import junit as report
from model_lab.results.comparison import SIGNIFICANT, Standing, compare
from model_lab.results.store import Cell, RunFolder


@dataclass(frozen=True)
class Check:
    """One model on one dataset by one metric: ``loss`` is how much worse the new run is, in the metric's unit.

    ``dataset`` is its folder in the run: with the perturbation, if it was asked under one (a condition is compared with itself).
    """

    model: str
    dataset: str
    metric: Metric
    loss: float | None
    p: float | None
    n_common: int
    state: State
    because: str


def gate(new: RunFolder, old: RunFolder, allowed: Mapping[str, float]) -> list[Check]:
    """Check every cell that both runs hold, by the metrics in ``allowed`` (metric -> largest loss that is let pass).

    Raises `BadConfig` for a metric that no capability of the run has, and if the runs share no cell.
    """
    pairs = list(_shared(new, old))
    if not pairs:
        raise BadConfig(f"{new.name} and {old.name} hold no model on the same dataset; compare two runs of one sprint")
    known = {metric.name for ours, _ in pairs for metric in capability(ours.spec().capability).metrics}
    for name in allowed:
        if name not in known:
            raise BadConfig(
                f"no capability of {new.name} has a metric {name!r}{nearest(name, known)}; it has: {', '.join(sorted(known))}"
            )
    checks = [
        _check(ours, theirs, metric)
        for ours, theirs in pairs
        for metric in capability(ours.spec().capability).metrics
        if metric.name in allowed
    ]
    tested = [check for check in checks if check.p is not None]
    corrected = dict(zip(map(id, tested), holm([check.p for check in tested if check.p is not None]), strict=True))
    return [_judged(replace(check, p=corrected.get(id(check))), allowed[check.metric.name]) for check in checks]


def _shared(new: RunFolder, old: RunFolder) -> Iterator[tuple[Cell, Cell]]:
    theirs = {(spec.model, spec.place): cell for cell in old.cells() if (spec := cell.spec())}
    for cell in new.cells():
        spec = cell.spec()
        if (spec.model, spec.place) in theirs:
            yield cell, theirs[spec.model, spec.place]


def _check(ours: Cell, theirs: Cell, metric: Metric) -> Check:
    """The comparison alone; `_judged` decides."""
    spec = ours.spec()
    try:
        found = compare({"new": ours, "old": theirs}, metric)
    except ModelLabError as error:
        return Check(spec.model, spec.place, metric, None, None, 0, "skipped", str(error))
    if not found.pairs:
        return Check(spec.model, spec.place, metric, None, None, found.n_common, "skipped", _notes(found.standings))
    [pair] = found.pairs
    worse = abs(pair.measured.difference)
    loss = worse if pair.worse == "new" else -worse
    return Check(spec.model, spec.place, metric, loss, pair.measured.p, found.n_common, "passed", "")


def _notes(standings: Iterable[Standing]) -> str:
    return "; ".join(place.note for place in standings if place.note)


def _judged(check: Check, allowed: float) -> Check:
    if check.loss is None:
        return check
    unit = check.metric.unit
    said = f"{'worse' if check.loss > 0 else 'better or equal'} by {units.gap(abs(check.loss), unit)} on {check.n_common} samples"
    if check.loss <= allowed:
        return replace(check, because=f"{said}; {units.gap(allowed, unit)} are allowed")
    if check.p is None or check.p >= SIGNIFICANT:
        shown = "cannot be tested" if check.p is None else f"p {check.p:.3g}"
        return replace(check, because=f"{said}, which chance explains ({shown})")
    return replace(check, state="failed", because=f"{said} (p {check.p:.3g}); {units.gap(allowed, unit)} are allowed")


def junit(checks: list[Check], name: str) -> str:
    """The checks as a JUnit report."""
    return report(
        [Case(f"{check.dataset}.{check.model}", check.metric.name, check.state, check.because) for check in checks], name
    )
