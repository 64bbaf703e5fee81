"""Timing models again, with no other worker: times of a run on a busy machine say little about the model.

Every cell's timing is a round of `Timing` records in its ``timings.jsonl``; answers and scores are not touched. An
interrupted round is continued; after a contended round the next call starts another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import psutil

from model_lab.cancellation import CancelToken
from model_lab.capabilities import capability
from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError, NotRunnable, StoreError, UnknownName, nearest
from model_lab.registry import model_cards
from model_lab.results import scoring, speed
from model_lab.results.schema import RunSpec, SampleResult, StoredSample, Timing, WorkerSession
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs import provenance
from model_lab.runs.runner import RunObserver, SilentRunObserver
from model_lab.workers import contention, cores, direct
from model_lab.workers.client import ResourceAllocation, Worker
from model_lab.workers.supervisor import AnswerOutcome, WorkerSupervisor

SAMPLES = 20
"""Maximum number of samples of a cell that are timed."""
SECONDS = 180.0
"""Maximum of their total latency in the run."""
AT_LEAST = 3
"""Minimum number of samples, whatever their latency."""


@dataclass(frozen=True)
class MachineLoad:
    """The load of the machine: busy cores, all cores, and the load average if it is known."""

    busy: float
    cores: int
    average: float | None

    @property
    def is_idle(self) -> bool:
        """Whether the machine is idle enough to time a model."""
        return self.busy <= min(0.25, speed.CONTENDED * self.cores)

    def __str__(self) -> str:
        average = f", load average {self.average:.1f}" if self.average is not None else ""
        return f"{self.busy:.1f} of {self.cores} cores are in use{average}"


def load(seconds: float = 1.0) -> MachineLoad:
    """The present load of the machine, measured over some seconds."""
    allocation = psutil.cpu_percent(interval=seconds, percpu=True)
    return MachineLoad(sum(allocation) / 100, len(allocation), contention.load())


@dataclass(frozen=True)
class RetimedCell:
    """The outcome for a cell: whether its new times are contended (None: not known), or why there are none (``reason``)."""

    model: str
    dataset: str
    contended: bool | None = None
    reason: str = ""


@dataclass(frozen=True)
class TimingSelection:
    """The cells to time: of these models and datasets (all if none is named), those whose speed is not known to be uncontended;
    with ``force`` the others too. ``trusted``: models whose downloads may run code.
    """

    models: Collection[str] = ()
    datasets: Collection[str] = ()
    force: bool = False
    trusted: Collection[str] = ()


def time(
    folder: RunFolder,
    which: TimingSelection = TimingSelection(),
    observer: RunObserver | None = None,
    cancel: CancelToken | None = None,
) -> list[RetimedCell]:
    """Run a subset of each cell's samples again, one model at a time, and record the times.

    Perturbed audio, repeats, oracles and models with random weights are not timed. The caller holds the folder's lock. Raises `UnknownName`
    for a model or dataset that the run does not have, `NotRunnable` if the run was made on another machine, `StoreError` if the
    folder cannot be written, `Cancelled` once ``cancel`` is set.
    """
    scoring.score_run(folder, again=False)
    cells = [(cell, spec) for cell in folder.model_cells() if not ((spec := cell.spec()).perturbation or spec.repeat)]
    _require_known("model", which.models, {spec.model for _, spec in cells}, folder.name)
    _require_known("dataset", which.datasets, {spec.dataset for _, spec in cells}, folder.name)
    _require_same_machine(folder)
    with (cancel or CancelToken()).scope() as token:
        timed = [
            _time(folder, cell, spec, which, observer or SilentRunObserver(), token)
            for cell, spec in cells
            if spec.model in (which.models or {spec.model}) and spec.dataset in (which.datasets or {spec.dataset})
        ]
    for cell, _ in cells:
        if cell.timings.path.exists():
            scoring.time_cell(cell)
    return [cell_timed for cell_timed in timed if cell_timed]


def subset(questions: Iterable[StoredSample], latest: Mapping[str, SampleResult], seed: int) -> list[StoredSample]:
    """The samples to time: drawn with ``seed`` from those that were answered, within `SAMPLES` and `SECONDS`."""
    answered = [question for question in questions if (result := latest.get(question.id)) and result.status == "ok"]

    def took(question: StoredSample) -> float:
        return latest[question.id].latency_s or 0.0

    chosen: list[StoredSample] = []
    spent = 0.0
    for question in random.Random(seed).sample(answered, len(answered)):
        if len(chosen) < SAMPLES and spent + took(question) <= SECONDS:
            chosen.append(question)
            spent += took(question)
    return chosen if len(chosen) >= AT_LEAST else sorted(answered, key=took)[:AT_LEAST]


@dataclass(frozen=True)
class _Round:
    """The samples of one timing round of a cell, and the timings so far."""

    name: str
    questions: Sequence[StoredSample]
    begun: Sequence[Timing]


def _time(
    folder: RunFolder, cell: ResultCell, spec: RunSpec, which: TimingSelection, observer: RunObserver, cancel: CancelToken
) -> RetimedCell | None:
    """Time a cell, or return why not; None if there is nothing to time."""
    latest, sessions, outcome = cell.latest(), cell.sessions.read(WorkerSession), cell.outcome()
    now = _round(cell, subset(cell.questions(), latest, spec.seed))
    if not now.questions or outcome is None or any(session.random_weights for session in sessions):
        return None
    if outcome.speed.contended is False and not now.begun and not which.force:
        return None
    threads = next((session.threads for session in sessions if session.answered), 0)
    try:
        card = _as_it_was(spec)
        if card.kind == "oracle":
            return None
        direct.require_runnable(card, spec.device, which.trusted)
        _ask(folder, cell, spec, card, now, _share(threads), observer, cancel)
    except StoreError:
        raise
    except ModelLabError as error:
        observer.ended(spec.model, "")
        return RetimedCell(spec.model, spec.dataset, reason=str(error))
    observer.ended(spec.model, "")
    of_round = speed.rounds(cell.timings.read(Timing))[now.name]
    return RetimedCell(spec.model, spec.dataset, speed.contended(speed.warm(of_round), threads))


def _round(cell: ResultCell, questions: Sequence[StoredSample]) -> _Round:
    """The interrupted round, or a new one."""
    for name, of_round in reversed(speed.rounds(cell.timings.read(Timing)).items()):
        if of_round[0].asked == len(questions) and not speed.is_over(of_round):
            return _Round(name, questions, of_round)
        break
    return _Round(datetime.now(UTC).isoformat(), questions, ())


def _as_it_was(spec: RunSpec) -> ModelCard:
    """The card of the model as the run evaluated it. Raises `NotRunnable` if it has changed since, `UnknownName` if it is gone."""
    card = model_cards.configured(spec.model, spec.options)
    if (revision := model_cards.revision(card)) != spec.model_revision:
        raise NotRunnable(
            f"the run evaluated revision {spec.model_revision} of the model and this is {revision}; run the sprint again to evaluate this one"
        )
    return card


def _share(threads: int) -> ResourceAllocation:
    """As many cores as the run's worker had. Raises `NotRunnable` if there are fewer."""
    own = cores.own()
    if threads > cores.count():
        raise NotRunnable(
            f"the run gave the model {threads} cores and {cores.count()} may be used here; free the others and time again"
        )
    return ResourceAllocation(tuple(own[:threads]) or None)


