"""The Python environments models run in, built from their cards.

The package's cards with ``environment: lab`` share one; a card with ``own`` has its own; a card that needs no package at all runs
in the host's. A card of an extension runs in the lab if the lab already has everything it pins, at that version, and in an
environment of its own otherwise: extensions never change the lab. An environment is a folder in the cache named after the hash of
the Python version and all its contents, so a changed card means a new environment; existing ones are never modified.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import filelock

from model_lab import cache, extensions, installer
from model_lab.contract import ModelCard
from model_lab.errors import ContractBroken, NotRunnable
from model_lab.files import translate_os_errors
from model_lab.provision.torch_builds import torch_build

HOST = "host"
CORE = (
    "numpy==2.4.6",
    "soundfile==0.14.0",
    "soxr==1.1.0",
    "av==18.1.0",
    "pydantic==2.14.3",
    "PyYAML==6.0.3",
    "setuptools==80.9.0",
)
"""What our worker code needs, in every environment."""


WITHHELD = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""Environment variables that are hidden from model processes."""
PACKAGE = Path(__file__).parent.parent
"""The folder of this package, which model processes get by its path."""


@dataclass(frozen=True)
class Environment:
    """An environment, built or not: its name and the cards that determine its contents."""

    name: str
    cards: tuple[ModelCard, ...]

    @property
    def requirements(self) -> tuple[str, ...]:
        """All its requirements except ``no_deps``, with the build of torch for this machine, sorted."""
        requirements = {torch_build(line) for card in self.cards for line in card.install.pip}
        return tuple(sorted({*self.core, *requirements}))

    @property
    def core(self) -> tuple[str, ...]:
        """What our worker code needs: at the tested versions in the lab, at any version in a model's own environment."""
        return CORE if self.name == "lab" else tuple(line.split("==")[0] for line in CORE)

    @property
    def constraints(self) -> str:
        """CountedRow versions of all dependencies: the lab's, or the ``constraints.txt`` in the folder of a card with its own environment."""
        if self.name == "lab":
            return files("model_lab.config").joinpath("lab-constraints.txt").read_text("utf-8")
        own = self.cards[0].folder / "constraints.txt"
        return own.read_text("utf-8") if own.is_file() else ""

    @property
    def no_deps(self) -> tuple[str, ...]:
        """What is installed without its dependencies, sorted."""
        return tuple(sorted({line for card in self.cards for line in card.install.no_deps}))

    @property
    def key(self) -> str:
        """Name and hash: the folder's name."""
        identity = json.dumps(
            [platform.python_version(), sys.platform, platform.machine(), self.requirements, self.no_deps, self.constraints]
        )
        return f"{self.name}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"

    @property
    def folder(self) -> Path:
        """Its folder, once built."""
        return cache.folder("environments", self.key)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def built(self) -> dict[str, Any] | None:
        """What the finished build recorded (packages, cards left out); None if it is not built."""
        try:
            record: dict[str, Any] = json.loads((self.folder / "environment.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return record


def environments(cards: Iterable[ModelCard]) -> tuple[Environment, ...]:
    """The environments these cards need; without the host's. Raises `ContractBroken` for conflicting pins in the package."""
    named = [(environment_name(card), card) for card in cards]
    shared = [card for name, card in named if name == "lab" and extensions.packaged(card.folder)]
    _refuse_clashes(shared)
    own = [Environment(name, (card,)) for name, card in named if name not in ("lab", HOST)]
    return ((Environment("lab", tuple(shared)),) if shared else ()) + tuple(own)


def environment_name(card: ModelCard) -> str:
    """``host`` for a card without packages, ``lab``, or the card's own name."""
    if not _pinned(card):
        return HOST
    in_lab = card.install.environment == "lab" and (extensions.packaged(card.folder) or _fits_the_lab(card))
    return "lab" if in_lab else card.base


def environment_of(card: ModelCard) -> Environment | None:
    """The environment ``card`` runs in; None for the host's."""
    return registered().get(environment_name(card))


@extensions.registry_cache
def registered() -> dict[str, Environment]:
    """The environments of all registered models, by name."""
    from model_lab.registry import model_cards

    return {environment.name: environment for environment in environments(model_cards.cards())}


def why_not(card: ModelCard) -> str:
    """Why the environment of ``card`` is unusable, with the next command; empty if it is usable."""
    environment = environment_of(card)
    if environment is None:
        return ""
    built = environment.built
    if built is None:
        size = max((member.install.size_gb or 0.0 for member in environment.cards), default=0.0)
        about = f" (about {size:.1f} GB)" if size else ""
        return f"its environment {environment.name!r} is not built{about}; run: model-lab env build {environment.name}"
    left_out = built["left_out"].get(card.base, "") or _lacking(card, built)
    return (
        f"its packages could not be installed ({left_out}); fix that, then run: model-lab setup {card.base} --force"
        if left_out
        else ""
    )


def _lacking(card: ModelCard, built: dict[str, Any]) -> str:
    """What an extension's card in the lab pins and the built lab lacks, because the model of ours that needs it was left out."""
    if extensions.packaged(card.folder):
        return ""
    there = {pin(line.partition("+")[0]) for line in built["packages"]}
    absent = [line for line in _pinned(card) if pin(line) not in there]
    return f"{', '.join(absent)} not in the lab environment" if absent else ""


def python_for(card: ModelCard) -> tuple[str, str]:
    """The interpreter for ``card`` and the key of its environment; raises `NotRunnable` with the next command."""
    if reason := why_not(card):
        raise NotRunnable(f"{card.name} cannot run: {reason}")
    environment = environment_of(card)
    return (sys.executable, HOST) if environment is None else (str(environment.python), environment.key)


def size_gb(folder: Path) -> float:
    """What a built environment takes on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e9


def existing() -> list[Path]:
    """The folders of all built environments, current or stale."""
    return sorted(path.parent for path in cache.folder("environments").glob("*/environment.json"))


def remove(folder: Path) -> None:
    """Delete a built environment and uv's cache of its packages, to free the disk space."""
    with translate_os_errors(folder), filelock.FileLock(str(folder) + ".lock"):
        shutil.rmtree(folder)
    installer.drop_cached()


def _refuse_clashes(cards: Iterable[ModelCard]) -> None:
    pins: dict[str, tuple[str, str]] = {}
    for card in cards:
        for line in _pinned(card):
            package, version = pin(line)
            pinned = pins.setdefault(package, (version, card.name))
            if pinned[0] != version:
                raise ContractBroken(
                    f"{card.name} pins {package}=={version} and {pinned[1]} pins {pinned[0]}, and both share the lab "
                    "environment; agree on one, or give one of them environment: own"
                )


def _fits_the_lab(card: ModelCard) -> bool:
    """Whether the lab already has everything that ``card`` pins, at that version."""
    lines, pins = _lab_pins()
    return all(line in lines or ("[" not in line and pin(line) in pins) for line in _pinned(card))


@extensions.registry_cache
def _lab_pins() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The contents of the lab by the package's own cards: their requirements as written, and (package, version) of all dependencies."""
    from model_lab.registry import model_cards

    cards = [card for card in model_cards.cards() if extensions.packaged(card.folder) and card.install.environment == "lab"]
    lines = {line for card in cards for line in _pinned(card)}
    tested = [line for line in Environment("lab", ()).constraints.splitlines() if "==" in line]
    return frozenset(lines), frozenset(map(pin, (*lines, *CORE, *tested)))


def _pinned(card: ModelCard) -> tuple[str, ...]:
    return (*card.install.pip, *card.install.no_deps)


def pin(line: str) -> tuple[str, str]:
    """Package, as PEP 503 spells it, and version of a requirement.

    >>> pin("Foo_Bar[extra]==1.0")
    ('foo-bar', '1.0')
    """
    package, _, version = line.partition("==")
    return re.sub(r"[-_.]+", "-", package.partition("[")[0]).lower(), version
