"""Metrics that plug-ins add to capabilities, by the names ``CAPABILITY.METRIC``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from model_lab import extensions
from model_lab.errors import ContractBroken, nearest
from model_lab.extensions import Catalogue, Item, Problem
from model_lab.metrics._base import Metric

if TYPE_CHECKING:
    from model_lab.capabilities._base import Capability


def added_to(capability: Capability) -> tuple[Metric, ...]:
    """The usable metrics that plug-ins add to a capability.

    Args:
        capability: Capability with its own metrics.

    Returns:
        The metrics; of two with one name the first, and none with the name of one of its own.
    """
    added: dict[str, Metric] = {}
    for name in _METRICS.names():
        if name.partition(".")[0] == capability.name and (metric := _METRICS.usable(name)):
            added.setdefault(metric.name, metric)
    own = {metric.name for metric in capability.metrics}
    return tuple(metric for name, metric in added.items() if name not in own)


def problems(capabilities: Collection[str], usable: Callable[[str], Capability | None]) -> list[Problem]:
    """Why other metrics of plug-ins cannot be used: a faulty file, an unknown capability, a name that is taken.

    Args:
        capabilities: Names of all capabilities.
        usable: Returns the capability of a name with all its metrics; None if it cannot be used.

    Returns:
        One problem for each metric.
    """
    faults = _METRICS.problems()
    for name in _METRICS.names():
        owner, _, _ = name.partition(".")
        if owner not in capabilities:
            reason = f"there is no capability {owner!r}{nearest(owner, capabilities)}; name the metric CAPABILITY.METRIC"
            faults.append(Problem("metric", name, reason))
        elif (metric := _METRICS.usable(name)) and metric.name in _others(metric, usable(owner)):
            faults.append(Problem("metric", name, f"{owner} has another metric called {metric.name!r}; rename this one"))
    return faults


def _others(metric: Metric, capability: Capability | None) -> set[str]:
    """Names of the other metrics of a capability."""
    return {other.name for other in capability.metrics if other is not metric} if capability else set()


def _read(item: Item) -> Metric:
    metric = item.load_object()
    if not isinstance(metric, Metric):
        raise ContractBroken(f"{item.place} is a {type(metric).__name__}; expected a Metric")
    return metric


_METRICS = Catalogue(extensions.METRIC, _read)