def _ask(
    folder: RunFolder,
    cell: ResultCell,
    spec: RunSpec,
    card: ModelCard,
    now: _Round,
    allocation: ResourceAllocation,
    observer: RunObserver,
    cancel: CancelToken,
) -> None:
    """Run the rest of a round. A worker's first answer only warms it up: that sample is run once more."""
    latest, capability_timed, done = cell.latest(), capability(spec.capability), speed.settled_ids(now.begun)
    workers: list[Worker] = []

    def make() -> Worker:
        workers.append(Worker(card, spec.device, spec.options, spec.seed, allocation, log=folder.path / card.name / "worker.log"))
        observer.loading(card.name)
        return workers[-1]

    def record(question: StoredSample, outcome: AnswerOutcome) -> Timing:
        answer = outcome.answer
        taken = asdict(answer.cost) if answer else {}
        return Timing(
            round=now.name,
            asked=len(now.questions),
            sample_id=question.id,
            status="ok" if answer else "failed",
            threads=allocation.threads,
            load_s=workers[-1].load_s if outcome.cold and answer else None,
            cold=outcome.cold,
            alone=True,
            error=outcome.error,
            **taken,
        )

    observer.planned(card.name, len(now.questions), len(done))
    supervisor = WorkerSupervisor(make, lambda session: None, cancel)
    try:
        for question in now.questions:
            if question.id in done:
                continue
            limit = direct.timeout(question.duration, max(direct.TIMEOUT_S, latest[question.id].latency_s or 0.0))
            for warming_up in (True, False):
                timing = record(question, supervisor.ask(spec.capability, question.sample(capability_timed).inputs, limit))
                cell.timings.append(timing)
                if not (warming_up and timing.cold and timing.status == "ok"):
                    break
            observer.answered(card.name, timing)
    finally:
        supervisor.close()


def _require_known(what: str, named: Collection[str], known: Collection[str], run: str) -> None:
    for name in named:
        if name not in known:
            raise UnknownName(f"the run {run} has no {what} {name!r}{nearest(name, known)}; it has: {', '.join(sorted(known))}")


def _require_same_machine(folder: RunFolder) -> None:
    """Raises `NotRunnable` on another machine than the run's: such times do not compare."""
    try:
        then = json.loads((folder.path / "manifest.json").read_text("utf-8"))["machine"]
        was = [then["cpu"], then["gpu"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    here = provenance.machine()
    if was != [here["cpu"], here["gpu"]]:
        raise NotRunnable(
            f"the run was made on {_machine(*was)}, and this is {_machine(here['cpu'], here['gpu'])}; time it there"
        )


def _machine(cpu: str, gpus: Sequence[str]) -> str:
    return " with ".join([cpu, *gpus])
