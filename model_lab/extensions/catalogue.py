"""The parts of one kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from model_lab.errors import ContractBroken, ModelLabError, UnknownName, nearest
from model_lab.extensions.kinds import Item, Kind
from model_lab.extensions.problem import Problem, translate_errors
from model_lab.extensions.registry import registry

T = TypeVar("T")


@dataclass(frozen=True)
class Catalogue(Generic[T]):
    """The parts of one kind: names without reading them, each part when it is needed.

    Attributes:
        kind: The kind.
        read: Turns an item into the part; any exception becomes one sentence.
    """

    kind: Kind
    read: Callable[[Item], T]

    def names(self) -> tuple[str, ...]:
        """The names of all parts, sorted, including unusable ones; reads file names only."""
        return tuple(registry().items(self.kind))

    def item(self, name: str) -> Item:
        """The item with a name.

        Raises:
            UnknownName: There is no such part; with the nearest name.
        """
        items = registry().items(self.kind)
        if name not in items:
            hint = f"see: model-lab list {self.kind.plural}"
            raise UnknownName(f"there is no {self.kind.name} {name!r}{nearest(name, items)}; {hint}")
        return items[name]

    def get(self, name: str) -> T:
        """The part called ``name``, read once.

        Raises:
            UnknownName: There is none; with the nearest name.
            ModelLabError: It cannot be used.
        """
        item = self.item(name)

        def compute() -> T:
            if item.problem:
                raise ContractBroken(item.problem)
            with translate_errors(item.path):
                return self.read(item)

        return registry().once((self.kind.name, name), compute)

    def usable(self, name: str) -> T | None:
        """The part called ``name``; None if it is missing or unusable."""
        try:
            return self.get(name)
        except ModelLabError:
            return None

    def all(self) -> tuple[T, ...]:
        """All usable parts, by name."""
        return tuple(part for name in self.names() if (part := self.usable(name)) is not None)

    def problems(self) -> list[Problem]:
        """The problems of unusable parts."""
        unusable = list(registry().scan_problems(self.kind))
        for name in self.names():
            try:
                self.get(name)
            except ModelLabError as error:
                unusable.append(Problem(self.kind.name, name, str(error)))
        return unusable
