"""Inference with one model on many samples: restarts and retries of its worker, and a record for every sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from model_lab.cancellation import CancelToken
from model_lab.errors import WorkerFailed, WorkerTimedOut
from model_lab.results.schema import WorkerSession
from model_lab.workers.client import AnswerFailed, AnswerTimedOut, Worker, WorkerAnswer
from model_lab.workers.contention import CallCost

GIVE_UP_AFTER = 3
"""Number of consecutive samples that end their worker after which the model is given up."""


@dataclass
class AnswerOutcome:
    """An answer, or why there is none. ``cold``: the first of its worker; ``timed_out``: its cost, if it hit the time limit."""

    answer: WorkerAnswer | None
    cold: bool
    error: str = ""
    timed_out: CallCost | None = None


@dataclass
class WorkerSupervisor:
    """Runs inference in a worker that is started when first needed and replaced when it exits.

    A sample whose worker crashed is retried once in a new one; a sample that timed out or was refused is not.
    ``make`` returns a worker that is not started yet, ``keep`` gets the record of every session that ended. ``cancel`` kills
    the worker at once: its current sample is then not answered, and does not count as failed.
    """

    make: Callable[[], Worker]
    keep: Callable[[WorkerSession], None]
    cancel: CancelToken = field(default_factory=CancelToken)
    _worker: Worker | None = None
    _answered: int = 0
    _fresh: bool = True
    _consecutive_exits: int = field(default=0)

    def ask(
        self,
        capability: str,
        inputs: tuple[Any, ...],
        timeout: float | None,
        reference: dict[str, Any] | None = None,
        seed: int | None = None,
    ) -> AnswerOutcome:
        """Run inference on one sample (twice after a crash); ``seed`` instead of the worker's own.

        Raises `ModelLabError` if the model cannot be loaded or is given up, and `Cancelled` if it is cancelled.
        """
        for attempt in (1, 2):
            self.cancel.raise_if_cancelled()
            worker = self._running()
            cold, self._fresh = self._fresh, False
            try:
                answer = worker.ask(capability, inputs, timeout, reference, seed)
            except AnswerFailed as error:
                self._answered, self._consecutive_exits = self._answered + 1, 0
                return AnswerOutcome(None, cold, str(error))
            except WorkerFailed as error:
                self._retire("closed" if self.cancel.cancelled else str(error))
                self.cancel.raise_if_cancelled()
                if attempt == 2 or isinstance(error, WorkerTimedOut):
                    return self._lost(cold, error)
            else:
                self._answered, self._consecutive_exits = self._answered + 1, 0
                return AnswerOutcome(answer, cold)
        raise AssertionError("unreachable")

    def checkpoint(self) -> None:
        """Pass on the record of the running session, and restart the count of its answers."""
        if self._worker is not None:
            self.keep(self._worker.session(self._answered))
            self._answered = 0

    def close(self) -> None:
        """End the worker, if one is running."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _running(self) -> Worker:
        if self._worker is None:
            worker = self.make()
            self.cancel.on_cancel(worker.kill)
            try:
                worker.start()
            except BaseException as error:
                worker.close()
                self.cancel.raise_if_cancelled()
                self.keep(worker.session(0, f"could not be loaded: {error}"))
                raise
            self._worker, self._fresh = worker, True
        return self._worker

    def _retire(self, reason: str) -> None:
        assert self._worker is not None
        self.keep(self._worker.session(self._answered, reason))
        self._answered = 0
        self.close()

    def _lost(self, cold: bool, error: WorkerFailed) -> AnswerOutcome:
        self._consecutive_exits += 1
        if self._consecutive_exits >= GIVE_UP_AFTER:
            raise WorkerFailed(f"{error}; given up after {self._consecutive_exits} consecutive samples ended like this")
        return AnswerOutcome(None, cold, str(error), error.cost if isinstance(error, AnswerTimedOut) else None)
