"""What a metric is: components that pool over a corpus, and a value computed from the pool.

The value of a set of samples is computed once, from the pooled components, and never as a mean of per-sample ratios
(the convention of pyannote.metrics). Numbers pool by adding up, lists by joining, so that rank metrics (mAP, EER) fit too.

A sample on which there is nothing to count (the beats of a recording without any, the recall of a text that names nothing) is no
evidence: it has components, which add nothing, and it is not among the n of the value. `Metric.counts` decides it for all metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Components = dict[str, "float | list[Any]"]


@dataclass(frozen=True)
class Judge:
    """A model whose answer a metric needs: which model, asked what (a capability), about what.

    ``inputs(reference, hypothesis)`` gives the positional inputs of the judge's call. Metrics of a capability with the same
    ``model``, ``capability`` and ``role`` share one answer, so their ``inputs`` must be the same; another ``role`` asks apart.
    """

    model: str
    capability: str
    inputs: Callable[[Any, Any], tuple[Any, ...]]
    role: str = ""


@dataclass(frozen=True)
class Metric:
    """One number about answers.

    ``components(reference, hypothesis)`` sees one sample (with a ``judge``, its answer is the third argument);
    ``value(components)`` sees the pool, and returns NaN where the metric is not defined (no reference speech, say).
    ``best`` and ``worst`` bound the value; they may be infinite. ``version`` goes up with every change that can move a
    number. ``source`` cites the paper or standard. ``evidence`` names the components of which one must be there for a sample to
    count (see `counts`; any of them if it is empty), ``lacking`` says what a sample lacks that does not.
    ``no_value`` is what is said where there is no value: the pooled components in words ("{words:g} words, {insertions:g} inserted").
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool
    best: float
    worst: float
    version: int
    source: str
    components: Callable[..., Components]
    value: Callable[[Mapping[str, Any]], float]
    judge: Judge | None = None
    evidence: tuple[str, ...] = ()
    lacking: str = "nothing to count"
    no_value: str = ""

    def counts(self, components: Mapping[str, Any]) -> bool:
        """Whether a sample with these components speaks for the value: one of its ``evidence`` is not 0, empty or merely false.

        >>> recall = share("r", "recall", "", dict, rate("found", of="all"), evidence=("all",))
        >>> recall.counts({"found": 0.0, "all": 2.0, "invented": 0.0}), recall.counts({"found": 0.0, "all": 0.0, "invented": 3.0})
        (True, False)
        """
        return any(_is_there(components[name]) for name in self.evidence or components)

    def score(self, reference: Any, hypothesis: Any, *judgement: Any) -> float:
        """The value of one sample alone."""
        return self.value(self.components(reference, hypothesis, *judgement))


def _is_there(component: float | list[Any]) -> bool:
    return any(item is not False for item in component) if isinstance(component, list) else component != 0


def pool(parts: Iterable[Mapping[str, Any]]) -> Components:
    """Add up numbers and join lists, key by key.

    >>> pool([{"errors": 1.0, "scores": [0.5]}, {"errors": 2.0, "scores": [0.1, 0.2]}])
    {'errors': 3.0, 'scores': [0.5, 0.1, 0.2]}
    """
    total: Components = {}
    for part in parts:
        for key, value in part.items():
            if isinstance(value, list):
                joined = total.setdefault(key, [])
                assert isinstance(joined, list)
                joined.extend(value)
            else:
                total[key] = total.get(key, 0.0) + value
    return total


def share(
    name: str,
    title: str,
    source: str,
    components: Callable[..., Components],
    value: Callable[[Mapping[str, Any]], float],
    *,
    rising: bool = True,
    judge: Judge | None = None,
    version: int = 1,
    evidence: tuple[str, ...] = (),
    lacking: str = "nothing to count",
) -> Metric:
    """A metric that is a share of something, 0 to 1; ``rising``: 1 is the best."""
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=rising,
        best=1.0 if rising else 0.0,
        worst=0.0 if rising else 1.0,
        version=version,
        source=source,
        components=components,
        value=value,
        judge=judge,
        evidence=evidence,
        lacking=lacking,
    )


def ratio(numerator: float, denominator: float) -> float:
    """``numerator / denominator``, NaN where the denominator is 0.

    >>> ratio(1, 4)
    0.25
    """
    return numerator / denominator if denominator else math.nan


def rate(*kinds: str, of: str) -> Callable[[Mapping[str, Any]], float]:
    """The ``value`` of a metric that is some of its components added up, over another.

    >>> rate("missed", "false", of="all")({"missed": 1.0, "false": 2.0, "all": 12.0})
    0.25
    """

    def value(pooled: Mapping[str, Any]) -> float:
        return ratio(sum(pooled[kind] for kind in kinds), pooled[of])

    return value


def mean_of(measure: Callable[..., float | None]) -> tuple[Callable[..., Components], Callable[[Mapping[str, Any]], float]]:
    """``components`` and ``value`` of a metric that is a plain mean of one number per sample (PESQ, SI-SDR, MOS).

    ``measure`` returns None where a sample does not ask for it.
    """

    def components(*arguments: Any) -> Components:
        measured = measure(*arguments)
        return {"sum": 0.0, "n": 0.0} if measured is None else {"sum": float(measured), "n": 1.0}

    def value(pooled: Mapping[str, Any]) -> float:
        return ratio(float(pooled.get("sum", 0.0)), float(pooled.get("n", 0.0)))

    return components, value
