"""Capabilities: one file each, found by scanning this folder, ``capabilities/`` of every extension folder, and entry points.

A file defines ``CAPABILITY``, a `Capability` whose name is the file's (or the entry point's). Metrics that plug-ins add to a capability
(named ``CAPABILITY.METRIC``) stand behind its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model_lab import extensions
from model_lab.errors import ContractBroken
from model_lab.extensions import Catalogue, Item, Problem

if TYPE_CHECKING:
    from model_lab.capabilities._base import (
        Capability,
        Column,
        Example,
        Perturbable,
        Resolve,
        Row,
        audio_problems,
        label_problems,
        span_problems,
    )

__all__ = [
    "Capability",
    "Column",
    "Example",
    "Perturbable",
    "Resolve",
    "Row",
    "audio_problems",
    "capabilities",
    "capability",
    "label_problems",
    "names",
    "problems",
    "span_problems",
    "usable",
]


def __getattr__(name: str) -> Any:
    """Import what capabilities are made of when it is needed: their names alone are to cost nothing."""
    if name in __all__:
        from model_lab.capabilities import _base

        return getattr(_base, name)
    raise AttributeError(f"module 'model_lab.capabilities' has no attribute {name!r}")


def names() -> tuple[str, ...]:
    """The names of all capabilities, sorted, those that cannot be used included; reads file names only."""
    return _CAPABILITIES.names()


def capability(name: str) -> Capability:
    """The capability called ``name``; raises `UnknownName` with the nearest one, `ContractBroken` if its file cannot be used."""
    return _CAPABILITIES.get(name)


def usable(name: str) -> Capability | None:
    """The capability called ``name``; None if there is none that can be used."""
    return _CAPABILITIES.usable(name)


def capabilities() -> tuple[Capability, ...]:
    """All capabilities that can be used, by name."""
    return _CAPABILITIES.all()


def problems() -> list[Problem]:
    """Why the others cannot be used, and which metrics that plug-ins add cannot."""
    from model_lab.capabilities import _plugged_metrics

    return [*_CAPABILITIES.problems(), *_plugged_metrics.problems(names(), usable)]


def _read(item: Item) -> Capability:
    from model_lab.capabilities import _plugged_metrics
    from model_lab.capabilities._base import Capability
    from model_lab.types import declare

    found = item.load_object()
    if not isinstance(found, Capability) or found.name != item.name:
        raise ContractBroken(f"{item.place} must define {item.attribute or 'CAPABILITY'}, a Capability named {item.name!r}")
    declare(item.name, found.answer_types)
    added = _plugged_metrics.added_to(found)
    return replace(found, metrics=(*found.metrics, *added)) if added else found


_CAPABILITIES = Catalogue(extensions.CAPABILITY, _read)
