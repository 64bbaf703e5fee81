"""What a metric is: components per sample that pool over a corpus, and a value computed from the pool.

The value of a set of samples is computed once, from the pooled components, and never as a mean of per-sample ratios (the
convention of pyannote.metrics, Bredin 2017): a corpus word error rate is all errors over all reference words. Numbers pool by
addition and lists by concatenation, so that rank metrics (mAP, EER), which need every score, fit too.

Conventions
-----------
- ``reference`` is the ground truth of one sample and ``hypothesis`` is the model's answer to it, in that order.
- Components are a dict of name to float (a count, a sum, seconds) or to list (one entry per sample or per decision).
- A value is a float in the metric's unit; it is NaN where the metric is undefined, for example with no reference speech.
- A sample without anything to count (the beats of a recording that has none, the recall of a text without entities) is no
  evidence: its components add nothing and it is not among the n of the value. `Metric.counts` decides this for all metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Components = dict[str, "float | list[Any]"]

_OWN_SCORER = "model-lab-"
"""How the scorer of a metric begins that is computed as no other benchmark or library computes it."""


@dataclass(frozen=True)
class Judge:
    """A second model whose answer about a sample is an input of a metric.

    Round-trip word error rate needs a recogniser, a predicted MOS needs a quality model. Metrics of one capability with the same
    ``model``, ``capability`` and ``role`` share one inference, so their ``inputs`` must be the same.

    Attributes:
        model: Name of the judging model, a folder of ``models/``.
        capability: Capability of that model to call.
        inputs: ``inputs(reference, hypothesis)`` returns the positional inputs of that call.
        role: Keeps the inference apart from others with the same model and capability; "" is a role as any other.
        asks: ``asks(row)`` decides whether a manifest row is judged at all; to the others the metric does not apply.
        applies: ``applies(reference)`` decides whether it judges that sample; every sample by default.
        otherwise: Judge of the samples to which this one does not apply; without one, it is asked about them too.
    """

    model: str
    capability: str
    inputs: Callable[[Any, Any], tuple[Any, ...]]
    role: str = ""
    asks: Callable[[Mapping[str, Any]], bool] = lambda row: True
    applies: Callable[[Any], bool] = lambda reference: True
    otherwise: Judge | None = None

    def of(self, reference: Any) -> Judge:
        """Choose the judge of a sample.

        Args:
            reference: Its reference; None if it has none.

        Returns:
            This judge, or the one that judges otherwise.
        """
        return self if self.otherwise is None or reference is None or self.applies(reference) else self.otherwise.of(reference)

    @property
    def all(self) -> tuple[Judge, ...]:
        """The judges of all samples.

        Returns:
            This one, then those that judge otherwise.
        """
        return (self, *(self.otherwise.all if self.otherwise else ()))

    @property
    def title(self) -> str:
        """Models and capabilities, for tables.

        Returns:
            Text such as ``faster_whisper (asr)``.
        """
        return ", otherwise ".join(f"{judge.model} ({judge.capability})" for judge in self.all)


@dataclass(frozen=True)
class Metric:
    """One number about the answers of a model.

    Attributes:
        name: Identifier in result files, lower case with underscores; unique within a capability.
        title: What the number is, one short phrase for tables.
        unit: Unit of the value, such as "ratio" (shown as a percentage), "dB", "Hz", "s", "ms", "MOS", "of 100", "per minute", or ""
            without one.
        higher_is_better: Direction: True if a larger value is the better one.
        best: Best possible value, in ``unit``; may be infinite.
        worst: Worst possible value, in ``unit``; may be infinite.
        version: Raised with every change that can move a value; scores of different versions are not compared.
        source: Paper, standard or scorer that defines the metric.
        components: ``components(reference, hypothesis)`` returns the `Components` of one sample; with a ``judge``, the judge's answer
            is the third argument.
        value: ``value(components)`` returns the metric of pooled components, NaN where it is undefined.
        judge: Model whose answer ``components`` needs; None for most metrics.
        evidence: Names of components of which at least one must be nonzero or nonempty for a sample to count; empty means any
            component. See `counts`.
        lacking: Why a sample does not count, shown to users: "no speech".
        no_value: Format string for a pool without a value, filled in with the pooled components:
            "{words:g} words, {insertions:g} inserted".
        scorer: The computation, with its version or parameters, such as ``pyannote-collar-0.5``: numbers with the same scorer on the same
            data may be compared. Empty means ``model-lab-NAME-VERSION``, which is filled in; that prefix is for this alone.
        margin: Smallest difference between two models that matters to somebody who chooses one, in ``unit``; None: not stated.
        margin_reason: Why it is that, with a source where there is one; "" without a margin.
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
    scorer: str = ""
    margin: float | None = None
    margin_reason: str = ""

    def __post_init__(self) -> None:
        if not self.scorer or self.scorer.startswith(_OWN_SCORER):  # of a copy by `replace`, the name and version may be others
            object.__setattr__(self, "scorer", f"{_OWN_SCORER}{self.name}-{self.version}")

    def counts(self, components: Mapping[str, Any]) -> bool:
        """Decide whether a sample is evidence for the value.

        Args:
            components: Components of one sample, as returned by ``self.components``; empty where a metric does not apply.

        Returns:
            True if at least one component named in ``evidence`` (any component if that is empty) is a number other than 0, or a list
                with an item other than False.

        Examples:
            >>> recall = share("r", "recall", "", dict, rate("found", of="all"), evidence=("all",))
            >>> recall.counts({"found": 0.0, "all": 2.0, "invented": 0.0}), recall.counts({"found": 0.0, "all": 0.0, "invented": 3.0})
            (True, False)
        """
        return bool(components) and any(_is_there(components[name]) for name in self.evidence or components)

    def with_margin(self, margin: float, reason: str) -> Metric:
        """State the smallest difference that matters; it depends on the task, so capabilities state it.

        Args:
            margin: The difference in ``unit``, above 0.
            reason: Why it is that.

        Returns:
            The same metric with ``margin`` and ``margin_reason``.

        Raises:
            ValueError: The margin is not a positive number.

        Examples:
            >>> share("r", "recall", "", dict, rate("found", of="all")).with_margin(0.02, "one item in fifty").margin
            0.02
        """
        if not (margin > 0 and math.isfinite(margin)):
            raise ValueError(f"the margin of {self.name} is {margin}; expected a positive number")
        return replace(self, margin=margin, margin_reason=reason)

    def score(self, reference: Any, hypothesis: Any, *judgement: Any) -> float:
        """Compute the value of one sample on its own.

        Args:
            reference: Ground truth of the sample, of the type that ``components`` takes.
            hypothesis: The model's answer.
            *judgement: The judge's answer, if the metric has a ``judge``.

        Returns:
            The value in ``unit``; NaN where the metric is undefined on this sample.
        """
        return self.value(self.components(reference, hypothesis, *judgement))


