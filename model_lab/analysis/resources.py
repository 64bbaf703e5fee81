"""Whether a model became slower or needs more memory than in the baseline, where the measurements are comparable."""

from __future__ import annotations

from collections.abc import Callable

from model_lab import units
from model_lab.analysis.gate_baseline import BaselineCell
from model_lab.formats.junit import State
from model_lab.results.schema import Speed

LATENCIES = {"p50": "latency_p50_s", "p95": "latency_p95_s", "p99": "latency_p99_s"}
"""Percentile -> field of `Speed`."""


def slower(ours: BaselineCell, theirs: BaselineCell, measure: str, allowed: float, same_machine: bool) -> tuple[State, str]:
    """Check that ``measure`` of `Speed` is at most ``allowed`` times the baseline's.

    Also fails where the two times are not comparable: contended, possibly contended, or measured on different hardware.
    """
    now, before = _speed(ours), _speed(theirs)
    times = getattr(now, measure), getattr(before, measure)
    if None not in times and (why := _incomparable(ours, theirs, now, before, same_machine)):
        return "failed", f"not comparable: {why}"
    return _within(*times, allowed, units.seconds)


def grown(ours: BaselineCell, theirs: BaselineCell, allowed: float) -> tuple[State, str]:
    """Check that the peak memory, on a GPU its peak memory, is at most ``allowed`` times the baseline's."""
    if ours.spec.device != theirs.spec.device:
        return "failed", f"not comparable: it ran on {ours.spec.device} now and on {theirs.spec.device} before"
    measure = "peak_memory_mb" if ours.spec.device == "cpu" else "peak_gpu_memory_mb"
    return _within(getattr(_speed(ours), measure), getattr(_speed(theirs), measure), allowed, units.megabytes)


def _speed(cell: BaselineCell) -> Speed:
    return cell.outcome.speed if cell.outcome else Speed()


def _incomparable(ours: BaselineCell, theirs: BaselineCell, now: Speed, before: Speed, same_machine: bool) -> str:
    for when, speed in (("the new run", now), ("the baseline", before)):
        if speed.contended is not False:
            cause = "are contended" if speed.contended else "may be contended, which was not recorded"
            return f"the times of {when} {cause}; on an idle machine, run: model-lab time RUN"
    if not same_machine:
        return "the two runs were measured on different hardware; store a baseline of this machine"
    if ours.spec.device != theirs.spec.device:
        return f"it ran on {ours.spec.device} now and on {theirs.spec.device} before"
    if now.threads != before.threads:
        return f"it had {now.threads} threads now and {before.threads} before; use the same --jobs"
    return ""


def _within(now: float | None, before: float | None, allowed: float, formatted: Callable[[float], str]) -> tuple[State, str]:
    if before is None:
        return "skipped", "not measured in the baseline"
    if now is None:
        return "failed", f"{formatted(before)} in the baseline, not measured now"
    comparison = f"{formatted(now)} now, {formatted(before)} before; up to {allowed:g} times the baseline is allowed"
    return ("failed" if now > allowed * before else "passed"), comparison
