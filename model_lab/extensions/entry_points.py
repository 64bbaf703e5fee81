"""Parts of installed packages: the entry points in the groups ``model_lab.models``, ``model_lab.capabilities`` and so on.

Nothing is imported to find them: a value is resolved to a path. A model process, in whose environment those packages are not
installed, gets their paths (`handover`), and `install` makes them importable there.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from model_lab.extensions.folders import scan
from model_lab.extensions.kinds import CAPABILITY, DATASET, KINDS, MODEL, Item, Kind
from model_lab.extensions.problem import Problem

HANDED = "MODEL_LAB_PLUGINS"
"""The environment variable that passes plug-ins to a model process; nothing else sets it."""

_GROUPS = {kind.group: kind for kind in KINDS.values()}


@dataclass(frozen=True)
class Declared:
    """One entry point: its kind, name and value, and the distribution that declares it, with its version."""

    kind: Kind
    name: str
    value: str
    distribution: str


def declared() -> Iterator[Declared | Problem]:
    """All entry points in our groups: those passed to this process, otherwise those of the installed packages."""
    if handed := os.environ.get(HANDED):
        message = json.loads(handed)
        install(message["packages"])
        yield from (Declared(KINDS[kind], *rest) for kind, *rest in message["entry_points"])
        return
    seen: set[str] = set()
    for distribution in importlib.metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt") or ""
            if "model_lab." not in text:
                continue
            name = distribution.metadata["Name"]
            if name in seen:  # an older copy, further down the path
                continue
            seen.add(name)
            for point in distribution.entry_points:
                if kind := _GROUPS.get(point.group):
                    yield Declared(kind, point.name, point.value, f"{name} {distribution.version}")
        except Exception as error:  # the files of an incompletely installed package
            where = getattr(distribution, "_path", "a package")
            yield Problem(
                "package", str(where), f"its entry points cannot be read ({type(error).__name__}: {error}); reinstall it"
            )


def items(points: Iterable[Declared]) -> Iterator[Item | Problem]:
    """The parts that entry points name; an entry point without a module is an unusable part."""
    for point in points:
        module, _, attribute = point.value.partition("[")[0].strip().partition(":")
        path = locate(module)
        if path is None:
            place = f"entry point {point.name} = {point.value} of {point.distribution}"
            problem = f"{place}: there is no module {module}; reinstall the package, or correct it"
            yield Item(point.kind, point.name, point.distribution, Path(), module, attribute, problem)
        elif point.kind is DATASET:
            yield from scan(DATASET, path.parent if path.name == "__init__.py" else path, point.distribution)
        elif point.kind is MODEL:
            folder = path.parent if path.name == "__init__.py" else path
            yield Item(MODEL, point.name, point.distribution, folder, module)
        else:
            yield Item(point.kind, point.name, point.distribution, path, module, attribute)


def locate(module: str) -> Path | None:
    """The file of a module, or the folder of a namespace package; None if it is missing. Imports nothing.

    >>> locate("json.decoder").name, locate("json").name, locate("json.gone")
    ('decoder.py', '__init__.py', None)
    """
    top, *inside = module.split(".")
    spec = _spec(top)
    if spec is None:
        return None
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    if not inside:
        return Path(spec.origin) if spec.origin and spec.origin != "namespace" else next(iter(folders), None)
    for folder in folders:
        stem = folder.joinpath(*inside)
        for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py"), stem):
            if path.is_file() or (path == stem and path.is_dir()):
                return path
    return None


def handover(points: Sequence[Declared]) -> dict[str, str]:
    """The environment variable that passes the models and capabilities of ``points`` to a model process."""
    needed = [point for point in points if point.kind in (MODEL, CAPABILITY)]
    packages = {}
    for top in sorted({point.value.partition(":")[0].partition(".")[0] for point in needed}):
        if spec := _spec(top):
            packages[top] = [spec.origin, list(spec.submodule_search_locations or ())]
    entries = [[point.kind.name, point.name, point.value, point.distribution] for point in needed]
    return {HANDED: json.dumps({"packages": packages, "entry_points": entries})}


def install(packages: Mapping[str, Sequence[Any]]) -> None:
    """Make packages importable that are not on this process's path: name -> its file and the folders of its modules."""
    if not any(isinstance(finder, _HandedPackages) for finder in sys.meta_path):
        sys.meta_path.insert(0, _HandedPackages(packages))


class _HandedPackages(MetaPathFinder):
    """Finds the packages that were passed to this process, and nothing else in their folders."""

    def __init__(self, packages: Mapping[str, Sequence[Any]]) -> None:
        self._packages = packages

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in self._packages:
            return None
        origin, folders = self._packages[fullname]
        if origin:
            return importlib.util.spec_from_file_location(fullname, origin, submodule_search_locations=folders or None)
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = folders
        return spec


def _spec(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):  # "" as a name, or a module without a spec
        return None
