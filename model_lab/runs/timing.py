"""Timing models again, one worker alone: when others were using the machine during the run, its times are as much theirs.

Every cell's timing is a round of `Timing` records in its ``timings.jsonl``; answers and scores are not touched. A round that was
cut short is gone on with; one that was contended again is followed by another the next time.
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
    """What the machine has to do: cores kept busy, of how many, and the load average if it is known."""

    busy: float
    cores: int
    average: float | None

    @property
    def is_idle(self) -> bool:
        """Whether a model would find the machine free."""
        return self.busy <= min(0.25, speed.CONTENDED * self.cores)

    def __str__(self) -> str:
        average = f", load average {self.average:.1f}" if self.average is not None else ""
        return f"{self.busy:.1f} of {self.cores} cores are in use{average}"


def load(seconds: float = 1.0) -> MachineLoad:
    """What the machine has to do now, watched for some seconds."""
    allocation = psutil.cpu_percent(interval=seconds, percpu=True)
    return MachineLoad(sum(allocation) / 100, len(allocation), contention.load())


@dataclass(frozen=True)
class RetimedCell:
    """What became of a cell: whether its new times are contended (None: not known), or why there are none (``reason``)."""

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
    watcher: RunObserver | None = None,
    cancel: CancelToken | None = None,
) -> list[RetimedCell]:
    """Ask a subset of each cell's questions again, one model at a time, and write down what it took.

    Perturbed sound, oracles and models with random weights are not timed. The caller holds the folder's lock. Raises `UnknownName`
    for a model or dataset that the run does not have, `NotRunnable` if the run was made on another machine, `StoreError` if the
    disk refuses, `Cancelled` once ``cancel`` is.
    """
    scoring.score_run(folder, again=False)
    cells = [(cell, spec) for cell in folder.asked() if not (spec := cell.spec()).perturbation]
    _require_known("model", which.models, {spec.model for _, spec in cells}, folder.name)
    _require_known("dataset", which.datasets, {spec.dataset for _, spec in cells}, folder.name)
    _require_same_machine(folder)
    with (cancel or CancelToken()).scope() as token:
        timed = [
            _time(folder, cell, spec, which, watcher or SilentRunObserver(), token)
            for cell, spec in cells
            if spec.model in (which.models or {spec.model}) and spec.dataset in (which.datasets or {spec.dataset})
        ]
    for cell, _ in cells:
        if cell.timings.path.exists():
            scoring.time_cell(cell)
    return [found for found in timed if found]


def subset(questions: Iterable[StoredSample], latest: Mapping[str, SampleResult], seed: int) -> list[StoredSample]:
    """The questions to time: drawn with ``seed`` out of those that were answered, within `SAMPLES` and `SECONDS`."""
    answered = [question for question in questions if (result := latest.get(question.id)) and result.status == "ok"]

    def took(question: StoredSample) -> float:
        return latest[question.id].latency_s or 0.0

    found: list[StoredSample] = []
    spent = 0.0
    for question in random.Random(seed).sample(answered, len(answered)):
        if len(found) < SAMPLES and spent + took(question) <= SECONDS:
            found.append(question)
            spent += took(question)
    return found if len(found) >= AT_LEAST else sorted(answered, key=took)[:AT_LEAST]


@dataclass(frozen=True)
class _Round:
    """The questions of one timing of a cell, and what is asked already."""

    name: str
    questions: Sequence[StoredSample]
    begun: Sequence[Timing]


def _time(
    folder: RunFolder, cell: ResultCell, spec: RunSpec, which: TimingSelection, watcher: RunObserver, cancel: CancelToken
) -> RetimedCell | None:
    """Time a cell, or say why not; None where there is nothing to time."""
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
        _ask(folder, cell, spec, card, now, _share(threads), watcher, cancel)
    except StoreError:
        raise
    except ModelLabError as error:
        watcher.ended(spec.model, "")
        return RetimedCell(spec.model, spec.dataset, reason=str(error))
    watcher.ended(spec.model, "")
    of_round = speed.rounds(cell.timings.read(Timing))[now.name]
    return RetimedCell(spec.model, spec.dataset, speed.contended(speed.warm(of_round), threads))


def _round(cell: ResultCell, questions: Sequence[StoredSample]) -> _Round:
    """The round that was cut short, or a new one."""
    for name, of_round in reversed(speed.rounds(cell.timings.read(Timing)).items()):
        if of_round[0].asked == len(questions) and not speed.is_over(of_round):
            return _Round(name, questions, of_round)
        break
    return _Round(datetime.now(UTC).isoformat(), questions, ())


def _as_it_was(spec: RunSpec) -> ModelCard:
    """The card of the model that the run asked. Raises `NotRunnable` if it has changed since, `UnknownName` if it is gone."""
    card = model_cards.asked(spec.model, spec.options)
    if (revision := model_cards.revision(card)) != spec.model_revision:
        raise NotRunnable(
            f"the run asked revision {spec.model_revision} of the model and this is {revision}; run the same sprint again to ask this one"
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
    watcher: RunObserver,
    cancel: CancelToken,
) -> None:
    """Ask what is left of a round. The first answer of a worker warms it up: its question is asked once more."""
    latest, asked, done = cell.latest(), capability(spec.capability), speed.asked(now.begun)
    workers: list[Worker] = []

    def make() -> Worker:
        workers.append(Worker(card, spec.device, spec.options, spec.seed, allocation, log=folder.path / card.name / "worker.log"))
        watcher.loading(card.name)
        return workers[-1]

    def record(question: StoredSample, outcome: AnswerOutcome) -> Timing:
        answer = outcome.answer
        taken = asdict(answer.taken) if answer else {}
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

    watcher.planned(card.name, len(now.questions), len(done))
    supervisor = WorkerSupervisor(make, lambda session: None, cancel)
    try:
        for question in now.questions:
            if question.id in done:
                continue
            limit = direct.timeout(question.duration, max(direct.TIMEOUT_S, latest[question.id].latency_s or 0.0))
            for warming_up in (True, False):
                timing = record(question, supervisor.ask(spec.capability, question.sample(asked).inputs, limit))
                cell.timings.append(timing)
                if not (warming_up and timing.cold and timing.status == "ok"):
                    break
            watcher.answered(card.name, timing)
    finally:
        supervisor.close()


def _require_known(what: str, named: Collection[str], known: Collection[str], run: str) -> None:
    for name in named:
        if name not in known:
            raise UnknownName(f"the run {run} has no {what} {name!r}{nearest(name, known)}; it has: {', '.join(sorted(known))}")


def _require_same_machine(folder: RunFolder) -> None:
    """Times of another machine do not compare with those of the run."""
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
