"""What a person sees while the bench works: progress bars, one line per event, scorecards."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import get_args

from rich.console import Console

from model_lab.cli.gauges import gauges
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
    """Progress on stderr: one gauge over all samples, one per running model, one per download. Is a `Watcher`."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self._gauges = gauges(self.console)
        self._lock = threading.Lock()
        self._of: dict[str, tuple[int, int]] = {}
        """Of each planned model and of all: samples answered, samples in all."""
        self._failed: dict[str, int] = {}

    def __enter__(self) -> Screen:
        self._gauges.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._gauges.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(as_is(text), soft_wrap=True)

    def progress(self, what: str, done: int, total: int) -> None:
        """A download or build; ``total`` is 0 while it is not known."""
        with self._lock:
            self._gauges.set(what, done, total)
            if total and done >= total:
                self._gauges.drop(what)

    def planned(self, model: str, samples: int, done: int) -> None:
        """Add a model's samples to the whole."""
        with self._lock:
            answered, whole = self._of.get(ALL, (0, 0))
            self._of |= {model: (done, samples), ALL: (answered + done, whole + samples)}
            self._gauges.set(ALL, *self._of[ALL])

    def loading(self, model: str) -> None:
        """Show the model's gauge."""
        with self._lock:
            if model in self._of:
                self._gauges.set(model, *self._of[model])

    def answered(self, model: str, result: SampleResult) -> None:
        """One sample further."""
        with self._lock:
            for name in (model, ALL):
                if name in self._of:
                    done, samples = self._of[name]
                    self._of[name] = (done + 1, samples)
                    self._gauges.set(name, *self._of[name])
            if result.status == "failed":
                self._failed[model] = self._failed.get(model, 0) + 1

    def ended(self, model: str, reason: str) -> None:
        """Take the model's gauge away and leave a line if something went wrong."""
        with self._lock:
            self._of.pop(model, None)
            self._gauges.drop(model)
        if reason:
            self.say(f"{model}: {reason}")
        elif self._failed.get(model):
            self.say(f"{model}: {self._failed[model]} answers failed; see its row in the report")


def how(
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
) -> RunOptions:
    """The common options as a `RunOptions`; raises `BadConfig` for a tier that does not exist."""
    tiers = get_args(Tier)
    if tier not in tiers:
        raise BadConfig(f"--tier is {tier!r}{nearest(tier, tiers)}; expected one of: {', '.join(tiers)}")
    return RunOptions(
        runs=runs,
        name=name,
        tier=tier,  # type: ignore[arg-type]
        jobs=jobs,
        device=device,
        executor_name=executor,
        trusted=tuple(trusted),
        conditions=tuple(conditions),
        policy=Policy(force, retry_failed),
        offline=offline,
        command=("model-lab", *sys.argv[1:]),
        watcher=screen,
        progress=screen.progress,
    )


def publish(folder: RunFolder, permitted: Permitted = "any", detailed: int = 4) -> None:
    """Print a run's scorecards and write its report, with the models whose licence ``permitted`` covers.

    ``detailed``: how many samples of each dataset get a page of their own.
    """
    from model_lab import datasets
    from model_lab.analysis.run_report import report
    from model_lab.registry import model_cards
    from model_lab.report.site import write_report
    from model_lab.report.terminal import show

    cards = model_cards.cards(folder.models())
    found = report(folder, cards, datasets.cards(), permitted)
    show(found.scorecards, Console())
    print(f"report: {write_report(found, folder, cards, detailed)}")
