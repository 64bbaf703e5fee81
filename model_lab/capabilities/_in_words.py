"""The clause in which a capability tells the value of its primary metric."""

from __future__ import annotations

from string import Formatter

from model_lab.metrics._base import Metric


def in_words_problem(clause: str, metric: Metric) -> str:
    """Check the clause in which the value of a primary metric is told.

    Args:
        clause: ``Capability.in_words``.
        metric: Primary metric.

    Returns:
        What is wrong, as a clause; empty if nothing.

    Examples:
        >>> from model_lab.metrics.text import WER
        >>> in_words_problem("{in_100} words are wrong", WER), in_words_problem("{percent} are wrong", WER)
        ('', 'expected one field, {in_100} or {value}')
    """
    try:
        fields = [field for _, field, _, _ in Formatter().parse(clause) if field is not None]
    except (TypeError, ValueError) as error:
        return f"it is no format string ({error})"
    if fields not in (["in_100"], ["value"]):
        return "expected one field, {in_100} or {value}"
    if fields == ["in_100"] and metric.unit != "ratio":
        return f"{metric.name} is no ratio, its unit is {metric.unit!r}; expected the field {{value}}"
    return ""
