"""Setting a machine up: system packages, environments, weights, datasets. Everything here may use the network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from model_lab import datasets
from model_lab.contract import ModelCard
from model_lab.datasets.card import DatasetCard
from model_lab.downloads import Progress, missing_programs
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.provision import builder, environments, preflight, weights
from model_lab.registry import model_cards

Say = Callable[[str], None]


def install(names: Iterable[str], say: Say, progress: Progress, force: bool = False, offline: bool = False) -> None:
    """Make the named models ready to run, as far as this machine allows; reports what it cannot do and continues.

    If none is named: all models whose weights need no model hub and that are not opt-in, and the system packages of all datasets.
    """
    named = [model_cards.card(name) for name in names]
    everything = not named
    chosen = named or [
        card for card in model_cards.cards() if card.weights.kind != "hub" and not card.opt_in and not card.unsupported_reason
    ]
    package_lists(say, offline)
    system_packages([*chosen, *(datasets.cards() if everything else ())], say, offline)
    needed = {environments.environment_name(card) for card in chosen}
    for environment in environments.registered().values():
        if environment.name in needed and (force or environment.built is None):
            if offline:
                raise NotRunnable(f"environment {environment.name} is not built, and --offline was given; run: model-lab setup")
            try:
                builder.build(environment, say, force)
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
        + ("" if len(ready) == len(chosen) else "; reasons for the others: model-lab preflight")
    )


def package_lists(say: Say, offline: bool = False) -> None:
    """Download apt's package lists as root if there are none: datasets in Debian packages need them."""
    if not _may_use_apt(offline) or any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        return
    say("downloading the lists of Debian packages")
    if complaint := _apt_get("update", "-qq"):
        say(f"apt-get update failed ({complaint}); datasets in Debian packages are unavailable")


def system_packages(cards: Iterable[ModelCard | DatasetCard], say: Say, offline: bool = False) -> None:
    """Install missing Debian packages as root; otherwise report exactly what to install."""
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
            say(f"apt-get could not install {packages} ({complaint}); the models and datasets that need them are unavailable")


def _system(card: ModelCard | DatasetCard) -> dict[str, str]:
    return card.install.system if isinstance(card, ModelCard) else card.system


def _may_use_apt(offline: bool) -> bool:
    return not offline and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_get(*words: str) -> str:
    """Run apt-get; returns its last line of stderr if it failed, otherwise an empty string."""
    variables = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", *words], env=variables, capture_output=True, text=True, check=False)
    return (done.stderr.strip().splitlines() or ["no message"])[-1] if done.returncode else ""
