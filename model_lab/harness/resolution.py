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

from model_lab.harness.environments import Environment, installer, uv_settings

_TIMEOUT_S = 900.0
_SAID_LENGTH = 400


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
    """Put each environment into the first group whose packages, at the versions tested for its first member, suit it, too."""
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
    """Why ``environments`` cannot be one, held to the tested versions of the first, in the resolver's words; empty if they can."""
    members = tuple(environments)
    alone = {line for member in members for line in member.no_deps}
    if twice := sorted(line for line in alone if _package(line) in {_package(other) for other in alone - {line}}):
        return f"they ask for {' and '.join(twice)}"
    with tempfile.TemporaryDirectory(prefix="model-lab-resolve-") as scratch:
        requirements, constraints = Path(scratch, "requirements.in"), Path(scratch, "constraints.txt")
        requirements.write_text("\n".join(sorted({line for member in members for line in member.requirements})), "utf-8")
        constraints.write_text(members[0].constraints, "utf-8")
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
    return _complaint(done.stdout + done.stderr) if done.returncode else ""


def _package(requirement: str) -> str:
    return re.split(r"[\[=]", requirement)[0].lower().replace("_", "-")


def _command(requirements: Path, constraints: Path, scratch: Path) -> list[str]:
    name, command = installer()
    common = ["--constraint", str(constraints)]
    if name == "uv":
        where = ["--python", sys.executable, "--output-file", str(scratch / "resolved.txt"), *uv_settings()]
        return [command[0], "pip", "compile", "--quiet", *where, *common, str(requirements)]
    how = ["--dry-run", "--ignore-installed", "--disable-pip-version-check", "--progress-bar", "off"]
    return [sys.executable, *command, *how, *common, "--requirement", str(requirements)]


def _complaint(said: str) -> str:
    """The facts that contradict each other, on one line: the last of uv's derivation, or all that pip lists."""
    derived = re.findall(r"^\W*(?:cause: )?(?:And b|B)ecause (.+?)(?:,? we can conclude.*)?$", said, re.MULTILINE)
    listed = re.findall(r"^\s*(.+ (?:requested|depends on) .+)$", said, re.MULTILINE)
    facts = derived[-3:] or listed or said.strip().splitlines()[-1:] or ["no message"]
    text = "; ".join(fact.strip().rstrip(".") for fact in facts)
    return text if len(text) <= _SAID_LENGTH else text[: _SAID_LENGTH - 1] + "…"
