"""Inference for the stages of a pipeline: a worker per stage, every answer cached on disk by its input, progress, and a clean end.

The layout, within the pipeline's folder::

    stages/<stage>/answers.jsonl   one answer a line under its key, appended and fsynced as it comes
                   artifacts/      sound that models gave back
                   worker.log      what its workers wrote to stderr

An answer's key is a hash of the model (its revision, options and device) and of all that it was given, so that what has not changed is
never asked again, and whatever has is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from model_lab.cancellation import CancelToken
from model_lab.errors import BadAudio, ModelLabError, WorkerFailed
from model_lab.pipelines.conversation import StageRecord
from model_lab.pipelines.recipe import Stage
from model_lab.provision import gpus, measured_memory, preflight
from model_lab.registry import model_cards
from model_lab.results.answers import pack, unpack
from model_lab.results.schema import WorkerSession
from model_lab.results.store import JsonlLog, ResultCell
from model_lab.schemas import Strict
from model_lab.workers.client import ResourceAllocation, Worker
from model_lab.workers.supervisor import WorkerSupervisor

_TIMEOUT_S = 300.0
_TIMES_DURATION = 20.0
"""Time limit of a question: a fixed time, and a multiple of the duration of its sound."""


class StageObserver(Protocol):
    """Is notified of progress, from several threads. Stopping a pipeline is another matter: see `CancelToken`."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Chunks of a stage that are done (of decoding: seconds); ``total`` is 0 while it is not known."""

    def loading(self, what: str) -> None:
        """A worker of a stage is being started."""

    def ended(self, record: StageRecord) -> None:
        """A stage is through."""


class SilentStageObserver:
    """The `StageObserver` that shows nothing."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Nothing."""

    def loading(self, what: str) -> None:
        """Nothing."""

    def ended(self, record: StageRecord) -> None:
        """Nothing."""


class CachedAnswer(Strict):
    """An answer as it is on disk."""

    key: str
    value: Any = None
    latency_s: float = 0.0


@dataclass(frozen=True)
class StageQuestion:
    """What a model is asked: ``about`` identifies it (JSON), ``name`` is said to a person, ``inputs`` are made when it is asked."""

    about: Any
    name: str
    inputs: Callable[[], tuple[Any, ...]]
    seconds: float = 0.0


@dataclass
class CachedInference:
    """Where the stages of one pipeline have their questions answered. ``cancel`` ends whatever runs; safe from several threads."""

    folder: Path
    device: str
    watch: StageObserver
    cancel: CancelToken = field(default_factory=CancelToken)
    records: list[StageRecord] = field(default_factory=list)

    def keys(self, stage: Stage, capability: str, questions: Iterable[StageQuestion]) -> list[str]:
        """The first 32 hex digits of the SHA-256 of each question to a stage's model."""
        card = stage.card
        model = [card.name, model_cards.revision(card), capability, card.options, gpus.kind(stage.device or self.device)]
        texts = (json.dumps([*model, question.about], sort_keys=True, separators=(",", ":")) for question in questions)
        return [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]

    def ask(
        self, name: str, capability: str, stage: Stage, questions: Sequence[StageQuestion], allocation: ResourceAllocation
    ) -> Iterator[Any]:
        """The answers, in order, one at a time; those that are on disk are not asked for again.

        The worker is started at the first question that is not answered yet, and closed behind the last one. Raises `WorkerFailed`,
        naming the stage, the question and the model, for what a worker could not answer, twice if it died of it; `Cancelled` once ``cancel`` is.
        """
        cell, card = ResultCell(self.folder / "stages" / name), stage.card
        log = JsonlLog(cell.folder / "answers.jsonl")
        kept = {answer.key: answer for answer in log.read(CachedAnswer)}
        earlier = set(kept)
        sessions: list[WorkerSession] = []
        began, latencies, from_cache = time.monotonic(), 0.0, 0
        what = f"{name} ({card.name})"

        def make() -> Worker:
            self.watch.loading(what)
            log = cell.folder / "worker.log"
            return Worker(card, stage.device or self.device, card.options, allocation=allocation, log=log)

        supervisor = WorkerSupervisor(make, sessions.append, self.cancel)
        if questions:
            self.watch.progress(what, 0, len(questions))
        try:
            for number, (key, question) in enumerate(zip(self.keys(stage, capability, questions), questions, strict=True), 1):
                self.cancel.raise_if_cancelled()
                found, answer = _unpacked(kept.get(key), cell)
                if found is None:
                    answer, latency = self._asked(supervisor, capability, question, f"{what}, {question.name}")
                    found = CachedAnswer(key=key, value=pack(answer, cell, f"{number:05d}"), latency_s=latency)
                    log.append(found)
                    kept[key] = found
                from_cache += key in earlier
                latencies += found.latency_s
                yield answer
                self.watch.progress(what, number, len(questions))
            supervisor.checkpoint()
        finally:
            supervisor.close()
        for session in sessions:
            measured_memory.record(card, session)
        costs = {
            "chunks": len(questions),
            "from_cache": from_cache,
            "seconds": round(time.monotonic() - began, 3),
            "model_s": round(latencies, 3),
            "peak_memory_mb": max((session.peak_memory_mb for session in sessions), default=None),
        }
        self.record(self._record(name, stage).model_copy(update=costs))

    def passed_over(self, name: str, stage: Stage, chunks: int) -> None:
        """Put down that all of a stage is there from an earlier run."""
        self.record(self._record(name, stage).model_copy(update={"chunks": chunks, "from_cache": chunks}))

    def forget_sound(self, name: str) -> None:
        """Remove the sound that a stage's models gave back, chunk by chunk: it is elsewhere now."""
        shutil.rmtree(ResultCell(self.folder / "stages" / name).artifacts, ignore_errors=True)

    def record(self, record: StageRecord) -> None:
        """Put down what a stage was and what it cost."""
        self.records.append(record)
        self.watch.ended(record)

    def _record(self, name: str, stage: Stage) -> StageRecord:
        card, device = stage.card, stage.device or self.device
        return StageRecord(stage=name, model=card.name, revision=model_cards.revision(card), options=card.options, device=device)

    def _asked(self, supervisor: WorkerSupervisor, capability: str, question: StageQuestion, where: str) -> tuple[Any, float]:
        try:
            outcome = supervisor.ask(capability, question.inputs(), _TIMEOUT_S + _TIMES_DURATION * question.seconds)
        except ModelLabError as error:
            raise WorkerFailed(f"{where}: {error}") from None
        if outcome.answer is None:
            raise WorkerFailed(f"{where}: {outcome.error}; what was answered is kept, the same command goes on there")
        return outcome.answer.value, outcome.answer.cost.latency_s


def _unpacked(kept: CachedAnswer | None, cell: ResultCell) -> tuple[CachedAnswer | None, Any]:
    """An answer from disk; (None, None) if there is none, or its sound is gone."""
    if kept is None:
        return None, None
    try:
        return kept, unpack(kept.value, cell)
    except BadAudio:
        return None, None


def not_runnable(stages: Iterable[Stage], device: str, trusted: Collection[str]) -> list[str]:
    """Why models cannot run here, a sentence each."""
    found = {
        stage.model: preflight.verdict(stage.card, preflight.PreflightOptions(stage.device or device, trusted=trusted))
        for stage in stages
    }
    return [f"{name} cannot run: {verdict}" for name, verdict in found.items() if not verdict.runnable]
