"""Capabilities: one file each, found by scanning this folder, ``capabilities/`` of every extension folder, and entry points.

A file defines ``CAPABILITY``, a `Capability` whose name is the file's (or the entry point's). Metrics that plug-ins add to a capability
(named ``CAPABILITY.METRIC``) follow its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model_lab import extensions
from model_lab.errors import ContractBroken
from model_lab.extensions import Catalogue, Item, Problem

if TYPE_CHECKING:
    from model_lab.capabilities._base import (
        Agreement,
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
    from model_lab.capabilities._grading import Grading

__all__ = [
    "Agreement",
    "Capability",
    "Column",
    "Example",
    "Grading",
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
    """Import the classes on demand, so that listing the names of capabilities stays fast."""
    if name == "Grading":
        from model_lab.capabilities._grading import Grading

        return Grading
    if name in __all__:
        from model_lab.capabilities import _base

        return getattr(_base, name)
    raise AttributeError(f"module 'model_lab.capabilities' has no attribute {name!r}")


def names() -> tuple[str, ...]:
    """Names of all capabilities, those that cannot be used included; reads file names only.

    Returns:
        The names, sorted.
    """
    return _CAPABILITIES.names()


def capability(name: str) -> Capability:
    """Get a capability.

    Args:
        name: Its name: ``asr``.

    Returns:
        The capability, with the metrics that plug-ins add. Raises `UnknownName`, with the nearest name, if there is none, and
            `ContractBroken` if its file cannot be used.
    """
    return _CAPABILITIES.get(name)


def usable(name: str) -> Capability | None:
    """Get a capability if it can be used.

    Args:
        name: Its name: ``asr``.

    Returns:
        The capability; None if there is none, or it cannot be used.
    """
    return _CAPABILITIES.usable(name)


def capabilities() -> tuple[Capability, ...]:
    """All capabilities that can be used.

    Returns:
        The capabilities, sorted by name.
    """
    return _CAPABILITIES.all()


def problems() -> list[Problem]:
    """Capabilities, and metrics of plug-ins, that cannot be used.

    Returns:
        One problem for each, with the reason.
    """
    from model_lab.capabilities import _plugged_metrics

    return [*_CAPABILITIES.problems(), *_plugged_metrics.problems(names(), usable)]


def _read(item: Item) -> Capability:
    from model_lab.capabilities import _plugged_metrics
    from model_lab.capabilities._base import Capability
    from model_lab.types import declare

    capability = item.load_object()
    if not isinstance(capability, Capability) or capability.name != item.name:
        raise ContractBroken(f"{item.place} must define {item.attribute or 'CAPABILITY'}, a Capability named {item.name!r}")
    declare(item.name, capability.answer_types)
    added = _plugged_metrics.added_to(capability)
    return replace(capability, metrics=(*capability.metrics, *added)) if added else capability


_CAPABILITIES = Catalogue(extensions.CAPABILITY, _read)
