"""Setting a machine up: system packages, environments, weights, datasets. Everything here may use the network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from model_lab import datasets
from model_lab.contract import ModelCard
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard
from model_lab.downloads import Progress, missing_programs
from model_lab.errors import ModelLabError, NotRunnable, UnknownName, nearest
from model_lab.harness import building, environments, preflight, registry, weights
from model_lab.harness import sprint as sprints

Say = Callable[[str], None]


def install(names: Iterable[str], say: Say, progress: Progress, force: bool = False, offline: bool = False) -> None:
    """Make the named models ready to run, as far as this machine allows; says what it cannot do and goes on.

    If none is named: all whose weights need no model hub, and all datasets ready to be built.
    """
    named = [registry.card(name) for name in names]
    everything = not named
    chosen = named or [card for card in registry.cards() if card.weights.kind != "hub" and not card.blocked]
    package_lists(say, offline)
    system_packages([*chosen, *(datasets.cards() if everything else ())], say, offline)
    wanted = {environments.environment_name(card) for card in chosen}
    for environment in environments.registered().values():
        if environment.name in wanted and (force or environment.built is None):
            if offline:
                raise NotRunnable(f"environment {environment.name} is not built, and --offline was given; run: model-lab setup")
            try:
                building.build(environment, say, force)
            except NotRunnable as error:
                say(str(error))
    for card in chosen:
        try:
            weights.fetch(card, progress, offline)
        except ModelLabError as error:
            say(str(error))
    ready = [verdict for card in chosen if (verdict := preflight.verdict(card)).runnable]
    say(
        f"{len(ready)} of {len(chosen)} models can run here"
        + ("" if len(ready) == len(chosen) else "; why not the others: model-lab preflight")
    )


def package_lists(say: Say, offline: bool = False) -> None:
    """Bring apt's lists as root where there are none: datasets in Debian packages cannot be found without them."""
    if not _may_use_apt(offline) or any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        return
    say("bringing the lists of Debian packages")
    if complaint := _apt_get("update", "-qq"):
        say(f"apt-get update failed ({complaint}); datasets in Debian packages cannot be had")


def system_packages(cards: Iterable[ModelCard | DatasetCard], say: Say, offline: bool = False) -> None:
    """Install missing Debian packages as root; otherwise say exactly what to install."""
    absent = sorted({package for card in cards for package in missing_programs(_system(card))})
    if not absent:
        return
    packages = " ".join(absent)
    if not _may_use_apt(offline):
        say(f"system packages are missing that some models and datasets need; as root run: apt-get install {packages}")
        return
    say(f"installing system packages: {packages}")
    if _apt_get("install", "-y", "-qq", *absent):  # its lists may be old
        _apt_get("update", "-qq")
        if complaint := _apt_get("install", "-y", "-qq", *absent):
            say(f"apt-get could not install {packages} ({complaint}); the models and datasets that need them cannot be had")


def _system(card: ModelCard | DatasetCard) -> dict[str, str]:
    return card.install.system if isinstance(card, ModelCard) else card.system


def _may_use_apt(offline: bool) -> bool:
    return not offline and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_get(*words: str) -> str:
    """Run apt-get; returns the last line of its complaint, empty if it did well."""
    variables = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", *words], env=variables, capture_output=True, text=True, check=False)
    return (done.stderr.strip().splitlines() or ["no message"])[-1] if done.returncode else ""


def fetch(
    names: Iterable[str], progress: Progress, offline: bool = False, options: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Bring the weights of models, the data of datasets, and both of sprints; returns what could not be had, with the reason.

    ``options`` are those of the models named: some decide which weights are meant. Weights from the hub are brought for models
    that are named, not for all of a sprint.
    """
    failed: dict[str, str] = {}
    for name in names:
        for kind, wanted in _meant(name):
            try:
                if kind == "model":
                    card = registry.with_options(registry.card(wanted), dict(options or {}))
                    if wanted == registry.canonical(name) or card.weights.kind != "hub":
                        weights.fetch(card, progress, offline)
                else:
                    build.materialise(datasets.card(wanted), progress, offline)
            except ModelLabError as error:
                failed[wanted] = str(error)
    return failed


def of(names: Iterable[str]) -> list[ModelCard]:
    """The cards of the models that are named, or that the named sprints ask; of all models if nothing is named."""
    meant = [wanted for name in names for kind, wanted in _meant(name) if kind == "model"]
    return [registry.card(name) for name in dict.fromkeys(meant)] if meant else list(registry.cards())


def _meant(name: str) -> list[tuple[str, str]]:
    """The models and datasets that ``name`` stands for: itself, or those of the sprint of that name."""
    if registry.known(name):
        return [("model", registry.canonical(name))]
    if name in datasets.names():
        return [("dataset", name)]
    if not Path(name).suffix and not Path(name).exists() and name not in _packaged_sprints():
        known = (*registry.names(), *datasets.names(), *_packaged_sprints())
        raise UnknownName(f"there is no model, dataset or sprint {name!r}{nearest(name, known)}; see: model-lab list models")
    plan = sprints.plan(sprints.config(name))
    models = dict.fromkeys(spec.model for spec in plan)
    return [("model", model) for model in models] + [
        ("dataset", dataset) for dataset in dict.fromkeys(spec.dataset for spec in plan)
    ]


def _packaged_sprints() -> tuple[str, ...]:
    return tuple(path.stem for path in sprints.PACKAGED.glob("*sprint*.yaml"))
