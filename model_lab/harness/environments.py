"""The Python environments models run in, built from their cards.

All cards with ``environment: lab`` share one; a card with ``own`` has its own; a card that needs no package at all runs in
the host's. An environment is a folder in the cache named after the hash of the Python version and everything it is to
hold, so a changed card means a new environment and an old one is never mended in place.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache as cache_of_function
from importlib.resources import files
from pathlib import Path
from typing import Any

import filelock

from model_lab import cache
from model_lab.contract import ModelCard
from model_lab.errors import ContractBroken, NotRunnable, StoreError
from model_lab.extensions import places
from model_lab.files import write_json

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
"""What a worker needs of ours, in every environment."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Environment:
    """An environment to be: its name, what it holds (per card), and where."""

    name: str
    cards: tuple[ModelCard, ...]

    @property
    def requirements(self) -> tuple[str, ...]:
        """Everything pip is asked for, sorted."""
        wanted = {torch_build(line) for card in self.cards for line in card.install.pip}
        return tuple(sorted({*self.core, *wanted}))

    @property
    def core(self) -> tuple[str, ...]:
        """What a worker needs of ours: at the tested versions in the lab, at any version beside a model's own old pins."""
        return CORE if self.name == "lab" else tuple(line.split("==")[0] for line in CORE)

    @property
    def constraints(self) -> str:
        """Tested versions of all that is pulled in besides: the lab's, or the ``constraints.txt`` beside a card with its own."""
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
        told = json.dumps(
            [platform.python_version(), sys.platform, platform.machine(), self.requirements, self.no_deps, self.constraints]
        )
        return f"{self.name}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"

    @property
    def folder(self) -> Path:
        """Where it is, once built."""
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


def torch_build(requirement: str) -> str:
    """The build of torch for this machine: without an NVIDIA GPU the CPU build, which pulls no CUDA packages.

    ``MODEL_LAB_TORCH=cpu`` or ``cuda`` decides otherwise. The CPU build comes from wherever pip is configured to find it.
    """
    if not re.fullmatch(r"torch==[\d.]+", requirement) or sys.platform != "linux":
        return requirement
    wanted = os.environ.get("MODEL_LAB_TORCH") or ("cuda" if Path("/dev/nvidiactl").exists() else "cpu")
    return f"{requirement}+cpu" if wanted == "cpu" else requirement


def environments(cards: Iterable[ModelCard]) -> tuple[Environment, ...]:
    """The environments these cards need; the host's is not among them. Raises `ContractBroken` for pins that clash."""
    shared = [card for card in cards if environment_name(card) == "lab"]
    for reason in _clashes(shared).values():
        raise ContractBroken(reason)
    own = [Environment(card.name, (card,)) for card in cards if environment_name(card) not in ("lab", HOST)]
    return ((Environment("lab", tuple(shared)),) if shared else ()) + tuple(own)


def environment_name(card: ModelCard) -> str:
    """``host`` for a card without packages, ``lab``, or the card's own name."""
    if not card.install.pip and not card.install.no_deps:
        return HOST
    return "lab" if card.install.environment == "lab" else card.base


def environment_of(card: ModelCard) -> Environment | None:
    """The environment ``card`` runs in; None for the host's."""
    return registered().get(environment_name(card))


@cache_of_function
def registered() -> dict[str, Environment]:
    """The environments of all registered models, by name; those whose pins clash with the others' are in none."""
    from model_lab.harness import registry

    apart = clashing()
    return {found.name: found for found in environments([card for card in registry.cards() if card.name not in apart])}


@cache_of_function
def clashing() -> dict[str, str]:
    """Models that cannot share the lab's environment as their cards say -> why: of two pins the package's own counts."""
    from model_lab.harness import registry

    own = places("models")[0]
    shared = [card for card in registry.cards() if environment_name(card) == "lab"]
    return _clashes(sorted(shared, key=lambda card: card.folder.parent != own))


def why_not(card: ModelCard) -> str:
    """Why ``card`` has no environment to run in, with the next command; empty if it has."""
    if card.name in clashing():
        return clashing()[card.name]
    environment = environment_of(card)
    if environment is None:
        return ""
    built = environment.built
    if built is None:
        size = max((found.install.size_gb or 0.0 for found in environment.cards), default=0.0)
        about = f" (about {size:.1f} GB)" if size else ""
        return f"its environment {environment.name!r} is not built{about}; run: model-lab env build {environment.name}"
    left_out: str = built["left_out"].get(card.base, "")
    return f"its packages could not be installed ({left_out}); mend that, then run: model-lab setup --force" if left_out else ""


def python_for(card: ModelCard) -> tuple[str, str]:
    """The interpreter for ``card`` and the key of its environment; raises `NotRunnable` with the next command."""
    if reason := why_not(card):
        raise NotRunnable(f"{card.name} cannot run: {reason}")
    environment = environment_of(card)
    return (sys.executable, HOST) if environment is None else (str(environment.python), environment.key)


def build(environment: Environment, say: Say, force: bool = False) -> None:
    """Make the environment, unless it is there. Another process building it is waited for; an interrupted build starts over.

    A card whose packages cannot be installed is left out, with the reason on record, and the rest is built. Raises `StoreError`
    if the disk is full.
    """
    cache.folder("environments").mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(str(environment.folder) + ".lock"):
        if environment.built is not None and not force:
            return
        shutil.rmtree(environment.folder, ignore_errors=True)
        say(f"building environment {environment.name} ({len(environment.cards)} models) with {installer()[0]}")
        _create(environment)
        left_out = _install_all(environment, say)
        _without_cuda(environment)
        record = {
            "name": environment.name,
            "python": platform.python_version(),
            "left_out": left_out,
            "packages": _freeze(environment),
        }
        write_json(environment.folder / "environment.json", record)