def _is_there(component: float | list[Any]) -> bool:
    return any(item is not False for item in component) if isinstance(component, list) else component != 0


def pool(parts: Iterable[Mapping[str, Any]]) -> Components:
    """Pool the components of several samples: numbers add up, lists are concatenated.

    Args:
        parts: Components of each sample; a key may be absent from some of them.

    Returns:
        One `Components` with every key that occurs, lists in the order of ``parts``; empty for no parts.

    Examples:
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
    scorer: str = "",
    margin: float | None = None,
) -> Metric:
    """Build a metric whose unit is "ratio" and whose value lies in 0 to 1.

    Args:
        name: Identifier in result files.
        title: What the number is, for tables.
        source: Paper, standard or scorer that defines it.
        components: Components of one sample, see `Metric`.
        value: Value of pooled components, in 0 to 1 or NaN.
        rising: True if 1 is the best value, False if 0 is.
        judge: Model whose answer ``components`` takes as third argument.
        version: Raised with every change that can move a value.
        evidence: Components of which one must be nonzero or nonempty for a sample to count; empty means any.
        lacking: Why a sample does not count.
        scorer: The computation with its version or parameters; empty means ``model-lab-NAME-VERSION``.
        margin: Smallest difference that matters, see `Metric`.

    Returns:
        The `Metric`, with ``best`` and ``worst`` set by ``rising``.
    """
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
        scorer=scorer,
        margin=margin,
    )


def ratio(numerator: float, denominator: float) -> float:
    """Divide, with NaN for an empty denominator.

    Args:
        numerator: Any number.
        denominator: Any number.

    Returns:
        ``numerator / denominator``; NaN if ``denominator`` is 0.

    Examples:
        >>> ratio(1, 4)
        0.25
    """
    return numerator / denominator if denominator else math.nan


def rate(*kinds: str, of: str) -> Callable[[Mapping[str, Any]], float]:
    """Build the ``value`` function of a metric that is a sum of components over another component.

    Args:
        *kinds: Names of the components that are added up in the numerator.
        of: Name of the component in the denominator.

    Returns:
        A function from pooled components to the ratio, NaN if the denominator is 0.

    Examples:
        >>> rate("missed", "false", of="all")({"missed": 1.0, "false": 2.0, "all": 12.0})
        0.25
    """

    def value(pooled: Mapping[str, Any]) -> float:
        return ratio(sum(pooled[kind] for kind in kinds), pooled[of])

    return value


def mean_of(measure: Callable[..., float | None]) -> tuple[Callable[..., Components], Callable[[Mapping[str, Any]], float]]:
    """Build ``components`` and ``value`` of a metric that is the plain mean of one number per sample (PESQ, SI-SDR, MOS).

    Args:
        measure: Called with the arguments of ``components``; returns the number of that sample, or None for a sample that the
            metric does not apply to.

    Returns:
        components: Function that returns ``{"sum": number, "n": 1.0}`` for a sample, both 0 where ``measure`` returns None.
        value: Function from pooled components to ``sum / n``, NaN if ``n`` is 0.
    """

    def components(*arguments: Any) -> Components:
        measured = measure(*arguments)
        return {"sum": 0.0, "n": 0.0} if measured is None else {"sum": float(measured), "n": 1.0}

    def value(pooled: Mapping[str, Any]) -> float:
        return ratio(float(pooled.get("sum", 0.0)), float(pooled.get("n", 0.0)))

    return components, value
