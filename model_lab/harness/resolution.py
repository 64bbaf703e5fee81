"""Which models can share an environment: asked of a real resolver (uv's where it is installed, else pip's), not guessed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from model_lab.harness.environments import Environment, installer, torch_build, uv_settings

_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Group:
    """Environments that one would serve as well; ``conflicts``: name of an earlier group -> why this one is not part of it."""

    members: tuple[Environment, ...]
    conflicts: dict[str, str]

    @property
    def name(self) -> str:
        """That of its first member."""
        return self.members[0].name

    @property
    def models(self) -> tuple[str, ...]:
        """The models in it."""
        return tuple(card.name for member in self.members for card in member.cards)


def plan(environments: Iterable[Environment]) -> list[Group]:
    """Put each environment into the first group whose packages resolve together with its own, at tested versions."""
    groups: list[Group] = []
    for environment in environments:
        conflicts: dict[str, str] = {}
        for number, group in enumerate(groups):
            if not (trouble := clash((*group.members, environment))):
                groups[number] = replace(group, members=(*group.members, environment))
                break
            conflicts[group.name] = trouble
        else:
            groups.append(Group((environment,), conflicts))
    return groups


def clash(environments: Iterable[Environment]) -> str:
    """Why the packages of ``environments`` cannot be installed together, in the resolver's words; empty if they can."""
    members = tuple(environments)
    wanted = {torch_build(line) for member in members for card in member.cards for line in card.install.pip}
    with tempfile.TemporaryDirectory(prefix="model-lab-resolve-") as scratch:
        requirements, constraints = Path(scratch, "requirements.in"), Path(scratch, "constraints.txt")
        requirements.write_text("\n".join(sorted(wanted | set(members[0].core))), "utf-8")
        constraints.write_text("\n".join(member.constraints for member in members), "utf-8")
        try:
            done = subprocess.run(
                _command(requirements, constraints, Path(scratch)),
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_S,
                env=os.environ | {"COLUMNS": "400"},
            )
        except subprocess.TimeoutExpired:
            return f"the resolver found no answer within {_TIMEOUT_S:.0f} s"
    return "" if done.returncode == 0 else _complaint(done.stderr)


def _command(requirements: Path, constraints: Path, scratch: Path) -> list[str]:
    name, command = installer()
    common = ["--quiet", "--constraint", str(constraints)]
    if name == "uv":
        resolve = [command[0], "pip", "compile", "--python", sys.executable, "--output-file", str(scratch / "resolved.txt")]
        return [*resolve, *common, *uv_settings(), str(requirements)]
    resolve = [sys.executable, *command, "--dry-run", "--ignore-installed", "--disable-pip-version-check"]
    return [*resolve, *common, "--requirement", str(requirements)]


def _complaint(said: str) -> str:
    """The lines that name the conflict, on one line."""
    lines = [re.sub(r"^[\s×╰─▶│]+", "", line).strip() for line in said.splitlines()]
    telling = [line for line in lines if re.search(r"because|conflict|depends on|requested|requires", line, re.IGNORECASE)]
    return " ".join(telling or [line for line in lines if line][-3:])[:400]
