"""Capabilities: one file each, found by scanning this folder (and ``capabilities/`` of every extension folder).

A file defines ``CAPABILITY``, a `Capability` whose name is the file's.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from model_lab.errors import ContractBroken, UnknownName, nearest
from model_lab.extensions import load_module, places

if TYPE_CHECKING:
    from model_lab.capabilities._base import Capability, Column, Example

__all__ = ["Capability", "Column", "Example", "capabilities", "capability", "names"]


def __getattr__(name: str) -> Any:
    """Import the types when they are asked for: the names of capabilities alone are to cost nothing."""
    if name in ("Capability", "Column", "Example"):
        from model_lab.capabilities import _base

        return getattr(_base, name)
    raise AttributeError(f"module 'model_lab.capabilities' has no attribute {name!r}")


@cache
def names() -> tuple[str, ...]:
    """The names of all capabilities, sorted; reads file names only."""
    return tuple(sorted(path.stem for folder in places("capabilities") for path in folder.glob("[!_]*.py")))


@cache
def capability(name: str) -> Capability:
    """The capability called ``name``; raises `UnknownName` with the nearest one."""
    for number, folder in enumerate(places("capabilities")):
        path = folder / f"{name}.py"
        if name in names() and path.is_file():
            module = import_module(f"model_lab.capabilities.{name}") if number == 0 else load_module(path)
            from model_lab.capabilities._base import Capability

            found = getattr(module, "CAPABILITY", None)
            if not isinstance(found, Capability) or found.name != name:
                raise ContractBroken(f"{path} must define CAPABILITY, a Capability named {name!r}")
            return found
    raise UnknownName(f"there is no capability {name!r}{nearest(name, names())}; see: model-lab list capabilities")


def capabilities() -> tuple[Capability, ...]:
    """All capabilities, by name."""
    return tuple(capability(name) for name in names())
