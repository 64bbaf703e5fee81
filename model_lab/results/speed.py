"""How fast a model was, and whether other load on the machine affected that.

A model is delayed while its threads are ready to run and other processes use its cores. The waiting time of its threads is
counted, at most the CPU time that others used of its cores (with more threads than cores, they also wait for each other). Threads
that wait at the same time are all counted, so for a model with several threads this is an upper bound of the delay.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from model_lab.results.schema import SampleResult, Speed, StoredSample, Timing, WorkerSession

Result = TypeVar("Result", bound=SampleResult)

CONTENDED = 0.1
"""Timed answers that were delayed for more than this fraction of their time are contended."""
_TICK_S = 0.01
"""CPU time of others is counted in ticks: over n answers, the sum is uncertain by about sqrt(n) ticks."""


def speed(
    questions: Sequence[StoredSample],
    answered: Mapping[str, SampleResult],
    records: Sequence[SampleResult],
    sessions: Sequence[WorkerSession],
    timings: Sequence[Timing] = (),
) -> Speed:
    """Time and memory over the last answers ``answered``; the cold start is that of the first worker, from all ``records``.

    The times are those of the newest complete round of ``timings`` that was not contended, if there is one.
    """
    first = next((session for session in sessions if session.answered), None)
    cpu = [result.cpu_s for result in answered.values() if result.cpu_s is not None]
    gpu = [session.peak_gpu_memory_mb for session in sessions if session.peak_gpu_memory_mb is not None]
    loads = [session.load_average for session in sessions if session.load_average is not None]
    own = _times(questions, answered.values(), records, first.threads if first else None, first.load_s if first else None)
    alone = _alone(questions, timings)
    return (alone or own).model_copy(
        update={
            "cpu_s": sum(cpu) if cpu else None,
            "peak_memory_mb": max((session.peak_memory_mb for session in sessions if session.worker_pid), default=None),
            "peak_gpu_memory_mb": max(gpu, default=None),
            "load_average": max(loads, default=None),
            "timed_alone": alone is not None,
        }
    )


def contended(timed: Iterable[SampleResult], threads: int | None = None) -> bool | None:
    """Whether other load delayed answers for more than `CONTENDED` of their time; None if unknown.

    ``threads``: number of cores their worker could use, if known. An answer without these counts (of an earlier version, or on another
    system) was delayed by at most the CPU time of these cores that it did not get.
    """
    timed = [result for result in timed if result.latency_s]
    total = sum(result.latency_s or 0.0 for result in timed)
    if not total:
        return None
    lost = _lost_s(timed)
    unseen = sum(_most_s(result, threads) for result in timed if result.waited_s is None)
    if lost > CONTENDED * total:
        return True
    return False if lost + unseen <= CONTENDED * total else None


def needs_rerun_alone(result: SampleResult) -> bool:
    """Whether it hit its time limit on a busy machine and was not retried alone yet: such a sample has not failed so far."""
    return result.timed_out and not result.alone and contended([result]) is True


def rounds(timings: Iterable[Timing]) -> dict[str, list[Timing]]:
    """The timings by round, in the order in which these began."""
    timings_of_round: dict[str, list[Timing]] = {}
    for timing in timings:
        timings_of_round.setdefault(timing.round, []).append(timing)
    return timings_of_round


def is_over(of_round: Sequence[Timing]) -> bool:
    """Whether all samples of a round were run."""
    return len(settled_ids(of_round)) >= of_round[0].asked


def settled_ids(of_round: Iterable[Timing]) -> set[str]:
    """The samples of a round that are done; a worker's first answer only warms it up."""
    return {timing.sample_id for timing in of_round if not timing.cold or timing.status == "failed"}


def warm(results: Iterable[Result]) -> list[Result]:
    """The answers that count for timing: without failed ones and the first of each worker."""
    return [result for result in results if result.status == "ok" and not result.cold and result.latency_s is not None]


def _alone(questions: Sequence[StoredSample], timings: Sequence[Timing]) -> Speed | None:
    for of_round in reversed(rounds(timings).values()):
        if is_over(of_round):
            load_s = next((timing.load_s for timing in of_round if timing.load_s is not None), None)
            times = _times(questions, of_round, of_round, of_round[0].threads, load_s)
            if times.n_timed and not times.contended:
                return times
    return None


def _times(
    questions: Sequence[StoredSample],
    results: Iterable[SampleResult],
    records: Sequence[SampleResult],
    threads: int | None,
    load_s: float | None,
) -> Speed:
    """The times of ``results``; the cold start from all ``records``."""
    durations = {question.id: question.duration for question in questions}
    timed = warm(results)
    taken = [(result.latency_s or 0.0, durations.get(result.sample_id, 0.0)) for result in timed]
    total, sounded = sum(latency for latency, _ in taken), sum(duration for _, duration in taken)
    spent = sum(latency for latency, duration in taken if duration > 0)
    used = [result.cpu_s for result in timed if result.cpu_s is not None]
    cold = next((record.latency_s for record in records if record.cold and record.latency_s is not None), None)
    p50, p95, p99 = np.percentile([latency for latency, _ in taken], [50, 95, 99]).tolist() if taken else (None, None, None)
    return Speed(
        latency_p50_s=p50,
        latency_p95_s=p95,
        latency_p99_s=p99,
        real_time_factor=spent / sounded if sounded else None,
        load_s=load_s,
        cold_start_s=load_s + cold if load_s is not None and cold is not None else None,
        threads=threads,
        n_timed=len(timed),
        contended=contended(timed, threads),
        waited_share=_lost_s(timed) / total if total and any(result.waited_s is not None for result in timed) else None,
        cpu_share=sum(used) / total if total and len(used) == len(timed) else None,
    )


def _lost_s(timed: Iterable[SampleResult]) -> float:
    """Seconds for which answers were delayed, by those that have counts."""
    counted = [result for result in timed if result.waited_s is not None]
    waited = sum(result.waited_s or 0.0 for result in counted)
    others = [result.others_s for result in counted if result.others_s is not None]
    if len(others) < len(counted):
        return waited
    return min(waited, max(0.0, sum(others)) + _TICK_S * math.sqrt(len(others)))


def _most_s(result: SampleResult, threads: int | None) -> float:
    """The maximum delay of an answer without counts."""
    if result.cpu_s is None or not threads:
        return math.inf
    return max(0.0, threads * (result.latency_s or 0.0) - result.cpu_s)
