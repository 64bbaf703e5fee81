"""Texts with their entities, and transcripts with their errors, as parts of a page."""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.languages import ENGLISH, unspaced
from model_lab.metrics.entities import Marked as MarkedTruth
from model_lab.report import word_diff
from model_lab.report.site.parts import AlignedText, MarkedText, Part, Remark, Stretch, Text, Verdict
from model_lab.types import Entity, StreamTranscript, Transcript


def difference(capability: str, reference: Transcript | None, said: str) -> list[Part]:
    """What was heard against what was said; plain text where that is not known."""
    if reference is None:
        return [Text(said) if said.strip() else Remark("It heard nothing.")]
    if capability == "phones":
        sides, unit = (word_diff.spoken_phones(reference.text), word_diff.spoken_phones(said)), "phones"
    else:
        language = reference.language or ENGLISH
        sides = word_diff.words(reference.text, language), word_diff.words(said, language)
        unit = "characters" if unspaced(language) else "words"
    shown = AlignedText(word_diff.aligned(*sides), unit)
    return [shown] if shown.pieces else [Remark("It heard nothing, and nothing was said.")]


def stream(said: StreamTranscript) -> Remark:
    """When a streaming recogniser spoke."""
    spoken = [event for event in said.events if event.text.strip()]
    if not spoken:
        return Remark("It never said a word.")
    return Remark(
        f"Its first text came {spoken[0].said:.2f} s after the sound began, the last of {len(said.events)} events at "
        f"{said.events[-1].said:.2f} s."
    )


def marked(text: str, entities: Sequence[Entity], reference: MarkedTruth | None) -> MarkedText:
    """``text`` with the entities that are inside it; of those that overlap the first is marked.

    Without a ``reference`` nothing is right or wrong, nor is an entity of a label that was not looked for in it.
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


def _verdict(entity: Entity, reference: MarkedTruth | None) -> Verdict:
    if reference is None or (reference.labels and entity.label not in reference.labels):
        return ""
    return "right" if _place(entity) in map(_place, reference) else "wrong"


def _place(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.label
