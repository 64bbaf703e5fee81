"""Building an environment with uv: requirements are resolved first, and only cards whose packages are unavailable are left out."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import filelock

from model_lab import installer
from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable
from model_lab.files import translate_os_errors, write_json
from model_lab.provision import torch_builds
from model_lab.provision.environments import Environment

Say = Callable[[str], None]
Attempt = Callable[[Sequence[ModelCard]], str]
"""Tries a step for some cards; returns why it failed, or an empty string."""


def build(environment: Environment, say: Say, force: bool = False) -> None:
    """Build the environment, unless it exists. Waits for another process that is building it; an interrupted build starts over.

    A card whose packages cannot be installed is left out, with the reason recorded, and the rest is built. Raises `NotRunnable` if
    nothing is left to build or the index is unreachable, `StoreError` if the disk is full or the cache cannot be written.
    """
    with translate_os_errors(environment.folder):
        environment.folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{environment.folder}.lock"):
            if environment.built is not None and not force:
                return
            shutil.rmtree(environment.folder, ignore_errors=True)
            say(f"building environment {environment.name} ({len(environment.cards)} models)")
            try:
                left_out = _Build(environment, say).run()
            except BaseException:
                shutil.rmtree(environment.folder, ignore_errors=True)
                raise
            record = {
                "name": environment.name,
                "python": platform.python_version(),
                "left_out": left_out,
                "packages": _packages(environment),
            }
            write_json(environment.folder / "environment.json", record)


@dataclass
class _Build:
    environment: Environment
    say: Say
    torch: torch_builds.Build = field(default_factory=torch_builds.Build)

    def run(self) -> dict[str, str]:
        """Fill the environment's folder; returns the cards left out, with the reason."""
        creation_error = installer.run(["venv", "--quiet", "--python", sys.executable, self.environment.folder])
        self._refuse(creation_error)
        cards = list(self.environment.cards)
        self.torch = torch_builds.find((line for card in cards for line in card.install.pip), self.say)
        left_out = self._without_torch(cards) if self.torch.trouble else {}
        for attempt in (self._resolve, self._install):
            cards = [card for card in cards if card.name not in left_out]
            left_out |= self._left_out(cards, attempt)
        if len(left_out) == len(self.environment.cards):
            self._refuse(next(iter(left_out.values())))
        _without_cuda(self.environment)
        return left_out

    def _without_torch(self, cards: Sequence[ModelCard]) -> dict[str, str]:
        needing = [card for card in cards if any(map(torch_builds.pins, card.install.pip))]
        self.say(f"{len(needing)} of {len(cards)} models need torch and are left out: {self.torch.trouble}")
        return {card.name: self.torch.trouble for card in needing}

    def _left_out(self, cards: Sequence[ModelCard], attempt: Attempt) -> dict[str, str]:
        """Try all cards at once; if that fails, find those it fails for. Raises `NotRunnable` if it fails without any card."""
        if not (trouble := attempt(cards)):
            return {}
        self._say(f"not all models' packages are available ({trouble}); finding out which")
        core = installer.resolve(self.environment.core, "--no-cache", constraints=self.environment.constraints)
        self._refuse(core.trouble)
        excluded = culprits(cards, attempt, trouble) if cards else {}
        for name, reason in excluded.items():
            self.say(f"{name} is left out: {reason}")
        self._refuse(attempt([card for card in cards if card.name not in excluded]))
        return excluded

    def _resolve(self, cards: Sequence[ModelCard]) -> str:
        environment, torch = self.environment, self.torch
        resolution = installer.resolve(self._requirements(cards), *torch.flags, constraints=environment.constraints)
        return resolution.trouble or installer.resolve(_no_deps(cards), "--no-deps", *torch.flags).trouble

    def _install(self, cards: Sequence[ModelCard]) -> str:
        python, flags = self.environment.python, self.torch.flags
        error = installer.install(
            self._requirements(cards), python, *flags, constraints=self.environment.constraints, say=self._say
        ) or installer.install(_no_deps(cards), python, "--no-deps", *flags, say=self._say)
        return error

    def _requirements(self, cards: Sequence[ModelCard]) -> list[str]:
        pinned = {self.torch.of(line) for card in cards for line in card.install.pip}
        return sorted({*self.environment.core, *pinned})

    def _say(self, step: str) -> None:
        self.say(f"environment {self.environment.name}: {step}")

    def _refuse(self, trouble: str) -> None:
        if trouble:
            raise NotRunnable(
                f"environment {self.environment.name} cannot be built: {trouble}; if that is the network or the index, fix it "
                f"(what was downloaded is kept), then run: model-lab env build {self.environment.name}"
            )


def culprits(cards: Sequence[ModelCard], attempt: Attempt, trouble: str) -> dict[str, str]:
    """Of ``cards``, for which ``attempt`` failed with ``trouble``: those for which it fails even alone, with the reason.

    Found by bisection; empty if only a combination of them fails.
    """
    if len(cards) == 1:
        return {cards[0].name: trouble}
    half, failing = len(cards) // 2, dict[str, str]()
    for part in (cards[:half], cards[half:]):
        if trouble := attempt(part):
            failing |= culprits(part, attempt, trouble)
    return failing


def _no_deps(cards: Sequence[ModelCard]) -> list[str]:
    return sorted({line for card in cards for line in card.install.no_deps})


def _without_cuda(environment: Environment) -> None:
    """With a CPU build of torch, remove torchaudio's compiled libraries if they are from another build.

    Those are linked against CUDA, so that importing torchaudio fails; without them it imports, and no model here needs them.
    """
    versions = dict(line.split("==", 1) for line in _packages(environment))
    if versions.get("torch", "").endswith("+cpu") and not versions.get("torchaudio", "+cpu").endswith("+cpu"):
        for library in environment.folder.glob("lib/python*/site-packages/torchaudio/lib/*.so"):
            library.unlink()


def _packages(environment: Environment) -> list[str]:
    """The installed packages, as ``NAME==VERSION``."""
    listing = (
        "from importlib.metadata import distributions as d; "
        "print('\\n'.join(sorted({f'{x.name}=={x.version}' for x in d()}, key=str.lower)))"
    )
    done = subprocess.run([str(environment.python), "-c", listing], capture_output=True, text=True, check=True)
    return done.stdout.split()
