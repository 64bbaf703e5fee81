"""From RunSpecs to answers on disk: resume, one worker per model, a record for every sample and every model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import Protocol

from model_lab.cancellation import CancelToken
from model_lab.contract import ModelCard
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError, StoreError
from model_lab.provision import measured_memory, preflight
from model_lab.registry import model_cards
from model_lab.results.answers import pack
from model_lab.results.schema import RunSpec, SampleResult, StoredSample, WorkerSession
from model_lab.results.speed import needs_rerun_alone
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs.executors import Executor, Task
from model_lab.workers import direct
from model_lab.workers.client import ResourceAllocation, Worker
from model_lab.workers.supervisor import AnswerOutcome, WorkerSupervisor


@dataclass(frozen=True)
class Assignment:
    """A RunSpec with its samples. ``left_out``: sample id -> why it is skipped."""

    spec: RunSpec
    tier: Tier
    samples: Sequence[Sample]
    timeout_s: float = direct.TIMEOUT_S
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def included(self) -> list[Sample]:
        """The samples without those left out."""
        return [sample for sample in self.samples if sample.id not in self.left_out]

    def timeout(self, sample: Sample) -> float:
        """Seconds allowed for one sample: ``timeout_s`` and ten times its duration."""
        return direct.timeout(sample.duration, self.timeout_s)


class RunObserver(Protocol):
    """Is notified of progress, from several threads. To stop a run, see `CancelToken`."""

    def planned(self, model: str, samples: int, done: int) -> None:
        """``model`` has that many samples, of which ``done`` are already answered."""

    def loading(self, model: str) -> None:
        """A worker of ``model`` is being started."""

    def answered(self, model: str, result: SampleResult) -> None:
        """One more final record is on disk."""

    def ended(self, model: str, reason: str) -> None:
        """``model`` has ended; ``reason`` says why it could not finish, or is empty."""

    def say(self, text: str) -> None:
        """A message for the user."""


class SilentRunObserver:
    """The `RunObserver` that shows nothing."""

    def planned(self, model: str, samples: int, done: int) -> None:
        """Nothing."""

    def loading(self, model: str) -> None:
        """Nothing."""

    def answered(self, model: str, result: SampleResult) -> None:
        """Nothing."""

    def ended(self, model: str, reason: str) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Policy:
    """What to do with stored answers."""

    force: bool = False
    retry_failed: bool = False


def predict(
    folder: RunFolder,
    assignments: Iterable[Assignment],
    executor: Executor,
    observer: RunObserver | None = None,
    policy: Policy = Policy(),
    trusted: Collection[str] = (),
    cancel: CancelToken | None = None,
) -> None:
    """Run inference for everything in ``assignments`` that has no answer yet, the models that need most memory first.

    A sample that hit its time limit on a busy machine is retried once at the end, with no other worker, before it counts as failed.
    The caller holds the folder's lock. If a model cannot run or fails, the reason is stored in its cells. Raises
    `StoreError` if the folder cannot be written, `Cancelled` once ``cancel`` is set. ``trusted``: models whose downloads may run code.
    """
    observer, cancel = observer or SilentRunObserver(), cancel or CancelToken()
    runnable: list[tuple[ModelCard, list[Pending]]] = []
    for model, group in groupby(sorted(assignments, key=_model), key=_model):
        cancel.raise_if_cancelled()
        parts = list(group)
        card = model_cards.configured(model, parts[0].spec.options)
        begun = [begin(folder, assignment, policy, observer) for assignment in parts]
        samples = sum(len(part.assignment.included) for part in begun)
        observer.planned(model, samples, samples - sum(len(part.todo) + part.held_up for part in begun))
        if not any(part.todo or part.held_up for part in begun):
            observer.ended(model, "")
            continue
        verdict = preflight.verdict(card, preflight.PreflightOptions(parts[0].spec.device, trusted=trusted))
        if not verdict.runnable:
            _refuse([part for part in begun if part.todo], observer, model, verdict.lacks or str(verdict))
            continue
        runnable.append((card, begun))
    tasks = [
        _task(folder, card, pending, observer, cancel) for card, begun in runnable if (pending := [p for p in begun if p.todo])
    ]
    executor.run(sorted(tasks, key=lambda task: -task.memory_gb))
    for card, begun in runnable:
        if again := _again(begun):
            samples = sum(len(part.todo) for part in again)
            observer.say(f"{card.name}: the machine was busy when its time limit was hit; {samples} samples are retried alone")
            executor.run([_task(folder, card, again, observer, cancel)])


def _model(assignment: Assignment) -> str:
    return assignment.spec.model


@dataclass(frozen=True)
class Pending:
    """An assignment in progress: its cell and the samples that have no answer yet.

    ``held_up``: number of samples that timed out on a busy machine before; ``alone``: they are now retried with no other worker.
    """

    assignment: Assignment
    cell: ResultCell
    todo: list[Sample]
    held_up: int = 0
    alone: bool = False


def begin(folder: RunFolder, assignment: Assignment, policy: Policy, observer: RunObserver) -> Pending:
    """Open the cell; answers of another spec (or all, with ``force``) are moved aside, and the user is told where."""
    spec, cell = assignment.spec, folder.cell(assignment.spec.model, assignment.spec.place)
    header = cell.header()
    questions = [StoredSample.of(sample, assignment.left_out.get(sample.id, "")) for sample in assignment.samples]
    if cell.folder.exists() and (header is None or header["key"] != spec.key or policy.force):
        set_aside(folder, cell, spec, observer)
        header = None
    if header is None or header["tier"] != assignment.tier or cell.questions() != questions:
        cell.begin(spec, assignment.tier, questions)
    latest = cell.latest()
    done = {sample_id for sample_id, result in latest.items() if result.status == "ok" or not policy.retry_failed}
    todo = [sample for sample in assignment.included if sample.id not in done]
    held_up = sum(sample.id in done and needs_rerun_alone(latest[sample.id]) for sample in assignment.included)
    return Pending(assignment, cell, todo, held_up)


def _again(begun: Iterable[Pending]) -> list[Pending]:
    """What to retry alone: samples that timed out on a busy machine, and those that were never reached after the model was given up."""
    parts, held_up = [], False
    for part in begun:
        latest = part.cell.latest()
        late = {sample_id for sample_id, result in latest.items() if needs_rerun_alone(result)}
        todo = [sample for sample in part.assignment.included if sample.id in late or sample.id not in latest]
        held_up = held_up or any(sample.id in late for sample in todo)
        parts.append(replace(part, todo=todo, alone=True))
    return [part for part in parts if part.todo] if held_up else []


def set_aside(folder: RunFolder, cell: ResultCell, spec: RunSpec, observer: RunObserver) -> None:
    """Move the answers in a cell aside to make way for ``spec``, and report what has changed and where they are."""
    header = cell.header() or {}
    before = header.get("spec") or {}
    changed = [word for name, word in _CHANGED.items() if before and before.get(name) != spec.model_dump(mode="json").get(name)]
    target = folder.supersede(cell)
    because = f"{' and '.join(changed)} changed since" if changed else "it is run again"
    observer.say(f"{spec.model} on {spec.place}: {because}; the earlier answers are kept in {target}")


_CHANGED = {
    "model_revision": "the model",
    "dataset_revision": "the data",
    "device": "the device",
    "options": "the options",
    "seed": "the seed",
    "perturbation_revision": "the perturbation",
}


def _task(folder: RunFolder, card: ModelCard, pending: list[Pending], observer: RunObserver, cancel: CancelToken) -> Task:
    device = pending[0].assignment.spec.device
    return Task(
        name=card.name,
        memory_gb=measured_memory.memory_gb(card, device),
        gpu_gb=measured_memory.gpu_gb(card) if device == "cuda" else None,
        work=lambda allocation: _ask_model(folder, card, pending, allocation, observer, cancel),
        refused=lambda reason: _refuse(pending, observer, card.name, reason),
    )


def _refuse(pending: list[Pending], observer: RunObserver, model: str, reason: str) -> None:
    for part in pending:
        part.cell.sessions.append(not_run(reason, part.assignment.spec.device))
    observer.ended(model, reason)


def not_run(reason: str, device: str) -> WorkerSession:
    """The record of a worker that was never started."""
    return WorkerSession(device=device, ended=reason)


def _ask_model(
    folder: RunFolder,
    card: ModelCard,
    pending: list[Pending],
    allocation: ResourceAllocation,
    observer: RunObserver,
    cancel: CancelToken,
) -> None:
    spec = pending[0].assignment.spec
    cell = pending[0].cell

    def make() -> Worker:
        observer.loading(card.name)
        return Worker(card, spec.device, spec.options, spec.seed, allocation, log=folder.path / card.name / "worker.log")

    def keep(session: WorkerSession) -> None:
        cell.sessions.append(session)
        measured_memory.record(card, session)

    supervisor, reason = WorkerSupervisor(make, keep, cancel), ""
    try:
        for part in pending:
            cell = part.cell
            _ask_cell(part, supervisor, observer, with_reference=card.kind == "oracle")
            supervisor.checkpoint()
    except StoreError:
        raise
    except ModelLabError as error:
        reason = str(error)
        for later in pending[pending.index(part) + 1 :]:
            later.cell.sessions.append(not_run(reason, spec.device))
    finally:
        supervisor.close()
    observer.ended(card.name, reason)


def _ask_cell(part: Pending, supervisor: WorkerSupervisor, observer: RunObserver, with_reference: bool) -> None:
    spec = part.assignment.spec
    for sample in part.todo:
        reference = StoredSample.of(sample).model_dump(mode="json") if with_reference else None
        outcome = supervisor.ask(spec.capability, sample.inputs, part.assignment.timeout(sample), reference, spec.seed)
        result = _result(outcome, sample, part)
        part.cell.answers.append(result)
        if not needs_rerun_alone(result):
            observer.answered(spec.model, result)


def _result(outcome: AnswerOutcome, sample: Sample, part: Pending) -> SampleResult:
    answer, late = outcome.answer, outcome.timed_out
    if answer is None:
        taken = asdict(late) if late else {}
        error = f"retried alone: {outcome.error}" if part.alone else outcome.error
        return SampleResult(
            sample_id=sample.id,
            status="failed",
            cold=outcome.cold,
            alone=part.alone,
            timed_out=late is not None,
            error=error,
            **taken,
        )
    return SampleResult(
        sample_id=sample.id,
        status="ok",
        hypothesis=pack(answer.value, part.cell, sample.id),
        cold=outcome.cold,
        alone=part.alone,
        **asdict(answer.cost),
    )
