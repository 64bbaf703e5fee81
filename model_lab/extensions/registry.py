"""The registry: all parts of every kind, and those that were read, until it is reset."""

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
    """All parts, by kind and name: a kind is scanned, and a part is read, when first needed.

    Of two parts with the same name the first is used: the package's own, then those of extension folders, then those of installed packages.

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
        """The parts of a kind by name, sorted, including unusable ones."""
        return self._of(kind)[0]

    def scan_problems(self, kind: Kind) -> tuple[Problem, ...]:
        """The problems of the folders of a kind, and of parts that cannot be reached by a name."""
        return self._of(kind)[1]

    def problems(self) -> list[Problem]:
        """The problems of extension folders and installed packages as a whole."""
        of_folders = [
            Problem("folder", str(folder), reason)
            for folder in folders.extension_folders(self.extension_folders)
            if (reason := folders.problem_of(folder))
        ]
        return of_folders + [point for point in self._points() if isinstance(point, Problem)]

    @property
    def entry_points(self) -> list[Declared]:
        """The entry points of installed packages that add parts."""
        return [point for point in self._points() if isinstance(point, Declared)]

    def handover(self) -> dict[str, str]:
        """The environment variable that passes the models and capabilities of installed packages to a model process."""
        return entry_points.handover(self.entry_points)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of ``compute``, computed once per key; if it raises a `ModelLabError`, so does every call."""
        if key not in self._read:
            with self._lock:
                if key not in self._read:
                    try:
                        self._read[key] = compute()
                    except ModelLabError as error:
                        self._read[key] = error
        value = self._read[key]
        if isinstance(value, ModelLabError):
            raise value
        return cast(T, value)

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
    problems: list[Problem] = []
    for candidate in candidates:
        if isinstance(candidate, Problem):
            problems.append(candidate)
        elif candidate.name in kind.reserved:
            reason = f"{candidate.place}: Model Lab has its own {kind.name} {candidate.name!r}; rename this one"
            problems.append(Problem(kind.name, candidate.name, reason))
        elif candidate.name in items:
            first = items[candidate.name].place
            name = candidate.place if candidate.module else str(candidate.path)
            reason = f"{kind.name} {candidate.name!r} is in both {first}, which is used, and here; rename one of them"
            problems.append(Problem(kind.name, name, reason))
        else:
            items[candidate.name] = candidate
    return dict(sorted(items.items())), tuple(problems)


_current: list[Registry] = []


def registry() -> Registry:
    """The registry of this process; a new one if ``MODEL_LAB_EXTENSIONS`` has changed since."""
    variable = os.environ.get(folders.VARIABLE, "")
    if not _current or _current[0].extension_folders != variable:
        reset(Registry(variable))
    return _current[0]


def reset(new: Registry | None = None) -> None:
    """Discard all parts, so that they are searched again; or use ``new`` instead."""
    _current[:] = [new] if new else []


def registry_cache(function: Callable[P, T]) -> Callable[P, T]:
    """Cache a function of the registered parts by its arguments, until the registry is reset."""

    @wraps(function)
    def cached(*args: P.args, **kwargs: P.kwargs) -> T:
        return registry().once((function, args, tuple(sorted(kwargs.items()))), lambda: function(*args, **kwargs))

    return cached
