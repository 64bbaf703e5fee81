"""Which models can share an environment, by uv's resolver."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from model_lab import installer
from model_lab.provision.environments import Environment, pin

_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Group:
    """Environments that could be merged into one; ``conflicts``: name of an earlier group -> why this one is not part of it."""

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
    """Put each environment into the first group that it is compatible with, at the versions tested for the group's first member."""
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
    """Why ``environments`` cannot be merged at the tested versions of the first, as the resolver puts it; empty if they can."""
    members = tuple(environments)
    alone = {line for member in members for line in member.no_deps}
    if twice := sorted(line for line in alone if pin(line)[0] in {pin(other)[0] for other in alone - {line}}):
        return f"they ask for {' and '.join(twice)}"
    pinned = {
        line for member in members for line in (*member.core, *(line for card in member.cards for line in card.install.pip))
    }
    return installer.resolve(sorted(pinned), constraints=members[0].constraints, timeout_s=_TIMEOUT_S).trouble
