"""Adaptive sprints: the time goes to the cells whose rank or grade is still open, in rounds of whole clusters.

Every round advances some datasets by one look (`metrics.looks.schedule`), has the new answers judged and scored, and records what each pair
of models then shows (`results.looks`). Models go on while their rank depends on an open pair, or a threshold of a grade lies within their
interval. Which datasets are next is decided by the decisions expected per second, as the answers so far show their cost; datasets that
cannot show a difference come last.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from model_lab import units
from model_lab.cancellation import Cancelled, CancelToken
from model_lab.results.looks import Round, rounds_log
from model_lab.results.scoring import score_run
from model_lab.results.store import RunFolder
from model_lab.runs import judges, runner, untouched
from model_lab.runs.adaptive_table import AdaptiveTable, Step
from model_lab.runs.executors import Executor
from model_lab.runs.folders import RunOptions
from model_lab.runs.runner import Assignment, Policy

SHARE = 0.5
"""Part of the time left that a round may be expected to take; what it shows decides how the rest is spent."""

ALL_DECIDED = "every rank and grade is decided, or its samples are used up"


def answer(folder: RunFolder, work: Sequence[Assignment], options: RunOptions, executor: Executor, cancel: CancelToken) -> None:
    """Answer, judge and score what decides most, until everything is decided or ``options.budget_s`` seconds are over.

    The last answers are judged and scored after that. The caller holds the folder's lock. Raises `StoreError` if the folder cannot be
    written, `Cancelled` once ``cancel`` is set.
    """
    by_dataset: dict[str, dict[str, Assignment]] = {}
    for each in work:
        by_dataset.setdefault(each.spec.dataset, {})[each.spec.model] = each
    tables = [AdaptiveTable(folder, dataset, models) for dataset, models in by_dataset.items()]
    for table in tables:
        if not table.testable:
            options.observer.say(f"{table.dataset}: {len(table.clusters)} clusters cannot show a difference; it comes last")
    _Rounds(folder, tables, options, executor, cancel).run()


def affordable(steps: Sequence[Step], left_s: float, pace: float) -> list[Step]:
    """Choose the steps of a round: first looks before all others, then by decisions expected per second.

    ``pace``: seconds that a step takes for each second that its answers do. Steps whose cost is not known are not limited: the budget
    ends them. If nothing fits into `SHARE` of the time left, the best step that fits into all of it is chosen.
    """
    if first := [step for step in steps if step.seconds is None and step.decisions]:
        return first
    known = sorted((step for step in steps if step.seconds is not None), key=_density, reverse=True)
    chosen, cost = list[Step](), 0.0
    for step in known:
        if cost + pace * (step.seconds or 0.0) <= SHARE * left_s:
            chosen.append(step)
            cost += pace * (step.seconds or 0.0)
    return chosen or [s for s in known if pace * (s.seconds or 0.0) <= left_s][:1] or [s for s in steps if s.seconds is None]


def _density(step: Step) -> float:
    return step.decisions / max(step.seconds or 0.0, 1e-3)


@dataclass
class _Rounds:
    """The rounds of one command; ``pace`` as in `affordable`, measured on every round."""

    folder: RunFolder
    tables: Sequence[AdaptiveTable]
    options: RunOptions
    executor: Executor
    cancel: CancelToken
    pace: float = 1.0
    began: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        """Seconds of the budget that are left."""
        return (self.options.budget_s or 0.0) - (time.monotonic() - self.began)

    def run(self) -> None:
        """Round after round."""
        policy = self.options.policy
        self._conclude(self.tables)
        while not (ended := self._round(policy)):
            policy = Policy()
        self._record((), ended)
        self.options.observer.say(f"{self.folder.name}: {ended}")

    def _round(self, policy: Policy) -> str:
        """One round; returns why there is no other, or nothing."""
        steps = [step for table in self.tables if (step := table.next_step())]
        if not steps:
            return ALL_DECIDED
        chosen = affordable(steps, self.left_s, self.pace) if self.left_s > 0 else []
        if not chosen:
            return f"the budget of {units.seconds(self.options.budget_s)} has ended: {_still_open(steps)}"
        assignments = [each for step in chosen for each in step.assignments]
        self.options.observer.say(
            f"{units.seconds(self.left_s)} left: {len(assignments)} models × datasets are asked, "
            + ", ".join(f"{step.table.dataset} to {step.table.schedule[step.number]} clusters" for step in chosen)
        )
        started = time.monotonic()
        in_time = self._ask(assignments, policy)
        self._after(chosen, in_time)
        predicted = sum(step.seconds or 0.0 for step in chosen)
        if in_time and predicted and all(step.seconds is not None for step in chosen):
            self.pace = (time.monotonic() - started) / predicted
        self._record([f"{e.spec.model} on {e.spec.dataset}: {len(e.samples)} samples" for e in assignments], "")
        return ""

    def _ask(self, assignments: Sequence[Assignment], policy: Policy) -> bool:
        """Have the models answer; False if the budget ended before."""
        observer, trusted = self.options.observer, self.options.trusted
        with self.cancel.scope() as token, _ended_after(self.left_s, token):
            try:
                runner.predict(self.folder, assignments, self.executor, observer, policy, trusted, token)
            except Cancelled:
                self.cancel.raise_if_cancelled()
                return False
        return True

    def _after(self, steps: Sequence[Step], in_time: bool) -> None:
        """Cut what was not finished back to whole looks; judge and score; take the looks."""
        for step in steps:
            for model in step.models:
                reached = step.table.reached(model)
                if reached > step.number:
                    continue
                if in_time:
                    step.table.stuck.add(model)
                elif reached:
                    runner.begin(self.folder, step.table.prefix(model, reached - 1), Policy(), self.options.observer)
        self._conclude([step.table for step in steps])

    def _conclude(self, tables: Sequence[AdaptiveTable]) -> None:
        observer = self.options.observer
        longest = [most for table in tables if (most := table.longest())]
        cells = [table.cell(model) for table in tables for model in table.work if table.cell(model).header()]
        cells += untouched.answer(self.folder, longest, Policy(), observer)
        judges.judge(self.folder, cells, self.executor, observer, self.cancel)
        score_run(self.folder, again=False)
        for table in tables:
            for sentence in table.take_looks():
                observer.say(sentence)

    def _record(self, asked: Sequence[str], ended: str) -> None:
        budget = self.options.budget_s or 0.0
        at = datetime.now(UTC).isoformat(timespec="seconds")
        rounds_log(self.folder).append(
            Round(at=at, budget_s=budget, spent_s=round(budget - self.left_s, 1), asked=tuple(asked), ended=ended)
        )


@contextmanager
def _ended_after(seconds: float, token: CancelToken) -> Iterator[None]:
    timer = threading.Timer(max(0.0, seconds), token.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _still_open(steps: Sequence[Step]) -> str:
    names = ", ".join(step.table.dataset for step in steps)
    needed = [step.seconds for step in steps if step.seconds is not None]
    more = f"; the cheapest next look takes about {units.seconds(min(needed))}" if needed and math.isfinite(min(needed)) else ""
    return f"still open: {names}{more}; the same command continues"
