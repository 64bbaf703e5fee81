"""Where a run is stored: the name of its folder, which never mixes the answers of two different runs, and its manifest."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from model_lab import datasets, downloads
from model_lab.cancellation import CancelToken
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig
from model_lab.files import write_json
from model_lab.provision import gpus
from model_lab.registry import model_cards
from model_lab.results.schema import RunSpec
from model_lab.results.store import RunFolder
from model_lab.runs import executor_plugins, provenance, runner
from model_lab.runs.executors import Executor

_LONGEST = 100


@dataclass(frozen=True)
class RunOptions:
    """How to run: output folder, number of workers, what to do with stored answers; ``command`` is kept in the manifest to repeat the run.

    ``name``: of the run's folder, instead of one made of models and dataset. ``device``: cpu, cuda, or one GPU as in cuda:1.
    ``trusted``: models whose downloads may run code. ``conditions``: perturbations under which everything is evaluated in addition.
    ``repeats``: how often models that vary are run on unperturbed audio, each time with another seed.
    ``budget_s``: seconds to spend on answering, where they decide most (`runs.adaptive`); None: everything is answered.
    ``limit``: at most so many samples of each dataset; 0 for all of the tier.
    ``cancel``: stops the run, whose workers are killed at once; answers so far are kept.
    """

    runs: Path = Path("runs")
    name: str = ""
    tier: Tier = "smoke"
    limit: int = 0
    jobs: int = 1
    device: str | None = None
    executor_name: str = executor_plugins.LOCAL
    trusted: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    policy: runner.Policy = field(default_factory=runner.Policy)
    offline: bool = False
    budget_s: float | None = None
    command: tuple[str, ...] = ()
    repeats: int = 1
    cancel: CancelToken = field(default_factory=CancelToken)
    observer: runner.RunObserver = field(default_factory=runner.SilentRunObserver)
    progress: downloads.Progress = downloads.quiet

    def executor(self) -> Executor:
        """The executor of that name for ``jobs`` workers, on the GPUs that ``device`` allows."""
        return executor_plugins.executor(self.executor_name, self.jobs, gpus.usable(self.device or "cpu"))


@dataclass(frozen=True)
class RunLocation:
    """A run to be made: its options, the name of its folder if the user set none, and its arguments.

    Raises `BadConfig` if the user's name is invalid, or belongs to a run with other arguments.
    """

    options: RunOptions
    default: str
    about: dict[str, Any]

    def __post_init__(self) -> None:
        if self.options.budget_s is not None:
            _require_adaptable(self.options)
        if not self.options.name:
            return
        if not re.fullmatch(r"\w[\w.@=,+~-]{0,99}", self.options.name, re.ASCII):
            raise BadConfig(
                f"--name is {self.options.name!r}; expected up to 100 letters, digits and . _ - + = , @ ~, the first a letter or digit"
            )
        before = self.folder.manifest()
        if self.folder.path.exists() and _decisive_arguments(before.get("arguments")) != _decisive_arguments(self.arguments):
            origin = (
                f"was made by: {shlex.join(map(str, before['command']))}" if before.get("command") else "holds something else"
            )
            raise BadConfig(f"{self.folder.path} exists and {origin}; repeat that, or choose another --name")

    @cached_property
    def folder(self) -> RunFolder:
        """Its folder, which may already hold answers."""
        default = self.default if self.options.budget_s is None else f"{self.default}-adaptive"
        return RunFolder(self.options.runs / (self.options.name or default))

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the run, as the manifest keeps them."""
        options = self.options
        kind = gpus.kind(options.device or "cpu")
        adaptive = {"adaptive": True} if options.budget_s is not None else {}
        limited = {"limit": options.limit} if options.limit else {}
        return {
            **self.about,
            **limited,
            **adaptive,
            "tier": options.tier,
            "perturb": list(options.conditions),
            "repeats": options.repeats,
            "device": kind,
            "jobs": options.jobs,
        }

    def write_manifest(self, specs: Iterable[RunSpec]) -> None:
        """Write ``manifest.json``: command, arguments, models and machine."""
        options = {spec.model: spec.options for spec in specs}
        cards = [model_cards.configured(model, options[model]) for model in sorted(options)]
        write_json(
            self.folder.path / "manifest.json", provenance.manifest(self.folder.name, self.options.command, self.arguments, cards)
        )


def _require_adaptable(options: RunOptions) -> None:
    """Raise `BadConfig` for options that make no sense with a budget."""
    if options.tier == "smoke":
        raise BadConfig("--budget is spent up to the tier's samples and those of the smoke tier are too few; add --tier standard")
    if options.conditions:
        raise BadConfig(
            f"--budget and --perturb {' '.join(options.conditions)} do not go together; evaluate perturbations in a run without --budget"
        )
    if options.policy.force:
        raise BadConfig(
            "--budget continues the looks so far, and --force would discard their answers; choose another --name for a new run"
        )


def _decisive_arguments(arguments: Any) -> Any:
    """The arguments in a manifest that affect the answers, as read from JSON: one file may be named in several ways."""
    if not isinstance(arguments, dict):
        return None
    other = {"jobs", "repeats", "dataset"} if "manifest" in arguments else {"jobs", "repeats"}
    return json.loads(json.dumps({key: value for key, value in arguments.items() if key not in other}, default=str))


def joined(models: Iterable[str]) -> str:
    """One name for several models: their names, or for many the first and a hash.

    >>> joined(["whisper", "whisper", "pocketsphinx"])
    'whisper+pocketsphinx'
    """
    names = list(dict.fromkeys(models))
    name = "+".join(names)
    return name if len(name) <= _LONGEST else f"{names[0]}+{len(names) - 1}-{_hash(name)}"


def own(runs: Path, name: str, manifest: Path, samples: Sequence[Sample]) -> str:
    """The folder's name for the user's own data: ``name``, with a hash if that folder holds, or may hold, other data.

    Its manifest names the data; manifests of earlier versions do not, but their questions name their folder.
    """
    run, here = RunFolder(runs / name), str(manifest.resolve())
    arguments = run.manifest().get("arguments")
    before = arguments.get("manifest") if isinstance(arguments, dict) else None
    folders = {cell.questions()[0].folder for cell in run.cells() if cell.questions()}
    if before is not None:
        taken = before != here
    else:
        taken = folders != {str(samples[0].folder)} if folders else manifest.stem in datasets.names()
    return f"{name}-{_hash(here)}" if taken else name


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:6]
