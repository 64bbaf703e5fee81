"""Named entity recognition: names, places, dates and amounts in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Agreement, Capability, Column, Example, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest, nearest
from model_lab.metrics import entities
from model_lab.types import Entity
from model_lab.views.entities import ENTITIES

_COMMON = ("PERSON", "ORG", "GPE", "NORP", "DATE", "CARDINAL", "MONEY")
"""Frequent labels of OntoNotes 5, which the random baseline picks from."""

_ONTONOTES = frozenset(
    [
        "PERSON",
        "NORP",
        "FAC",
        "ORG",
        "GPE",
        "LOC",
        "PRODUCT",
        "EVENT",
        "WORK_OF_ART",
        "LAW",
        "LANGUAGE",
        "DATE",
        "TIME",
        "PERCENT",
        "MONEY",
        "QUANTITY",
        "ORDINAL",
        "CARDINAL",
    ]
)
_OTHER_SCHEMES = {"PER": "PERSON", "ORGANIZATION": "ORG", "ORGANISATION": "ORG", "LOCATION": "LOC", "FACILITY": "FAC"}
"""Labels of CoNLL 2003, ACE and MUC -> those of OntoNotes 5."""


def _reference(row: Row, resolve: Resolve) -> entities.Marked:
    text, marks = columns.text(row, "text"), columns.items(row, "entities", "[{start, end, label}, ...]")
    entities_in_row = [_marked(text, mark, f"entities[{place}]") for place, mark in enumerate(marks)]
    marked = entities.Marked(sorted(entities_in_row, key=lambda entity: (entity.start, entity.end)))
    marked.labels = frozenset(map(_label, columns.names(row, "labels"))) if "labels" in row else frozenset()
    if twice := next((pair for pair in pairwise(marked) if pair[0] == pair[1]), None):
        raise BadManifest(f"{twice[0].text!r} at {twice[0].start} is marked {twice[0].label} twice; expected each entity once")
    columns.distinct({*marked.labels, *(entity.label for entity in entities_in_row)}, "entities or labels")
    if marked.labels and (strange := [entity for entity in entities_in_row if entity.label not in marked.labels]):
        raise BadManifest(
            f"{strange[0].text!r} is marked {strange[0].label}, which is not in labels{nearest(strange[0].label, marked.labels)}; "
            "expected all labels that were annotated"
        )
    return marked


def _marked(text: str, mark: object, what: str) -> Entity:
    """An entity of a row; if the row also has its text, that must be what is at its offsets."""
    start, end, label = columns.as_fields(mark, what, "start", "end", "label")
    first, last = (columns.as_whole(place, what, "characters") for place in (start, end))
    entity = _entity(text, first, last, _label(columns.as_name(label, f"{what}, its label,")))
    assert isinstance(mark, dict)
    written = columns.as_text(mark.get("text", entity.text), f"{what}, its text,")
    if written != entity.text:
        raise BadManifest(
            f"{what} is {written!r}, and {first}-{last} of the text is {entity.text!r}{_counted_in(text, first, last, written)}; "
            "expected offsets in characters (Unicode code points), the end not included"
        )
    if entity.text != entity.text.strip():
        raise BadManifest(f"{what}, {first}-{last} of the text, is {entity.text!r}; expected an entity without spaces around it")
    return entity


def _label(label: str) -> str:
    """``label``; raises `BadManifest` if it is another scheme's name or another spelling of a label of OntoNotes."""
    expected = _OTHER_SCHEMES.get(label.upper(), label.upper() if label.upper() in _ONTONOTES else label)
    if expected != label:
        raise BadManifest(
            f"an entity is marked {label!r}; expected {expected!r}, the label of OntoNotes 5 that models answer with"
        )
    return label


def _counted_in(text: str, start: int, end: int, written: str) -> str:
    """How the offsets of ``written`` are counted instead, as a clause; empty if unknown."""
    for unit, encoding, width in (("UTF-16 units, as JavaScript counts them", "utf-16-le", 2), ("bytes of UTF-8", "utf-8", 1)):
        if text.encode(encoding, "surrogatepass")[start * width : end * width] == written.encode(encoding, "surrogatepass"):
            return f" (they count {unit})"
    if text[start : end + 1] == written:
        return " (the end is included in them)"
    return " (they count from 1)" if start and text[start - 1 : end - 1] == written else ""


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
        f"{entity.text!r} is placed at {entity.start}-{entity.end}, where the text has {text[entity.start : entity.end]!r}"
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
    """A sentence with a person, a place and a year: at least one must be found."""
    text = "Barack Obama visited Paris in 2015."
    reference = (_entity(text, 0, 12, "PERSON"), _entity(text, 21, 26, "GPE"), _entity(text, 30, 34, "DATE"))

    def surprise(answer: list[Entity]) -> str:
        return "" if answer else f"finds no entity in {text!r}; expected at least one of three"

    return Example((text,), reference, surprise)


def _as_reference(answer: Sequence[Entity], reference: entities.Marked) -> entities.Marked | None:
    """The answered entities with the labels that were annotated; None if there are none."""
    marked = entities.Marked(entity for entity in answer if not reference.labels or entity.label in reference.labels)
    marked.labels = reference.labels
    return marked or None


def _chance(rng: np.random.Generator, text: str) -> list[Entity]:
    """Every fifth word or so, with any label."""
    words = [match.span() for match in re.finditer(r"\w+", text)]
    return [_entity(text, start, end, str(rng.choice(_COMMON))) for start, end in words if rng.random() < 0.2]


CAPABILITY = Capability(
    name="ner",
    title="Named entity recognition",
    in_words="{in_100} names are found with the right ends and kind (F1 of missed and invented ones)",
    call="extract(text: str) -> list[Entity]",
    answer="list[Entity], with OntoNotes labels",
    view=ENTITIES,
    inputs=(("text", "text"),),
    columns=(
        Column("text", "the text", aliases=("sentence", "content", "document")),
        Column(
            "entities",
            "[{start, end, label}, ...]: character offsets in the text, OntoNotes labels, optionally text to check them; [] if none",
            aliases=("spans", "ents", "annotations", "ner", "ner_tags"),
        ),
        Column("labels", "[label, ...] that were annotated; answers with others are not scored; all if absent", required=False),
    ),
    metrics=(
        entities.ENTITY_F1.with_margin(0.02, "a choice: about one entity in fifty to correct"),
        entities.PARTIAL_F1,
        entities.PRECISION,
        entities.RECALL,
    ),
    grading=Grading(
        (0.92, 0.85, 0.7, 0.5),
        reason=(
            "A reader feels each wrong name, and random spans earn nothing (0.01). Systems with contextual embeddings reach "
            "0.93 on the newspaper text of CoNLL-2003 that they were trained on, an A; on speech and informal text the same "
            "systems lose 10 to 30 points."
        ),
        source=(
            "Tjong Kim Sang and De Meulder 2003; Akbik et al. 2018, Contextual String Embeddings for Sequence Labeling "
            "(93.09 on CoNLL-2003)"
        ),
    ),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda text: [],
    chance=_chance,
    ideal=lambda reference, text: list(reference),
    agreement=Agreement(_as_reference, agree=0.8, differ=0.5),
    hub_task="token-classification",
)
