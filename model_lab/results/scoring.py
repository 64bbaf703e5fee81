"""Scores from stored answers: pure, repeatable, and without running any model.

Judges run before; their answers are in the cell's folder and are read here. One file holds the answers of one judge for one
capability and role, so that metrics which use different values of the same answer share it:

    judgements/<judge model>.<judge capability>[.<role>].jsonl     one Judgement per line
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field

from model_lab import capabilities
from model_lab.capabilities import Capability, capability
from model_lab.datasets import perturbations
from model_lab.datasets.manifest import Clusters
from model_lab.errors import ModelLabError, UnknownName
from model_lab.files import write_json, write_jsonl
from model_lab.metrics._base import Components, Judge, Metric, pool
from model_lab.metrics.statistics import Interval, bootstrap
from model_lab.results.answers import unpack
from model_lab.results.schema import Run, RunSpec, SampleResult, Score, Speed, Status, StoredSample, Timing, WorkerSession
from model_lab.results.speed import needs_rerun_alone, speed
from model_lab.results.store import COMPONENTS, JsonlLog, ResultCell, RunFolder
from model_lab.schemas import Strict

_REASONS_SHOWN = 3
_VAGUENESS: tuple[Clusters, ...] = ("given", "speaker", "unknown")
_ERROR_LENGTH = 160


class Judgement(SampleResult):
    """A judge's answer on one answer of a model; ``hypothesis`` is the judge's own answer."""

    answer_id: str = Field(description="`answer_id` of the answer that was judged: another answer needs another judgement")
    judge_revision: str = Field(default="", description="hash of the judge's folder and requirements")


class SampleComponents(Strict):
    """A line of ``components.jsonl``: the components of each metric on one sample; a metric is absent if it could not be computed."""

    sample_id: str
    group: str
    components: dict[str, Components]


def answer_id(result: SampleResult) -> str:
    """The identity of an answer's content: the first 16 hex digits of the SHA-256 of its JSON."""
    text = json.dumps(result.hypothesis, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def judgement_log(cell: ResultCell, judge: Judge) -> JsonlLog:
    """The log of the judgements of ``judge`` on the cell's answers."""
    name = ".".join(part for part in (judge.model, judge.capability, judge.role) if part)
    return JsonlLog(cell.folder / "judgements" / f"{name}.jsonl")


def judgements(cell: ResultCell, judge: Judge) -> dict[str, Judgement]:
    """The last judgement of each sample's present answer, including failed ones; judgements of earlier answers are left out."""
    return _of_present_answers(cell.latest(), judgement_log(cell, judge))


def components(cell: ResultCell) -> list[SampleComponents]:
    """The components of each sample; empty if scoring has not run. Raises `BadConfig` if another version wrote them."""
    return JsonlLog(cell.folder / COMPONENTS).read(SampleComponents)


def score_cell(cell: ResultCell, run: str) -> Run:
    """Score the answers so far, and write ``components.jsonl`` and ``scores.json``.

    A sample on which a metric cannot be computed is counted as unscored, with the reason in the score's note. Raises
    `StoreError` or `BadConfig` if the folder cannot be read, `UnknownName` for an unknown capability or perturbation.
    """
    spec, header = cell.spec(), cell.header()
    assert header is not None
    scored_from = cell.digests()
    if problem := perturbations.problem(spec.perturbation):
        raise UnknownName(problem)
    questions, sessions = cell.questions(), cell.sessions.read(WorkerSession)
    settled = _settled(cell, questions)
    capability_scored = capability(spec.capability)
    random_weights = any(session.random_weights for session in sessions)
    metrics = capability_scored.metrics
    counted = (
        [_uncounted(metrics)] * len(questions) if random_weights else _count(cell, capability_scored, metrics, questions, settled)
    )
    write_jsonl(cell.folder / COMPONENTS, map(_row, questions, counted))
    status, reason = _status([question for question in questions if not question.left_out], settled, sessions)
    failures = Counter(shortened(result.error) for result in settled.values() if result.status == "failed")
    outcome = Run(
        run=run,
        spec=spec,
        key=spec.key,
        tier=header["tier"],
        status=status,
        reason=reason,
        clusters=max((question.clusters for question in questions), key=_VAGUENESS.index, default="given"),
        n_samples=len(questions),
        n_ok=len(settled) - failures.total(),
        n_failed=failures.total(),
        failures=dict(failures.most_common()),
        scores=tuple(_score(metric, questions, counted) for metric in metrics),
        speed=Speed() if random_weights else _speed(cell, questions, settled, sessions),
        scored_from=scored_from,
    )
    write_json(cell.folder / "scores.json", outcome.model_dump(mode="json"))
    return outcome


def scores_by(cell: ResultCell, metrics: Sequence[Metric]) -> tuple[list[SampleComponents], tuple[Score, ...]]:
    """Score the answers so far by other ``metrics`` of its capability, which have no judge. Nothing is written; raises as `score_cell`."""
    questions = cell.questions()
    if any(session.random_weights for session in cell.sessions.read(WorkerSession)):
        counted = [_uncounted(metrics)] * len(questions)
    else:
        counted = _count(cell, capability(cell.spec().capability), metrics, questions, _settled(cell, questions))
    samples = [_sample(question, of_sample) for question, of_sample in zip(questions, counted, strict=True)]
    return samples, tuple(_score(metric, questions, counted) for metric in metrics)


def score_run(folder: RunFolder, again: bool = True) -> list[Run]:
    """Score the answers of a run without running any model: all of them, or with ``again=False`` those that have changed since.

    Answers for capabilities that are not registered here, or under a perturbation that is not, are left as they are: the report says so.
    """
    cells = [cell for cell in folder.cells() if scorable(cell.spec())]
    return [score_cell(cell, folder.name) for cell in cells if again or not is_current(cell)]


def scorable(spec: RunSpec) -> bool:
    """Whether its capability and its perturbation can be used here."""
    return capabilities.usable(spec.capability) is not None and not perturbations.problem(spec.perturbation)


def time_cell(cell: ResultCell) -> None:
    """Update the speed in ``scores.json`` from the present timings; its scores are unchanged, even if the data has changed since."""
    outcome, questions, sessions = cell.outcome(), cell.questions(), cell.sessions.read(WorkerSession)
    if outcome is not None and not any(session.random_weights for session in sessions):
        timings = {name: digest for name, digest in cell.digests().items() if name == cell.timings.path.name}
        changes = {
            "speed": _speed(cell, questions, _settled(cell, questions), sessions),
            "scored_from": outcome.scored_from | timings,
        }
        write_json(cell.folder / "scores.json", outcome.model_copy(update=changes).model_dump(mode="json"))


def _settled(cell: ResultCell, questions: Sequence[StoredSample]) -> dict[str, SampleResult]:
    """The last record of every sample, without those that are still to be retried alone."""
    latest = cell.latest()
    return {
        question.id: latest[question.id]
        for question in questions
        if question.id in latest and not needs_rerun_alone(latest[question.id])
    }


def _speed(
    cell: ResultCell, questions: Sequence[StoredSample], answered: Mapping[str, SampleResult], sessions: Sequence[WorkerSession]
) -> Speed:
    return speed(questions, answered, cell.answers.read(SampleResult), sessions, cell.timings.read(Timing))


def is_current(cell: ResultCell) -> bool:
    """Whether the cell's scores match the contents of its present files and the present versions of its metrics.

    Modification times do not matter, except for scores of version 0.1, which record no hashes: they are current while no file that
    they depend on is newer.
    """
    outcome = cell.outcome()
    if outcome is None or (cell.header() or {}).get("tier") != outcome.tier:
        return False
    versions = {metric.name: metric.version for metric in capability(outcome.spec.capability).metrics}
    if {score.metric: score.version for score in outcome.scores} != versions:
        return False
    return cell.digests() == outcome.scored_from if outcome.scored_from else _is_newest(cell)


def _is_newest(cell: ResultCell) -> bool:
    """Whether ``scores.json`` is newer than all files that it depends on."""
    newest = max((cell.folder / name).stat().st_mtime_ns for name in cell.digests())
    return newest < (cell.folder / "scores.json").stat().st_mtime_ns


def shortened(error: str) -> str:
    """An error on one line of at most 160 characters, so that equal errors can be counted."""
    line = " ".join(error.split())
    return line if len(line) <= _ERROR_LENGTH else line[: _ERROR_LENGTH - 1] + "…"


def _status(
    questions: Sequence[StoredSample], answered: Mapping[str, SampleResult], sessions: Sequence[WorkerSession]
) -> tuple[Status, str]:
    """The run's status and, unless it is complete, the reason. A session without a process is a model that was not started."""
    n, n_answered = len(questions), len(answered)
    counted = f"{n_answered} of {n} samples have been evaluated"
    stopped = shortened(sessions[-1].ended) if sessions and sessions[-1].ended != "closed" else ""
    reason = f"{counted}: {stopped}" if stopped else counted
    if n_answered < n and stopped and sessions[-1].worker_pid:
        return "failed", reason
    if not answered:
        return "not_run", stopped or reason
    if not any(result.status == "ok" for result in answered.values()):
        common, times = Counter(shortened(result.error) for result in answered.values()).most_common(1)[0]
        return "failed", f"all {n_answered} answers failed, {times} with: {common}"
    return ("partial", reason) if n_answered < n else ("complete", "")


def _of_present_answers(latest: Mapping[str, SampleResult], log: JsonlLog) -> dict[str, Judgement]:
    last_of_sample = {judgement.sample_id: judgement for judgement in log.read(Judgement)}
    return {
        sample_id: judgement
        for sample_id, judgement in last_of_sample.items()
        if sample_id in latest and latest[sample_id].status == "ok" and answer_id(latest[sample_id]) == judgement.answer_id
    }


class _UnscoredError(Exception):
    """Why a metric could not be computed on a sample."""


Counted = dict[str, "Components | _UnscoredError"]


def _uncounted(metrics: Iterable[Metric]) -> Counted:
    """The counts for answers of a random checkpoint: neither they nor their times are scored."""
    reason = _UnscoredError("loader verified on random weights, real weights not run here")
    return {metric.name: reason for metric in metrics}


def _count(
    cell: ResultCell,
    capability: Capability,
    metrics: Sequence[Metric],
    questions: Sequence[StoredSample],
    answered: Mapping[str, SampleResult],
) -> list[Counted]:
    """What every metric counted on every sample, or why it could not be computed."""
    judges = {judge for metric in metrics if metric.judge for judge in metric.judge.all}
    by_path = {
        path: _of_present_answers(answered, JsonlLog(path)) for path in {judgement_log(cell, judge).path for judge in judges}
    }
    judgements = {judge: by_path[judgement_log(cell, judge).path] for judge in judges}
    return [_count_one(cell, capability, metrics, question, answered.get(question.id), judgements) for question in questions]


def _count_one(
    cell: ResultCell,
    capability: Capability,
    metrics: Sequence[Metric],
    question: StoredSample,
    result: SampleResult | None,
    judgements: Mapping[Judge, Mapping[str, Judgement]],
) -> Counted:
    try:
        if question.left_out:
            raise _UnscoredError(question.left_out)
        hypothesis, reference = _hypothesis(cell, result), _reference(capability, question)
    except _UnscoredError as error:
        return {metric.name: error for metric in metrics}
    shared: dict[tuple[Any, ...], Components | _UnscoredError] = {}
    counted: Counted = {}
    for metric in metrics:
        if metric.judge and not metric.judge.asks(question.row):
            counted[metric.name] = {}
            continue
        judge = metric.judge.of(reference) if metric.judge else None
        key = (metric.components, judge)
        if key not in shared:
            judgement = judgements[judge].get(question.id) if judge else None
            shared[key] = _components(cell, metric, judge, reference, hypothesis, judgement)
        counted[metric.name] = shared[key]
    return counted


def _components(
    cell: ResultCell,
    metric: Metric,
    judge: Judge | None,
    reference: Any,
    hypothesis: Any,
    judgement: Judgement | None,
) -> Components | _UnscoredError:
    """The components as they are read back from JSON, so that scores and comparisons use the same values."""
    try:
        judged = (_judged(cell, judge, judgement),) if judge else ()
        return _as_read(metric.components(reference, hypothesis, *judged))
    except _UnscoredError as error:
        return error
    except Exception as error:
        return _UnscoredError(_error_text(error))


def _as_read(components: Components) -> Components:
    try:
        read: Components = json.loads(json.dumps(components, allow_nan=False))
    except ValueError:
        raise _UnscoredError("the metric is not finite on the sample") from None
    return read


def _hypothesis(cell: ResultCell, result: SampleResult | None) -> Any:
    if result is None:
        raise _UnscoredError("not answered")
    if result.status != "ok":
        raise _UnscoredError("the answer failed")
    try:
        return unpack(result.hypothesis, cell)
    except Exception as error:
        raise _UnscoredError(f"the answer cannot be read: {_error_text(error)}") from error


def _reference(capability: Capability, question: StoredSample) -> Any:
    try:
        reference = question.reference(capability)
    except Exception as error:
        raise _UnscoredError(_error_text(error)) from error
    if reference is None:
        raise _UnscoredError("the manifest has no reference for it")
    return reference


def _judged(cell: ResultCell, judge: Judge, judgement: Judgement | None) -> Any:
    if judgement is None:
        raise _UnscoredError(f"not judged by {judge.model}")
    if judgement.status != "ok":
        raise _UnscoredError(f"{judge.model} could not judge it: {shortened(judgement.error)}")
    return unpack(judgement.hypothesis, cell)


def _error_text(error: Exception) -> str:
    return shortened(str(error) if isinstance(error, ModelLabError) else f"{type(error).__name__}: {error}")


def _row(question: StoredSample, counted: Counted) -> dict[str, Any]:
    return _sample(question, counted).model_dump()


def _sample(question: StoredSample, counted: Counted) -> SampleComponents:
    scored = {name: parts for name, parts in counted.items() if not isinstance(parts, _UnscoredError)}
    return SampleComponents(sample_id=question.id, group=question.group, components=scored)


def _score(metric: Metric, questions: Sequence[StoredSample], counted: Sequence[Counted]) -> Score:
    parts: list[Components] = []
    groups: list[str] = []
    reasons: Counter[str] = Counter()
    nothing = 0
    for question, of_sample in zip(questions, counted, strict=True):
        counted_here = of_sample[metric.name]
        if isinstance(counted_here, _UnscoredError):
            reasons[str(counted_here)] += 1
        elif not metric.counts(counted_here):
            nothing += 1
        else:
            parts.append(counted_here)
            groups.append(question.group)
    value, interval = _estimate(metric, parts, groups)
    return Score(
        metric=metric.name,
        version=metric.version,
        scorer=metric.scorer,
        value=value,
        low=interval.low,
        high=interval.high,
        n_scored=len(parts),
        n_unscored=reasons.total(),
        n_inapplicable=nothing,
        n_groups=interval.n_groups,
        note="; ".join(filter(None, [_unscored_note(reasons), _inapplicable_note(metric, nothing), interval.note])),
    )


def _estimate(metric: Metric, parts: Sequence[Components], groups: Sequence[str]) -> tuple[float | None, Interval]:
    none = Interval(None, None, len(set(groups)))
    if not parts:
        return None, none
    try:
        pooled = pool(parts)
        value = float(metric.value(pooled))
    except Exception as error:
        return None, replace(none, note=f"no value: {_error_text(error)}")
    if not np.isfinite(value):
        value_text = "not defined" if np.isnan(value) else str(value)
        return None, replace(none, note=f"no value: {metric.name} is {value_text} on these samples: {_counts(metric, pooled)}")
    try:
        return value, _around(value, bootstrap(metric.value, parts, groups))
    except Exception as error:
        return value, replace(none, note=f"no interval: {_error_text(error)}")


def _around(value: float, interval: Interval) -> Interval:
    """The interval, extended to include the value if the bootstrap is biased: a resample that misses whole classes changes some metrics."""
    if interval.low is None or interval.high is None or interval.low <= value <= interval.high:
        return interval
    note = "; ".join(filter(None, [interval.note, "the bootstrap is biased: the interval was extended to include the value"]))
    return replace(interval, low=min(value, interval.low), high=max(value, interval.high), note=note)


def _counts(metric: Metric, pooled: Components) -> str:
    """The counts as text: a metric without a value must not hide its errors."""
    if metric.no_value:
        return metric.no_value.format(**pooled)
    sizes = {
        name.replace("_", " "): len(component) if isinstance(component, list) else component for name, component in pooled.items()
    }
    return ", ".join(f"{size:g} {name}" if size else f"no {name}" for name, size in sizes.items())


def _inapplicable_note(metric: Metric, number: int) -> str:
    return f"{number} not counted: {metric.lacking}" if number else ""


def _unscored_note(reasons: Counter[str]) -> str:
    if not reasons:
        return ""
    shown = [f"{reason} ({count})" for reason, count in reasons.most_common(_REASONS_SHOWN)]
    more = [f"{len(reasons) - _REASONS_SHOWN} other reasons"] if len(reasons) > _REASONS_SHOWN else []
    return f"{reasons.total()} unscored: {', '.join(shown + more)}"
