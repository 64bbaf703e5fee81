"""Terminal output while the bench runs: progress bars, one line per event, scorecards."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import cast, get_args

from rich.console import Console

from model_lab import units
from model_lab.cli.progress import display
from model_lab.contract import Permitted
from model_lab.datasets.card import Tier
from model_lab.errors import BadConfig, nearest
from model_lab.report.terminal_text import as_is
from model_lab.results.schema import SampleResult
from model_lab.results.store import RunFolder
from model_lab.runs.folders import RunOptions
from model_lab.runs.runner import Policy

ALL = "all models"


class Screen:
    """Progress on stderr: a bar for all samples, one per running model, one per download. Implements `Watcher`."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self._display = display(self.console)
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int]] = {}
        """For each planned model and for all together: samples answered, samples in total."""
        self._failed: dict[str, int] = {}

    def __enter__(self) -> Screen:
        self._display.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._display.stop()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.console.print(as_is(text), soft_wrap=True)

    def progress(self, what: str, done: int, total: int) -> None:
        """Progress of a download or build; ``total`` is 0 while it is unknown."""
        with self._lock:
            self._display.set(what, done, total)
            if total and done >= total:
                self._display.drop(what)

    def planned(self, model: str, samples: int, done: int) -> None:
        """Add the samples of a model to the total."""
        with self._lock:
            answered, total = self._counts.get(ALL, (0, 0))
            self._counts |= {model: (done, samples), ALL: (answered + done, total + samples)}
            self._display.set(ALL, *self._counts[ALL])

    def loading(self, model: str) -> None:
        """Show the progress of the model."""
        with self._lock:
            if model in self._counts:
                self._display.set(model, *self._counts[model])

    def answered(self, model: str, result: SampleResult) -> None:
        """Advance the progress by one sample."""
        with self._lock:
            for name in (model, ALL):
                if name in self._counts:
                    done, samples = self._counts[name]
                    self._counts[name] = (done + 1, samples)
                    self._display.set(name, *self._counts[name])
            if result.status == "failed":
                self._failed[model] = self._failed.get(model, 0) + 1

    def ended(self, model: str, reason: str) -> None:
        """Remove the progress of the model, and print a line if something went wrong."""
        with self._lock:
            self._counts.pop(model, None)
            self._display.drop(model)
        if reason:
            self.say(f"{model}: {reason}")
        elif self._failed.get(model):
            self.say(f"{model}: {self._failed[model]} samples failed; see its row in the report")


def run_options(
    screen: Screen,
    runs: Path,
    tier: str,
    jobs: int,
    device: str | None,
    force: bool,
    retry_failed: bool,
    offline: bool,
    trusted: Sequence[str] = (),
    conditions: Sequence[str] = (),
    name: str = "",
    executor: str = "local",
    repeats: int = 1,
    budget: str = "",
) -> RunOptions:
    """The common options as `RunOptions`. Raises `BadConfig` for an unknown tier or a budget that is no duration."""
    return RunOptions(
        runs=runs,
        name=name,
        tier=tier_of(tier),
        jobs=jobs,
        device=device,
        executor_name=executor,
        trusted=tuple(trusted),
        conditions=tuple(conditions),
        repeats=repeats,
        policy=Policy(force, retry_failed),
        offline=offline,
        budget_s=units.parse_duration(budget) if budget else None,
        command=("model-lab", *sys.argv[1:]),
        observer=screen,
        progress=screen.progress,
    )


def tier_of(name: str) -> Tier:
    """The tier of that name. Raises `BadConfig` for an unknown one."""
    tiers = get_args(Tier)
    if name not in tiers:
        raise BadConfig(f"--tier is {name!r}{nearest(name, tiers)}; expected one of: {', '.join(tiers)}")
    return cast(Tier, name)


def publish(folder: RunFolder, permitted: Permitted = "any", detailed: int = 4) -> None:
    """Print the scorecards of a run and write its report, for models whose licence is ``permitted``.

    ``detailed``: number of samples per dataset with a page of their own.
    """
    from model_lab import datasets
    from model_lab.analysis.published import published, same_data
    from model_lab.analysis.run_report import report
    from model_lab.registry import model_cards
    from model_lab.report import terminal_leaderboard
    from model_lab.report.site import write_report
    from model_lab.report.terminal import show

    cards = model_cards.cards(folder.models())
    run_report = report(folder, cards, datasets.cards(), permitted)
    show(run_report.scorecards, Console())
    if run_report.leaderboard:
        terminal_leaderboard.show(run_report.leaderboard, Console())
    else:
        for sentence in same_data(published(), run_report.scorecards):
            print(sentence)
    print(f"report: {write_report(run_report, folder, cards, detailed)}")
