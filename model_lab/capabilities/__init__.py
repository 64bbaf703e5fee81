"""Capabilities: one file each, found by scanning this folder (and ``capabilities/`` of every extension folder).

A file defines ``CAPABILITY``, a `Capability` whose name is the file's.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_lab.errors import ContractBroken, ModelLabError, UnknownName, nearest
from model_lab.extensions import Problem, load_module, places, scan, translate_errors

if TYPE_CHECKING:
    from model_lab.capabilities._base import Capability, Column, Example, Perturbable

__all__ = ["Capability", "Column", "Example", "Perturbable", "capabilities", "capability", "names", "problems", "usable"]


def __getattr__(name: str) -> Any:
    """Import the types when they are asked for: the names of capabilities alone are to cost nothing."""
    if name in ("Capability", "Column", "Example", "Perturbable"):
        from model_lab.capabilities import _base

        return getattr(_base, name)
    raise AttributeError(f"module 'model_lab.capabilities' has no attribute {name!r}")


@cache
def _scan() -> tuple[dict[str, Path], tuple[Problem, ...]]:
    found, wrong = scan("capabilities", lambda path: path.stem if path.suffix == ".py" and path.name[0] not in "_." else "")
    return found, tuple(wrong)


def names() -> tuple[str, ...]:
    """The names of all capabilities, sorted, those that cannot be used included; reads file names only."""
    return tuple(_scan()[0])


@cache
def _read(name: str) -> Capability | ModelLabError:
    """The capability in a file, or what is wrong with it: a faulty file is run once."""
    path = _scan()[0][name]
    inside = path.parent == places("capabilities")[0]
    try:
        with translate_errors(path):
            module = import_module(f"model_lab.capabilities.{name}") if inside else load_module(path)
            from model_lab.capabilities._base import Capability
            from model_lab.types import declare

            found = getattr(module, "CAPABILITY", None)
            if not isinstance(found, Capability) or found.name != name:
                raise ContractBroken(f"{path} must define CAPABILITY, a Capability named {name!r}")
            declare(name, found.answer_types)
            return found
    except ModelLabError as error:
        return error


def capability(name: str) -> Capability:
    """The capability called ``name``; raises `UnknownName` with the nearest one, `ContractBroken` if its file cannot be used."""
    if name not in names():
        raise UnknownName(f"there is no capability {name!r}{nearest(name, names())}; see: model-lab list capabilities")
    found = _read(name)
    if isinstance(found, ModelLabError):
        raise found
    return found


def usable(name: str) -> Capability | None:
    """The capability called ``name``; None if there is none that can be used."""
    try:
        return capability(name)
    except ModelLabError:
        return None


def capabilities() -> tuple[Capability, ...]:
    """All capabilities that can be used, by name."""
    return tuple(found for name in names() if (found := usable(name)))


def problems() -> list[Problem]:
    """Why the others cannot be used."""
    broken = [(name, found) for name in names() if isinstance(found := _read(name), ModelLabError)]
    return [*_scan()[1], *(Problem("capability", name, str(error)) for name, error in broken)]
