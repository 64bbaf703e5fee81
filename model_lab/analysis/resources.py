"""Whether a model takes longer or needs more memory than it did, where that can be said at all."""

from __future__ import annotations

from collections.abc import Callable

from model_lab import units
from model_lab.analysis.gate_baseline import BaselineCell
from model_lab.formats.junit import State
from model_lab.results.schema import Speed

LATENCIES = {"p50": "latency_p50_s", "p95": "latency_p95_s", "p99": "latency_p99_s"}
"""Percentile -> the field of `Speed` that holds it."""


def slower(ours: BaselineCell, theirs: BaselineCell, measure: str, allowed: float, same_machine: bool) -> tuple[State, str]:
    """Whether ``measure`` of `Speed` is at most ``allowed`` times the baseline's.

    It fails, too, where the two times cannot be compared: contended, or perhaps so, or measured on other hardware.
    """
    now, before = _speed(ours), _speed(theirs)
    times = getattr(now, measure), getattr(before, measure)
    if None not in times and (why := _incomparable(ours, theirs, now, before, same_machine)):
        return "failed", f"refused: {why}"
    return _held(*times, allowed, units.seconds)


def grown(ours: BaselineCell, theirs: BaselineCell, allowed: float) -> tuple[State, str]:
    """Whether the peak of memory, on a GPU the peak there, is at most ``allowed`` times the baseline's."""
    if ours.spec.device != theirs.spec.device:
        return "failed", f"refused: it ran on {ours.spec.device} now and on {theirs.spec.device} before"
    measure = "peak_memory_mb" if ours.spec.device == "cpu" else "peak_gpu_memory_mb"
    return _held(getattr(_speed(ours), measure), getattr(_speed(theirs), measure), allowed, units.megabytes)


def _speed(cell: BaselineCell) -> Speed:
    return cell.outcome.speed if cell.outcome else Speed()


def _incomparable(ours: BaselineCell, theirs: BaselineCell, now: Speed, before: Speed, same_machine: bool) -> str:
    for when, speed in (("the new run", now), ("the baseline", before)):
        if speed.contended is not False:
            held = "other work held the cores" if speed.contended else "nothing says whether other work held the cores"
            return f"the times of {when} were measured while {held}; on an idle machine, run: model-lab time RUN"
    if not same_machine:
        return "the two runs were measured on different hardware; store a baseline of this machine"
    if ours.spec.device != theirs.spec.device:
        return f"it ran on {ours.spec.device} now and on {theirs.spec.device} before"
    if now.threads != before.threads:
        return f"it had {now.threads} threads now and {before.threads} before; use the same --jobs"
    return ""


def _held(now: float | None, before: float | None, allowed: float, shown: Callable[[float], str]) -> tuple[State, str]:
    if before is None:
        return "skipped", "the baseline has no measurement of it"
    if now is None:
        return "failed", f"it was {shown(before)} in the baseline and was not measured now"
    said = f"{shown(now)} now, {shown(before)} before; up to {allowed:g} times that is allowed"
    return ("failed" if now > allowed * before else "passed"), said