def size_gb(folder: Path) -> float:
    """What a built environment takes on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e9


def existing() -> list[Path]:
    """The folders of all built environments, current or stale."""
    return sorted(path.parent for path in cache.folder("environments").glob("*/environment.json"))


def remove(folder: Path) -> None:
    """Delete a built environment."""
    with filelock.FileLock(str(folder) + ".lock"):
        shutil.rmtree(folder)


def _clashes(cards: Iterable[ModelCard]) -> dict[str, str]:
    """The cards that pin another version of a package than a card before them -> which."""
    pins: dict[str, tuple[str, str]] = {}
    clashes: dict[str, str] = {}
    for card in cards:
        wanted = {_package(line): line.split("==")[1] for line in (*card.install.pip, *card.install.no_deps)}
        other = next((package for package in wanted if package in pins and pins[package][0] != wanted[package]), None)
        if other is None:
            pins |= {package: (version, card.name) for package, version in wanted.items() if package not in pins}
        else:
            clashes[card.name] = (
                f"{card.name} pins {other}=={wanted[other]} and {pins[other][1]} pins {pins[other][0]}, and both are to share the lab "
                "environment; agree on one, or give one of them environment: own"
            )
    return clashes


def _package(requirement: str) -> str:
    """Its name as pip compares names, without extras."""
    return re.sub(r"\[.*\]", "", requirement.split("==")[0]).lower().replace("_", "-")


def installer() -> tuple[str, list[str]]:
    """What installs packages here, and the start of its command: uv where it is installed, else pip."""
    uv = shutil.which("uv")
    return ("uv", [uv, "pip", "install"]) if uv else ("pip", ["-m", "pip", "install"])


def _create(environment: Environment) -> None:
    name, command = installer()
    if name == "uv":
        _run([command[0], "venv", "--quiet", "--python", sys.executable, str(environment.folder)])
    else:
        _run([sys.executable, "-m", "venv", str(environment.folder)])
    environment.folder.joinpath("constraints.txt").write_text(environment.constraints, "utf-8")


def _install_all(environment: Environment, say: Say) -> dict[str, str]:
    """Everything at once; only if that fails card by card, to find out whose packages cannot be had."""
    trouble = _install(environment, environment.requirements) or _install(environment, environment.no_deps, "--no-deps")
    if not trouble:
        return {}
    say(f"environment {environment.name} could not be built in one go ({trouble}); installing model by model")
    if trouble := _install(environment, environment.core):
        raise NotRunnable(
            f"environment {environment.name} cannot be built ({trouble}); check pip's access to its package index, then run: model-lab setup"
        )
    left_out: dict[str, str] = {}
    for card in environment.cards:
        trouble = _install(environment, tuple(torch_build(line) for line in card.install.pip)) or _install(
            environment, card.install.no_deps, "--no-deps"
        )
        if trouble:
            left_out[card.name] = trouble
            say(f"{card.name} is left out: {trouble}")
    return left_out


def _without_cuda(environment: Environment) -> None:
    """Beside the CPU build of torch, take out torchaudio's compiled parts.

    They are linked against CUDA, so that importing torchaudio fails where they are; where they are absent it does without, and
    no model here needs them.
    """
    if not torch_build("torch==0.0").endswith("+cpu"):
        return
    for library in environment.folder.glob("lib/python*/site-packages/torchaudio/lib/*.so"):
        library.unlink()


def _install(environment: Environment, requirements: tuple[str, ...], *flags: str) -> str:
    """Install; returns the last line of the installer's complaint, empty if there is none."""
    if not requirements:
        return ""
    name, command = installer()
    constraint = [] if "--no-deps" in flags else ["--constraint", str(environment.folder / "constraints.txt")]
    if name == "uv":
        full = [*command, "--quiet", "--python", str(environment.python), *uv_settings()]
    else:
        full = [str(environment.python), *command, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*full, *flags, *constraint, *requirements], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    if os.strerror(errno.ENOSPC) in done.stderr:
        shutil.rmtree(environment.folder)
        free = shutil.disk_usage(environment.folder.parent).free / 1e9
        raise StoreError(
            f"environment {environment.name} cannot be built: the disk holding {environment.folder} is full ({free:.1f} GB free once "
            f"what was installed so far is gone); free some space, then run: model-lab env build {environment.name}"
        )
    lines = [line.strip() for line in done.stderr.splitlines()] or ["no message"]
    telling = [line for line in lines if line.lower().startswith(("error", "cause"))] or lines[-1:]
    return " ".join(telling)[:300]


def uv_settings() -> list[str]:
    """Where pip is told to look, said to uv, which does not read pip's settings and would take a package from one index only."""
    done = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    said = {where: dict(re.findall(rf"^{where}\.([\w-]+)='(.*)'$", done.stdout, re.MULTILINE)) for where in ("global", ":env:")}
    settings = said["global"] | said[":env:"]
    flags = {"find-links": "--find-links", "index-url": "--index-url", "extra-index-url": "--extra-index-url"}
    places = [part for key, flag in flags.items() for value in settings.get(key, "").split() for part in (flag, value)]
    alone = ["--no-index"] if settings.get("no-index", "") in ("1", "true", "yes", "on") else []
    return ["--index-strategy", "unsafe-best-match", *alone, *places]


def _freeze(environment: Environment) -> list[str]:
    done = subprocess.run(
        [
            str(environment.python),
            "-c",
            "from importlib.metadata import distributions as d; "
            "print('\\n'.join(sorted({f'{x.name}=={x.version}' for x in d()}, key=str.lower)))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise NotRunnable(f"{' '.join(command[:4])} failed ({said[-1][:300]}); on Debian: apt-get install python3-venv")
