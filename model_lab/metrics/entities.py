"""Named entities in text: F1, precision and recall of exact spans with their labels, and F1 with credit for partial spans.

Conventions
-----------
- An entity is a character span ``[start, end)`` of the input text with a label such as PERSON or GPE.
- Where a text was annotated only for some labels (`Marked`), answered entities with other labels are ignored.
- TP, FP and FN are pooled over texts (micro average); duplicates count as often as they occur.

Metrics
-------
All are ratios in 0 to 1, higher is better.

- `ENTITY_F1` (``entity_f1``): 2 TP / (2 TP + FP + FN); an entity is right if start, end and label are. CoNLL-2003 (Tjong Kim Sang
  and De Meulder), on characters in place of tokens.
- `PRECISION` (``precision``): TP / (TP + FP). `RECALL` (``recall``): TP / (TP + FN). Same source.
- `PARTIAL_F1` (``partial_f1``): (2 equal + overlapping) / (reference spans + answered spans), labels ignored: an overlap earns half of
  an equal span. SemEval 2013 task 9.1, partial boundary matching (Segura-Bedmar et al.).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.types import Entity


class Marked(tuple[Entity, ...]):
    """The reference entities of a text that was annotated only for some labels.

    Attributes:
        labels: Annotated labels; empty means all labels.
    """

    labels: frozenset[str] = frozenset()


def exact_components(reference: Sequence[Entity], hypothesis: Sequence[Entity]) -> Components:
    """Count entities with the right span and label.

    Args:
        reference: Reference entities; a `Marked` restricts which answered labels count.
        hypothesis: Answered entities.

    Returns:
        ``true_positives``: answered entities equal to a true one in start, end and label; ``false_positives``: the other answered
            ones; ``false_negatives``: true ones that were not answered.

    Examples:
        >>> truth = [Entity("Ann", "PERSON", 0, 3), Entity("Rome", "GPE", 7, 11)]
        >>> exact_components(truth, [Entity("Ann", "PERSON", 0, 3), Entity("in Rome", "GPE", 4, 11)])
        {'true_positives': 1.0, 'false_positives': 1.0, 'false_negatives': 1.0}
    """
    sides = reference, _annotated(reference, hypothesis)
    expected, answer = (Counter((entity.start, entity.end, entity.label) for entity in side) for side in sides)
    correct = (expected & answer).total()
    return {
        "true_positives": float(correct),
        "false_positives": float(answer.total() - correct),
        "false_negatives": float(expected.total() - correct),
    }


def partial_components(reference: Sequence[Entity], hypothesis: Sequence[Entity]) -> Components:
    """Match spans one to one, ignoring labels: equal spans first, then overlapping ones from left to right.

    Args:
        reference: Reference entities; a `Marked` restricts which answered labels count.
        hypothesis: Answered entities.

    Returns:
        ``equal``: matched spans with equal start and end; ``overlapping``: matched spans that only overlap; ``reference`` and
            ``hypothesis``: number of spans on either side.

    Examples:
        >>> truth = [Entity("Ann", "PERSON", 0, 3), Entity("Rome", "GPE", 7, 11)]
        >>> partial_components(truth, [Entity("Ann", "ORG", 0, 3), Entity("in Rome", "GPE", 4, 11)])
        {'equal': 1.0, 'overlapping': 1.0, 'reference': 2.0, 'hypothesis': 2.0}
    """
    sides = reference, _annotated(reference, hypothesis)
    expected, answer = (Counter((entity.start, entity.end) for entity in side) for side in sides)
    equal = expected & answer
    unmatched = sorted((expected - equal).elements())
    overlapping = 0
    for start, end in sorted((answer - equal).elements()):
        partner = next((span for span in unmatched if span[0] < end and start < span[1]), None)
        if partner is not None:
            unmatched.remove(partner)
            overlapping += 1
    return {
        "equal": float(equal.total()),
        "overlapping": float(overlapping),
        "reference": float(expected.total()),
        "hypothesis": float(answer.total()),
    }


def _annotated(reference: Sequence[Entity], hypothesis: Sequence[Entity]) -> Sequence[Entity]:
    """The entities of an answer whose labels were annotated."""
    labels = reference.labels if isinstance(reference, Marked) else None
    return [entity for entity in hypothesis if entity.label in labels] if labels else hypothesis


def _f1(pooled: Mapping[str, Any]) -> float:
    hits = pooled["true_positives"]
    return ratio(2 * hits, 2 * hits + pooled["false_positives"] + pooled["false_negatives"])


def _partial_f1(pooled: Mapping[str, Any]) -> float:
    return ratio(2 * pooled["equal"] + pooled["overlapping"], pooled["reference"] + pooled["hypothesis"])


def _precision(pooled: Mapping[str, Any]) -> float:
    return ratio(pooled["true_positives"], pooled["true_positives"] + pooled["false_positives"])


def _recall(pooled: Mapping[str, Any]) -> float:
    return ratio(pooled["true_positives"], pooled["true_positives"] + pooled["false_negatives"])


def _metric(
    name: str,
    title: str,
    value: Callable[[Mapping[str, Any]], float],
    components: Callable[..., Components] = exact_components,
    source: str = "CoNLL-2003 (Tjong Kim Sang and De Meulder), on characters",
    evidence: tuple[str, ...] = (),
) -> Metric:
    return share(name, title, source, components, value, version=2, evidence=evidence, lacking="no entities")


ENTITY_F1 = _metric("entity_f1", "F1 of entities, exact span and label", _f1)
PARTIAL_F1 = _metric(
    "partial_f1",
    "F1 of spans regardless of label, half credit for overlap",
    _partial_f1,
    partial_components,
    "SemEval 2013 task 9.1, partial boundary matching (Segura-Bedmar et al.)",
)
PRECISION = _metric("precision", "answered entities that are correct", _precision, evidence=("true_positives", "false_positives"))
RECALL = _metric("recall", "reference entities that are found", _recall, evidence=("true_positives", "false_negatives"))
