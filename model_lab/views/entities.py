"""Entities in a text."""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.metrics.entities import Marked
from model_lab.types import Entity
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import MarkedText, Part, Stretch, Verdict


def marked(text: str, entities: Sequence[Entity], reference: Marked | None) -> MarkedText:
    """``text`` with the entities that are inside it; of those that overlap the first is marked.

    Without a ``reference`` nothing is right or wrong; nor is an entity whose label was not annotated.
    """
    fitting: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        if (fitting[-1].end if fitting else 0) <= entity.start < entity.end <= len(text):
            fitting.append(entity)
    stretches: list[Stretch] = []
    for before, entity in zip([0, *(entity.end for entity in fitting)], fitting, strict=False):
        stretches.append(Stretch(text[before : entity.start]))
        stretches.append(Stretch(text[entity.start : entity.end], entity.label, _verdict(entity, reference)))
    stretches.append(Stretch(text[fitting[-1].end if fitting else 0 :]))
    answered = {_place(entity) for entity in entities}
    missed = [f"{entity.text} ({entity.label})" for entity in reference or () if _place(entity) not in answered]
    return MarkedText(tuple(stretch for stretch in stretches if stretch.text), tuple(missed))


def _verdict(entity: Entity, reference: Marked | None) -> Verdict:
    if reference is None or (reference.labels and entity.label not in reference.labels):
        return ""
    return "right" if _place(entity) in map(_place, reference) else "wrong"


def _place(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.label


def _answer(sample: SampleContext, answer: Sequence[Entity]) -> list[Part]:
    reference = sample.reference if isinstance(sample.reference, Marked) else None
    return [marked(sample.text, answer, reference) if answer or reference is not None else NOTHING_FOUND]


ENTITIES = View(fits=list_of(Entity), reference=lambda sample: [marked(sample.text, sample.reference, None)], answer=_answer)
"""A list of `Entity` in the question's text, against `Marked` ones."""
