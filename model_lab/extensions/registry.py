"""The registry: what parts there are, of every kind, and what was read of them, for as long as the process does not look again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from model_lab.errors import ModelLabError
from model_lab.extensions import entry_points, folders
from model_lab.extensions.entry_points import Declared
from model_lab.extensions.kinds import Item, Kind
from model_lab.extensions.problem import Problem

T = TypeVar("T")
P = ParamSpec("P")


class Registry:
    """All parts, by kind and name: found when a kind is first needed, read when a part is.

    Of two parts of one name the first is used: the package's own, then those of extension folders, then those of installed packages.

    Args:
        extension_folders: The value of ``MODEL_LAB_EXTENSIONS``.
        declared: The entry points; those of the installed packages if none are given.
    """

    def __init__(self, extension_folders: str = "", declared: Iterable[Declared | Problem] | None = None) -> None:
        self.extension_folders = extension_folders
        self._declared = declared
        self._entry_points: list[Declared | Problem] | None = None
        self._items: dict[Kind, tuple[dict[str, Item], tuple[Problem, ...]]] = {}
        self._read: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    def items(self, kind: Kind) -> Mapping[str, Item]:
        """The parts of a kind by name, sorted; those that cannot be used included."""
        return self._of(kind)[0]

    def scan_problems(self, kind: Kind) -> tuple[Problem, ...]:
        """What is wrong with the places where a kind is looked for, and with parts that no name leads to."""
        return self._of(kind)[1]

    def problems(self) -> list[Problem]:
        """What is wrong with extension folders and installed packages as a whole."""
        wrong = [
            Problem("folder", str(folder), reason)
            for folder in folders.extension_folders(self.extension_folders)
            if (reason := folders.problem_of(folder))
        ]
        return wrong + [point for point in self._points() if isinstance(point, Problem)]

    @property
    def entry_points(self) -> list[Declared]:
        """The entry points of installed packages that add parts."""
        return [point for point in self._points() if isinstance(point, Declared)]

    def handover(self) -> dict[str, str]:
        """The environment variable by which a process of a model knows the models and capabilities of installed packages."""
        return entry_points.handover(self.entry_points)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What ``compute`` returns, computed once for each key; if it raises a `ModelLabError`, so does every call."""
        if key not in self._read:
            with self._lock:
                if key not in self._read:
                    try:
                        self._read[key] = compute()
                    except ModelLabError as error:
                        self._read[key] = error
        found = self._read[key]
        if isinstance(found, ModelLabError):
            raise found
        return cast(T, found)

    def _points(self) -> list[Declared | Problem]:
        with self._lock:
            if self._entry_points is None:
                self._entry_points = list(entry_points.declared() if self._declared is None else self._declared)
            return self._entry_points

    def _of(self, kind: Kind) -> tuple[dict[str, Item], tuple[Problem, ...]]:
        with self._lock:
            if kind not in self._items:
                self._items[kind] = _distinct(kind, self._candidates(kind))
            return self._items[kind]

    def _candidates(self, kind: Kind) -> Iterator[Item | Problem]:
        yield from folders.own(kind)
        for folder in folders.extension_folders(self.extension_folders):
            yield from folders.scan(kind, folder / kind.plural, str(folder))
        yield from entry_points.items(point for point in self.entry_points if point.kind is kind)


def _distinct(kind: Kind, candidates: Iterable[Item | Problem]) -> tuple[dict[str, Item], tuple[Problem, ...]]:
    items: dict[str, Item] = {}
    wrong: list[Problem] = []
    for candidate in candidates:
        if isinstance(candidate, Problem):
            wrong.append(candidate)
        elif candidate.name in kind.reserved:
            reason = f"{candidate.place}: Model Lab has its own {kind.name} {candidate.name!r}; rename this one"
            wrong.append(Problem(kind.name, candidate.name, reason))
        elif candidate.name in items:
            first = items[candidate.name].place
            name = candidate.place if candidate.module else str(candidate.path)
            reason = f"{kind.name} {candidate.name!r} is in both {first}, which is used, and here; rename one of them"
            wrong.append(Problem(kind.name, name, reason))
        else:
            items[candidate.name] = candidate
    return dict(sorted(items.items())), tuple(wrong)


_current: list[Registry] = []


def registry() -> Registry:
    """The registry of this process; a new one where ``MODEL_LAB_EXTENSIONS`` has another value than it was made for."""
    variable = os.environ.get(folders.VARIABLE, "")
    if not _current or _current[0].extension_folders != variable:
        reset(Registry(variable))
    return _current[0]


def reset(new: Registry | None = None) -> None:
    """Forget all parts, so that they are looked for again; or use ``new`` in their place."""
    _current[:] = [new] if new else []


def registry_cache(function: Callable[P, T]) -> Callable[P, T]:
    """Compute a function of the registered parts once for each of its arguments, until the registry is another."""

    @wraps(function)
    def cached(*args: P.args, **kwargs: P.kwargs) -> T:
        return registry().once((function, args, tuple(sorted(kwargs.items()))), lambda: function(*args, **kwargs))

    return cached
