"""Progress of several tasks: as live bars on a terminal, as plain lines in a file or a log."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LOG_INTERVAL_S = 15.0
"""Seconds between two progress lines in a log."""


class ProgressDisplay(Protocol):
    """Progress of several named tasks. May be called from several threads, one at a time."""

    def start(self) -> None:
        """Start the display."""

    def stop(self) -> None:
        """Stop the display."""

    def set(self, name: str, done: int, total: int) -> None:
        """Set the progress of a task to ``done`` of ``total`` (0: unknown); a new task is added."""

    def drop(self, name: str) -> None:
        """Remove a task that has finished or was given up."""


class LiveBars:
    """One live bar per task."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}

    def start(self) -> None:
        """Start drawing."""
        self._bars.start()

    def stop(self) -> None:
        """Stop drawing; the bars stay on the screen."""
        self._bars.stop()

    def set(self, name: str, done: int, total: int) -> None:
        """Move the bar of the task."""
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=None)
        self._bars.update(self._tasks[name], completed=done, total=total or None)

    def drop(self, name: str) -> None:
        """Remove the bar of the task."""
        if name in self._tasks:
            self._bars.remove_task(self._tasks.pop(name))


@dataclass
class _Task:
    done: int
    total: int
    started: float

    def __str__(self) -> str:
        amount = f"{_short(self.done)} of {_short(self.total)}" if self.total else f"{_short(self.done)} so far"
        return f"{amount}, {time.monotonic() - self.started:.0f} s"


def _short(number: int) -> str:
    """A count as it is, a number of bytes in millions.

    >>> _short(1234), _short(66_342_342)
    ('1234', '66.3 M')
    """
    return str(number) if number < 100_000 else f"{number / 1e6:.1f} M"


class Lines:
    """A line when a task starts and when it ends, and a summary of all open tasks every 15 seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: dict[str, _Task] = {}
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        """Start the periodic summaries."""
        self._clock.start()

    def stop(self) -> None:
        """Stop the summaries, after a last one of the open tasks whose total is known."""
        self._over.set()
        self._open = {name: task for name, task in self._open.items() if task.total}
        self.summarize()

    def set(self, name: str, done: int, total: int) -> None:
        """Record the progress, with a line if the task is new."""
        if name not in self._open:
            self._open[name] = _Task(done, total, time.monotonic())
            self._print(f"{name}: started")
        self._open[name].done, self._open[name].total = done, total

    def drop(self, name: str) -> None:
        """Print a last line about the task."""
        if task := self._open.pop(name, None):
            self._print(f"{name}: ended, {task}")

    def summarize(self) -> None:
        """Print the progress of all open tasks."""
        if under_way := dict(self._open):
            self._print("; ".join(f"{name} {task}" for name, task in under_way.items()))

    def _tick(self) -> None:
        while not self._over.wait(LOG_INTERVAL_S):
            self.summarize()

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def display(console: Console) -> ProgressDisplay:
    """Live bars where the console can move its cursor, plain lines elsewhere."""
    return LiveBars(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)
