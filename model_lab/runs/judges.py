"""Running judge models on answers: MOS predictors, PESQ, a speech recogniser for synthesised speech."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from model_lab.cancellation import CancelToken
from model_lab.capabilities import Capability, capability
from model_lab.errors import ModelLabError, StoreError
from model_lab.metrics._base import Judge
from model_lab.provision import measured_memory, preflight
from model_lab.registry import model_cards
from model_lab.results.answers import pack, unpack
from model_lab.results.schema import SampleResult, StoredSample
from model_lab.results.scoring import Judgement, answer_id, judgement_log, judgements
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs.executors import Executor, Task
from model_lab.runs.runner import RunObserver
from model_lab.workers import direct
from model_lab.workers.client import ResourceAllocation, Worker
from model_lab.workers.supervisor import WorkerSupervisor

_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class _Case:
    """One answer that a judge, in this ``revision``, has not judged yet."""

    cell: ResultCell
    capability: Capability
    judge: Judge
    revision: str
    question: StoredSample
    result: SampleResult


def judge(folder: RunFolder, cells: Iterable[ResultCell], executor: Executor, observer: RunObserver, cancel: CancelToken) -> None:
    """Run every judge on every answer that it has not judged yet, one worker per judge.

    A judge that cannot run leaves its metrics unscored, with its reason. The caller holds the folder's lock. Raises `Cancelled`
    once ``cancel`` is set.
    """
    cases: dict[str, list[_Case]] = defaultdict(list)
    for cell in cells:
        for case in _open_cases(cell):
            cases[case.judge.model].append(case)
    tasks = []
    for model, cases_of_model in cases.items():
        observer.planned(_shown(model), len(cases_of_model), 0)
        tasks.append(
            Task(
                name=model,
                memory_gb=measured_memory.memory_gb(model_cards.card(model)),
                work=lambda allocation, model=model, cases_of_model=cases_of_model: _run_judge(
                    folder, model, cases_of_model, allocation, observer, cancel
                ),  # type: ignore[misc]
                refused=lambda reason, model=model, cases_of_model=cases_of_model: _excuse(
                    model, cases_of_model, reason, observer
                ),  # type: ignore[misc]
            )
        )
    executor.run(tasks)


def _open_cases(cell: ResultCell) -> list[_Case]:
    cases: list[_Case] = []
    capability_judged = capability(cell.spec().capability)
    judges = {
        (metric.judge.model, metric.judge.capability, metric.judge.role): metric.judge
        for metric in capability_judged.metrics
        if metric.judge
    }
    if not judges:
        return cases
    latest = cell.latest()
    answered = [question for question in cell.questions() if question.id in latest and latest[question.id].status == "ok"]
    for judge in judges.values():
        asked = [question for question in answered if judge.asks(question.row)]
        judge_of = {question.id: _judge_of(judge, capability_judged, question) for question in asked}
        for chosen in judge.all:
            revision = model_cards.revision(model_cards.card(chosen.model))
            judged = {
                sample_id
                for sample_id, judgement in judgements(cell, chosen).items()
                if judgement.judge_revision == revision and judgement.status == "ok"
            }
            cases += [
                _Case(cell, capability_judged, chosen, revision, question, latest[question.id])
                for question in asked
                if judge_of[question.id] is chosen and question.id not in judged
            ]
    return cases


def _judge_of(judge: Judge, capability_judged: Capability, question: StoredSample) -> Judge:
    """Which of the judges judges the answer to this question; the first where its reference cannot be read, which is recorded later."""
    if judge.otherwise is None:
        return judge
    try:
        return judge.of(question.reference(capability_judged))
    except StoreError:
        raise
    except Exception:
        return judge


def _run_judge(
    folder: RunFolder,
    model: str,
    cases: list[_Case],
    allocation: ResourceAllocation,
    observer: RunObserver,
    cancel: CancelToken,
) -> None:
    card = model_cards.card(model)
    verdict = preflight.verdict(card)
    if not verdict.runnable:
        _excuse(model, cases, str(verdict), observer)
        return
    log = folder.path / "judges" / f"{model}.log"

    def make() -> Worker:
        observer.loading(_shown(model))
        return Worker(card, "cpu", card.options, 0, allocation, log)

    supervisor = WorkerSupervisor(make, lambda session: measured_memory.record(card, session), cancel)
    try:
        for number, case in enumerate(cases):
            try:
                judgement = _judgement(case, supervisor)
            except StoreError:
                raise
            except ModelLabError as error:
                _excuse(model, cases[number:], str(error), observer)
                return
            judgement_log(case.cell, case.judge).append(judgement)
            observer.answered(_shown(model), judgement)
    finally:
        supervisor.close()
    observer.ended(_shown(model), "")


def _judgement(case: _Case, supervisor: WorkerSupervisor) -> Judgement:
    try:
        inputs = _inputs(case)
    except StoreError:
        raise
    except Exception as error:
        return _record(case, None, error=f"it could not be passed to {case.judge.model}: {error}")
    outcome = supervisor.ask(case.judge.capability, inputs, direct.timeout(case.question.duration, _TIMEOUT_S))
    if outcome.answer is None:
        return _record(case, None, error=outcome.error)
    return _record(case, pack(outcome.answer.value, case.cell, case.question.id), outcome.answer.cost.latency_s)


def _inputs(case: _Case) -> tuple[Any, ...]:
    return case.judge.inputs(case.question.reference(case.capability), unpack(case.result.hypothesis, case.cell))


def _excuse(model: str, cases: list[_Case], reason: str, observer: RunObserver) -> None:
    """Record why these answers were not judged."""
    for case in cases:
        judgement_log(case.cell, case.judge).append(_record(case, None, error=reason))
    observer.ended(_shown(model), f"cannot judge: {reason}")


def _record(case: _Case, hypothesis: Any, latency_s: float | None = None, error: str = "") -> Judgement:
    return Judgement(
        sample_id=case.question.id,
        status="failed" if error else "ok",
        hypothesis=hypothesis,
        latency_s=latency_s,
        error=error,
        answer_id=answer_id(case.result),
        judge_revision=case.revision,
    )


def _shown(model: str) -> str:
    return f"judge {model}"
