"""Named entity recognition: names, places, dates and amounts in a text."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row
from model_lab.errors import BadManifest
from model_lab.metrics import entities
from model_lab.types import Entity

_COMMON = ("PERSON", "ORG", "GPE", "NORP", "DATE", "CARDINAL", "MONEY")
"""The commonest labels of OntoNotes 5, that chance picks from."""


def _reference(row: Row, resolve: Resolve) -> entities.Marked:
    text = row["text"]
    found = [_entity(text, int(mark["start"]), int(mark["end"]), str(mark["label"])) for mark in row["entities"]]
    marked = entities.Marked(sorted(found, key=lambda entity: (entity.start, entity.end)))
    marked.labels = _labels(row.get("labels", []))
    if marked.labels and (strange := [entity for entity in found if entity.label not in marked.labels]):
        raise BadManifest(
            f"{strange[0].text!r} is marked {strange[0].label}, which is not in labels; expected all that were marked"
        )
    return marked


def _labels(named: object) -> frozenset[str]:
    if not isinstance(named, list) or not all(isinstance(label, str) and label for label in named):
        raise BadManifest(f"labels is {named!r}; expected [label, ...], the labels that were marked")
    return frozenset(named)


def _entity(text: str, start: int, end: int, label: str) -> Entity:
    if not 0 <= start < end <= len(text):
        raise BadManifest(f"{label} is at {start}-{end} of a text of {len(text)} characters; expected 0 <= start < end <= length")
    return Entity(text[start:end], label, start, end)


def _problems(answer: object, text: str) -> list[str]:
    if not isinstance(answer, (list, tuple)):
        return [f"answer is a {type(answer).__name__}; expected a list of Entity"]
    if wrong := [entity for entity in answer if not isinstance(entity, Entity)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected Entity"]
    misplaced = [
        f"{entity.text!r} is said to be at {entity.start}-{entity.end}, where there is {text[entity.start : entity.end]!r}"
        for entity in answer
        if not (0 <= entity.start < entity.end <= len(text) and text[entity.start : entity.end] == entity.text)
    ]
    unlabelled = [f"{entity.text!r} has no label" for entity in answer if not entity.label]
    unsorted = [
        f"{later.text!r} at {later.start} follows an entity at {earlier.start}; expected rising starts"
        for earlier, later in pairwise(answer)
        if later.start < earlier.start
    ]
    return (misplaced + unlabelled + unsorted)[:3]


def _example() -> Example:
    """A sentence with a person, a place and a year: something of it is found."""
    text = "Barack Obama visited Paris in 2015."
    truth = (_entity(text, 0, 12, "PERSON"), _entity(text, 21, 26, "GPE"), _entity(text, 30, 34, "DATE"))

    def surprise(answer: list[Entity]) -> str:
        return "" if answer else f"finds no entity in {text!r}; expected at least one of three"

    return Example((text,), truth, surprise)


def _chance(rng: np.random.Generator, text: str) -> list[Entity]:
    """Every fifth word or so, with any label."""
    words = [match.span() for match in re.finditer(r"\w+", text)]
    return [_entity(text, start, end, str(rng.choice(_COMMON))) for start, end in words if rng.random() < 0.2]


CAPABILITY = Capability(
    name="ner",
    title="Named entity recognition",
    call="extract(text: str) -> list[Entity]",
    answer="list[Entity], with OntoNotes labels",
    inputs=(("text", "text"),),
    columns=(
        Column("text", "the text"),
        Column("entities", "[{start, end, label}, ...]: character offsets in the text, OntoNotes labels; [] if there are none"),
        Column("labels", "[label, ...] that were marked; answers with others are not counted; all if absent", required=False),
    ),
    metrics=(entities.ENTITY_F1, entities.PARTIAL_F1, entities.PRECISION, entities.RECALL),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda text: [],
    chance=_chance,
    ideal=lambda reference, text: list(reference),
)
