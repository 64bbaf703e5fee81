"""Long-running work, one job at a time: a queue, so that no job affects another's measured times and the machine never swaps.

A job belongs to the server, not to the browser that started it: it continues when the page is closed, and is shown again when it is reopened.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from model_lab.cancellation import Cancelled, CancelToken
from model_lab.errors import ModelLabError

State = Literal["waiting", "running", "done", "failed", "stopped"]
ENDED: tuple[State, ...] = ("done", "failed", "stopped")
_STOPPED = "stopped; finished work is kept, and the same request continues from there"
_log = logging.getLogger(__name__)
_LINES = 2000
"""Maximum number of a job's lines that are kept."""


class Full(ModelLabError):
    """The queue is full."""


@dataclass(frozen=True)
class JobProgress:
    """How much is done; ``total`` is 0 while it is unknown."""

    done: int
    total: int


@dataclass(frozen=True)
class Work:
    """What a job does: ``do`` gets the job itself, passes on its ``cancel`` token, and returns the result.

    ``inputs``: a folder that is removed at the end.
    """

    do: Callable[[Job], Any]
    inputs: Path | None = None

    def clear(self) -> None:
        """Remove the inputs."""
        if self.inputs is not None:
            shutil.rmtree(self.inputs, ignore_errors=True)


@dataclass(eq=False)
class Job:
    """One piece of work; safe to use from several threads."""

    number: int
    kind: str
    title: str
    work: Work
    state: State = "waiting"
    result: Any = None
    error: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES))
    bars: dict[str, JobProgress] = field(default_factory=dict)
    queued_at: float = field(default_factory=time.time)
    seconds: float = 0.0
    cancel: CancelToken = field(default_factory=CancelToken)
    _version: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def say(self, text: str) -> None:
        """Add a line to the log."""
        self.lines.append(text)
        self.notify()

    def progress(self, what: str, done: int, total: int) -> None:
        """Set the progress of ``what``."""
        self.bars[what] = JobProgress(done, total)
        self.notify()

    def show(self, result: Any) -> None:
        """Set the result so far."""
        self.result = result
        self.notify()

    def stop(self) -> None:
        """Cancel it; a waiting job ends at once."""
        with self._changed:
            if waited := self.state == "waiting":
                self.state, self.error = "stopped", "stopped before it began"
        if waited:
            self.work.clear()
        self.cancel.cancel()
        self.notify()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    @property
    def stopping(self) -> bool:
        """Whether it was cancelled and has not ended yet."""
        return self.cancel.cancelled and not self.ended

    def wait(self, seen: int = -1, timeout: float | None = None) -> int:
        """Wait until something has changed since version ``seen``, or for ``timeout`` seconds; the version now."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout)
            return self._version

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, timeout)

    def notify(self) -> None:
        """Wake the threads that wait."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def run(self) -> None:
        """Do the work; an error ends it with one sentence, and with a traceback in the log if it is a bug."""
        with self._changed:
            if self.state != "waiting":
                return
            self.state = "running"
        self.notify()
        began = time.monotonic()
        try:
            self.result = self.work.do(self)
            end: State = "done"
        except Cancelled:
            end, self.error = "stopped", _STOPPED
        except ModelLabError as error:
            end, self.error = ("stopped", _STOPPED) if self.cancel.cancelled else ("failed", str(error))
        except BaseException as error:
            _log.exception("job %d, %r", self.number, self.title)
            end, self.error = "failed", f"{type(error).__name__}: {error}; the traceback is in the log of the server"
        self.work.clear()
        self.seconds = time.monotonic() - began
        self.state = end
        self.notify()


class Jobs:
    """The queue and its one thread. ``most``: maximum number of waiting jobs; ``kept``: maximum number of ended jobs that are kept."""

    def __init__(self, most: int = 8, kept: int = 50) -> None:
        self._most, self._kept = most, kept
        self._jobs: dict[int, Job] = {}
        self._waiting: deque[Job] = deque()
        self._condition = threading.Condition()
        self._count = 0
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="jobs", daemon=True)
        self._thread.start()

    def add(self, kind: str, title: str, work: Work | Callable[[Job], Any]) -> Job:
        """Queue a job. Raises `Full` if too many wait; the inputs are removed then."""
        work = work if isinstance(work, Work) else Work(work)
        with self._condition:
            waiting = [job for job in self._waiting if not job.ended]
            if self._closed or len(waiting) >= self._most:
                work.clear()
                raise Full(f"{len(waiting)} jobs are waiting, which is the maximum ({self._most}); try again when one has ended")
            self._count += 1
            job = self._jobs[self._count] = Job(self._count, kind, title, work)
            for old in [ended_job for ended_job in self._jobs.values() if ended_job.ended][: -self._kept]:
                del self._jobs[old.number]
            self._waiting.append(job)
            self._condition.notify_all()
        return job

    def find(self, number: int) -> Job | None:
        """The job with that number, if it is kept."""
        return self._jobs.get(number)

    def all(self) -> list[Job]:
        """All jobs that are kept, newest first."""
        return list(self._jobs.values())[::-1]

    def ahead(self, job: Job) -> int:
        """Number of jobs that must end before this one begins."""
        return sum(other.number < job.number and not other.ended for other in self.all()) if job.state == "waiting" else 0

    def close(self, patience_s: float = 20.0) -> None:
        """Stop everything and wait for the running job to end; does nothing if it is closed already."""
        with self._condition:
            if self._closed:
                return
            self._closed = True
            self._condition.notify_all()
        for job in self.all():
            if not job.ended:
                job.stop()
        self._thread.join(patience_s)

    def _serve(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._waiting) or self._closed)
                if not self._waiting:
                    return
                job = self._waiting.popleft()
            job.run()
