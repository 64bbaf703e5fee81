"""A sprint as a job: its options, its progress, and its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model_lab import datasets
from model_lab.analysis.run_report import report
from model_lab.contract import Permitted
from model_lab.datasets.card import Tier
from model_lab.registry import model_cards
from model_lab.report.site import write_report
from model_lab.results.schema import SampleResult
from model_lab.results.store import RunFolder
from model_lab.runs import bench, sprint
from model_lab.runs.folders import RunOptions
from model_lab.ui.jobs import Job, Work
from model_lab.ui.server_context import ServerContext

ALL = "all models"


@dataclass(frozen=True)
class SprintJobObserver:
    """A `runner.RunObserver` that writes into a job."""

    job: Job
    _planned: Counter[str] = field(default_factory=Counter)
    _done: Counter[str] = field(default_factory=Counter)
    _failed: Counter[str] = field(default_factory=Counter)

    def planned(self, model: str, samples: int, done: int) -> None:
        """Add a model's samples to the total."""
        self._planned[model] += samples
        self._done[model] += done
        self._show()

    def loading(self, model: str) -> None:
        """Log it."""
        self.job.say(f"{model}: loading")

    def answered(self, model: str, result: SampleResult) -> None:
        """Count one sample."""
        self._done[model] += 1
        self._failed[model] += result.status == "failed"
        self._show()

    def ended(self, model: str, reason: str) -> None:
        """Log the outcome of a model."""
        failed = f", {self._failed[model]} answers failed" if self._failed[model] else ""
        self.job.say(f"{model}: {reason or f'done{failed}'}")

    def say(self, text: str) -> None:
        """Log it."""
        self.job.say(text)

    def _show(self) -> None:
        self.job.progress(ALL, self._done.total(), self._planned.total())


def config(context: ServerContext, name: str) -> sprint.SprintConfig:
    """A sprint that this server may run. Raises `UnknownName` for any other."""
    context.require_sprint(name)
    return sprint.config(name)


def work(
    context: ServerContext, name: str, lanes: Sequence[str], tier: Tier, permitted: Permitted, conditions: Sequence[str]
) -> Work:
    """The job that runs a sprint and writes its report; its result is the path of the report. Raises `ModelLabError` for invalid options."""
    plan = config(context, name)
    choice = sprint.SprintSelection(tuple(lanes), permitted)
    specs = sprint.plan(plan, choice, context.device)
    refusals = sprint.refusals(specs, conditions) if conditions else []

    def run(job: Job) -> Path:
        for reason in refusals:
            job.say(reason)
        run_options = RunOptions(
            runs=context.runs,
            tier=tier,
            jobs=context.workers,
            device=context.device,
            trusted=tuple(context.trusted),
            conditions=tuple(conditions),
            command=command(name, lanes, tier, permitted, conditions),
            cancel=job.cancel,
            observer=SprintJobObserver(job),
            progress=job.progress,
        )
        folder = bench.sprint(plan, choice, run_options)
        return publish(job, folder, permitted)

    return Work(run)


def command(name: str, lanes: Sequence[str], tier: str, permitted: str, conditions: Sequence[str]) -> tuple[str, ...]:
    """The equivalent command.

    >>> command("hf_sprint_2026q1", ["asr"], "smoke", "any", [])
    ('model-lab', 'sprint', 'hf_sprint_2026q1', '--tier', 'smoke', '--agent', 'asr')
    """
    chosen = [word for lane in lanes for word in ("--agent", lane)]
    perturbation_words = [word for condition in conditions for word in ("--perturb", condition)]
    licence = ["--licence", permitted] if permitted != "any" else []
    return ("model-lab", "sprint", name, "--tier", tier, *chosen, *perturbation_words, *licence)


def publish(job: Job, folder: RunFolder, permitted: Permitted = "any") -> Path:
    """Write the report of a run; returns the path of its first page."""
    job.cancel.raise_if_cancelled()
    job.say(f"writing the report of {folder.name}")
    cards = model_cards.cards(folder.models())
    path = write_report(report(folder, cards, datasets.cards(), permitted), folder, cards)
    job.say("the report is written")
    return path
