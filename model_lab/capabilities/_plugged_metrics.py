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
    """The metrics that plug-ins add to a capability and that can be used; of two of one name the first."""
    added: dict[str, Metric] = {}
    for name in _METRICS.names():
        if name.partition(".")[0] == capability.name and (metric := _METRICS.usable(name)):
            added.setdefault(metric.name, metric)
    own = {metric.name for metric in capability.metrics}
    return tuple(metric for name, metric in added.items() if name not in own)


def problems(known: Collection[str], usable: Callable[[str], Capability | None]) -> list[Problem]:
    """Why the others cannot be used: a faulty file, a capability that does not exist, a name that is taken.

    Args:
        known: The names of all capabilities.
        usable: The capability of a name with all its metrics; None if it cannot be used.
    """
    wrong = _METRICS.problems()
    for name in _METRICS.names():
        owner, _, _ = name.partition(".")
        if owner not in known:
            reason = f"there is no capability {owner!r}{nearest(owner, known)}; name the metric CAPABILITY.METRIC"
            wrong.append(Problem("metric", name, reason))
        elif (metric := _METRICS.usable(name)) and metric.name in _others(metric, usable(owner)):
            wrong.append(Problem("metric", name, f"{owner} has another metric called {metric.name!r}; rename this one"))
    return wrong


def _others(metric: Metric, capability: Capability | None) -> set[str]:
    """The names of all metrics of a capability but this one."""
    return {other.name for other in capability.metrics if other is not metric} if capability else set()


def _read(item: Item) -> Metric:
    found = item.load_object()
    if not isinstance(found, Metric):
        raise ContractBroken(f"{item.place} is a {type(found).__name__}; expected a Metric")
    return found


_METRICS = Catalogue(extensions.METRIC, _read)
