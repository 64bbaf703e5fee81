"""How far things are: as live bars on a terminal, as plain lines where what is printed goes into a file or a log."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

EVERY_S = 15.0
"""How often a log is told how far things are."""


class Gauges(Protocol):
    """Several things, by name, each with how much of it is done; called from several threads, one at a time."""

    def start(self) -> None:
        """Begin to show them."""

    def stop(self) -> None:
        """Show no more."""

    def set(self, name: str, done: int, total: int) -> None:
        """So much of it is done, of so much (0: not known); shown from now on."""

    def drop(self, name: str) -> None:
        """It is through, or given up."""


class LiveBars:
    """One live bar for each."""

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
        """Draw."""
        self._bars.start()

    def stop(self) -> None:
        """Leave what is drawn."""
        self._bars.stop()

    def set(self, name: str, done: int, total: int) -> None:
        """Move its bar."""
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=None)
        self._bars.update(self._tasks[name], completed=done, total=total or None)

    def drop(self, name: str) -> None:
        """Take its bar away."""
        if name in self._tasks:
            self._bars.remove_task(self._tasks.pop(name))


@dataclass
class _Gauge:
    done: int
    total: int
    since: float

    def __str__(self) -> str:
        amount = f"{_short(self.done)} of {_short(self.total)}" if self.total else f"{_short(self.done)} so far"
        return f"{amount}, {time.monotonic() - self.since:.0f} s"


def _short(number: int) -> str:
    """A count as it is, a number of bytes in millions.

    >>> _short(1234), _short(66_342_342)
    ('1234', '66.3 M')
    """
    return str(number) if number < 100_000 else f"{number / 1e6:.1f} M"


class Lines:
    """A line when something begins and when it ends, and one about all that is under way every quarter of a minute."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gauges: dict[str, _Gauge] = {}
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        """Start the clock."""
        self._clock.start()

    def stop(self) -> None:
        """Stop it, with a last word on what can be counted and is not through."""
        self._over.set()
        self._gauges = {name: gauge for name, gauge in self._gauges.items() if gauge.total}
        self.told()

    def set(self, name: str, done: int, total: int) -> None:
        """Note it, with a line if it is new."""
        if name not in self._gauges:
            self._gauges[name] = _Gauge(done, total, time.monotonic())
            self._print(f"{name}: begins")
        self._gauges[name].done, self._gauges[name].total = done, total

    def drop(self, name: str) -> None:
        """A last line."""
        if gauge := self._gauges.pop(name, None):
            self._print(f"{name}: ended, {gauge}")

    def told(self) -> None:
        """Say how far all things are."""
        if under_way := dict(self._gauges):
            self._print("; ".join(f"{name} {gauge}" for name, gauge in under_way.items()))

    def _tick(self) -> None:
        while not self._over.wait(EVERY_S):
            self.told()

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def gauges(console: Console) -> Gauges:
    """Bars where the console can move its cursor, else lines."""
    return LiveBars(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)
