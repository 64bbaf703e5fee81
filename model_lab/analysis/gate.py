"""A gate for continuous integration: is a run complete, and as good as a baseline run?

Every cell of the baseline is looked up in the new run. The gate fails where the model is missing or did not run, where samples that
were answered fail now, where fewer samples can be compared, and where a metric lost more than the allowed loss: the loss is measured
on the samples scored in both runs and must be statistically significant (Holm-corrected over all comparisons of the gate). Latency and
memory are checked where limits are set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from model_lab import datasets, units
from model_lab.analysis.comparison import SIGNIFICANT, compare
from model_lab.analysis.gate_baseline import Baseline, BaselineCell
from model_lab.analysis.resources import LATENCIES, grown, slower
from model_lab.capabilities import capability, usable
from model_lab.errors import BadConfig, ModelLabError, nearest
from model_lab.formats.junit import Case, State
from model_lab.formats.junit import junit as report
from model_lab.metrics._base import Metric
from model_lab.metrics.statistics import MIN_GROUPS_TO_COMPARE, holm

_NAMED = 3


@dataclass(frozen=True)
class GateLimits:
    """The limits within which a run passes.

    Attributes:
        drops: Metric -> maximum loss, in its unit; if empty, the primary metric of each capability with a maximum loss of 0.
        failures: Maximum number of samples per cell that the baseline answered and that fail now.
        fewer: Share, 0 to 1, of the samples of a cell that may be missing.
        latency: Percentile (p50, p95, p99) -> maximum ratio to the baseline.
        memory: Maximum ratio of the peak memory to the baseline; None for no limit.
    """

    drops: Mapping[str, float] = field(default_factory=dict)
    failures: int = 0
    fewer: float = 0.0
    latency: Mapping[str, float] = field(default_factory=dict)
    memory: float | None = None


@dataclass(frozen=True)
class GateCheck:
    """One check of one model on one dataset: ``what`` is a metric, answers, failures, latency or memory.

    ``dataset`` is the name of its folder in the run, including the perturbation if there is one (a condition is compared with itself).
    ``loss`` is how much worse the new run is, in the unit of the metric.
    """

    model: str
    dataset: str
    what: str
    state: State
    because: str
    metric: Metric | None = None
    loss: float | None = None
    p: float | None = None
    n_common: int = 0


def gate(new: Baseline, old: Baseline, limits: GateLimits = GateLimits()) -> list[GateCheck]:
    """Check every cell of ``old``; cells that are only in ``new`` are ignored.

    Raises `BadConfig` for a metric that no capability of the baseline has, and for an empty baseline.
    """
    if not old.cells:
        raise BadConfig(f"the baseline {old.run} has no answers; name another with --baseline")
    _require_metrics(old, limits.drops)
    ours = new.by_place()
    checks = [check for place, theirs in old.by_place().items() for check in _cell(ours.get(place), theirs, new, old, limits)]
    tested = [check for check in checks if check.p is not None]
    corrected = dict(zip(map(id, tested), holm([check.p for check in tested if check.p is not None]), strict=True))
    judged = [_judged(replace(check, p=corrected.get(id(check))), limits) for check in checks]
    if not any(check.loss is not None for check in judged):
        reason = f"nothing could be compared: no metric was scored on the same samples in {new.run} and {old.run}"
        judged.append(GateCheck(new.run, "all", "comparison", "failed", reason))
    return judged


def _require_metrics(old: Baseline, names: Mapping[str, float]) -> None:
    capabilities = [known_capability for cell in old.cells if (known_capability := usable(cell.spec.capability))]
    available = {metric.name for known_capability in capabilities for metric in known_capability.metrics}
    for name in names:
        if name not in available:
            raise BadConfig(
                f"no capability of {old.run} has a metric {name!r}{nearest(name, available)}; it has: {', '.join(sorted(available))}"
            )


def _cell(
    ours: BaselineCell | None, theirs: BaselineCell, new: Baseline, old: Baseline, limits: GateLimits
) -> Iterator[GateCheck]:
    model, place = theirs.spec.model, theirs.spec.place

    def check(what: str, state: State, because: str) -> GateCheck:
        return GateCheck(model, place, what, state, because)

    if not theirs.answered:
        yield check("answers", "skipped", f"{old.run} has no answer of this model to compare with")
        return
    if ours is None:
        yield check(
            "answers", "failed", f"the model is in {old.run} but not in {new.run}; run the same command as for the baseline"
        )
        return
    if not ours.answered:
        reason = (ours.outcome.reason if ours.outcome else "") or "its answers are missing"
        yield check("answers", "failed", f"{len(theirs.answered)} samples were answered before and none now: {reason}")
        return
    yield check("answers", *_completeness(ours, theirs, limits.fewer))
    yield check("failures", *_failures(ours, theirs, limits.failures))
    try:
        metrics = _metrics(theirs, limits.drops)
    except ModelLabError as error:
        yield check("metrics", "failed", str(error))
        metrics = []
    for metric in metrics:
        yield _compared(ours, theirs, metric, limits.fewer)
    same = new.machine == old.machine
    for percentile, ratio in limits.latency.items():
        yield check(f"latency {percentile}", *slower(ours, theirs, LATENCIES[percentile], ratio, same))
    if limits.memory is not None:
        yield check("memory", *grown(ours, theirs, limits.memory))


def _metrics(theirs: BaselineCell, drops: Mapping[str, float]) -> list[Metric]:
    evaluated = capability(theirs.spec.capability)
    return (
        [metric for metric in evaluated.metrics if metric.name in drops]
        if drops
        else [datasets.ranking(evaluated, theirs.spec.dataset).primary]
    )


def _completeness(ours: BaselineCell, theirs: BaselineCell, fewer: float) -> tuple[State, str]:
    expected, present = theirs.answers.keys(), theirs.answers.keys() & ours.answers.keys()
    count = f"{len(present)} of the baseline's {len(expected)} samples were evaluated"
    return ("passed" if len(present) >= (1 - fewer) * len(expected) else "failed"), f"{count}{_allowed(fewer)}"


def _allowed(fewer: float) -> str:
    return f"; {100 * fewer:g} % may be missing" if fewer else ""


def _failures(ours: BaselineCell, theirs: BaselineCell, allowed: int) -> tuple[State, str]:
    failed = _newly_failed(ours, theirs)
    if not failed:
        return "passed", "no sample that was answered before fails now"
    shown = ", ".join(f"{sample_id} ({ours.answers[sample_id]})" for sample_id in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    fail = "sample that was answered before fails" if len(failed) == 1 else "samples that were answered before fail"
    return ("failed" if len(failed) > allowed else "passed"), f"{len(failed)} {fail} now, {allowed} allowed: {shown}{more}"


def _newly_failed(ours: BaselineCell, theirs: BaselineCell) -> list[str]:
    return [sample_id for sample_id, error in ours.answers.items() if error and sample_id in theirs.answered]


def _compared(ours: BaselineCell, theirs: BaselineCell, metric: Metric, fewer: float) -> GateCheck:
    """The comparison by ``metric``, failed if too few samples can be compared; `_judged` applies the allowed loss."""
    result = GateCheck(theirs.spec.model, theirs.spec.place, metric.name, "failed", "", metric)
    before, now = _scored_by(metric, theirs), _scored_by(metric, ours)
    if not before:
        return replace(result, state="skipped", because="no sample of the baseline has this metric")
    try:
        comparison = compare({"new": ours.scored, "old": theirs.scored}, metric)
    except ModelLabError as error:
        return replace(result, because=str(error))
    expected = before - set(_newly_failed(ours, theirs))
    if len(expected & now) < (1 - fewer) * len(expected):
        count = f"scored on {len(before & now)} of the {len(before)} samples that the baseline was scored on"
        return replace(result, because=f"{count}{_allowed(fewer)}", n_common=len(before & now))
    if not comparison.pairs:
        return replace(result, because="; ".join(place.note for place in comparison.standings if place.note))
    [pair] = comparison.pairs
    worse = abs(pair.measured.difference)
    loss = worse if pair.worse == "new" else -worse
    return replace(result, state="passed", loss=loss, p=pair.measured.p, n_common=comparison.n_common)


def _scored_by(metric: Metric, cell: BaselineCell) -> set[str]:
    return {sample.sample_id for sample in cell.samples if metric.name in sample.components}


def _judged(check: GateCheck, limits: GateLimits) -> GateCheck:
    if check.loss is None or check.metric is None:
        return check
    unit, allowed = check.metric.unit, limits.drops.get(check.metric.name, 0.0)
    gap = f"{'worse' if check.loss > 0 else 'better or equal'} by {units.gap(abs(check.loss), unit)} on {check.n_common} samples"
    limit = f"allowed: {units.gap(allowed, unit)}"
    if check.loss <= allowed:
        return replace(check, because=f"{gap}; {limit}")
    if check.p is None:
        needed = f"too few groups for a significance test, which needs at least {MIN_GROUPS_TO_COMPARE}"
        return replace(check, state="failed", because=f"{gap}; {limit}, and there are {needed}")
    if check.p >= SIGNIFICANT:
        return replace(check, because=f"{gap}, not significant (p {check.p:.3g})")
    return replace(check, state="failed", because=f"{gap} (p {check.p:.3g}); {limit}")


def junit(checks: list[GateCheck], name: str) -> str:
    """The checks as a JUnit report."""
    return report([Case(f"{check.dataset}.{check.model}", check.what, check.state, check.because) for check in checks], name)
