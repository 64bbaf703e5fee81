"""A conversation as a page to read and listen to. Clicking a word, an entity, a chapter or a speaker's timeline plays from there.

The page opens from disk and needs no network. Its style, its script and its sound are files beside it: `PAGE`, `STYLE`,
`SCRIPT`, `SOUND`.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from model_lab.errors import StoreError
from model_lab.files import translate_os_errors, write_text
from model_lab.pipelines.conversation import Chapter, Conversation, Mention, SpokenWord, Utterance
from model_lab.pipelines.decode import RATE
from model_lab.pipelines.run import COPY
from model_lab.report.conversation_files import clock
from model_lab.report.render import TEMPLATES, html
from model_lab.types import Audio, Segment, Turn
from model_lab.views.turns import letter
from model_lab.wording import spaced

PAGE, STYLE, SCRIPT = (f"conversation.{suffix}" for suffix in ("html", "css", "js"))
SOUND = "recording.flac"
"""What the page plays. FLAC, which every browser plays: about 50 MB an hour, a fifth of the working copy; written at a second or two an
hour; exact seeking, and the same samples that the models got. Opus is four times smaller but takes two minutes an hour to
write, and neither it nor Vorbis is known to older Safaris."""
_COLOURS = 8
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_TICKS = 6


@dataclass(frozen=True)
class SpeakerLegend:
    """A speaker as the page shows them: a letter and a colour. ``share`` is of the time that all of them speak, 0..1."""

    name: str
    letter: str
    colour: int
    seconds: float
    share: float
    lane: str


@dataclass(frozen=True)
class UtterancePart:
    """Words of an utterance, all within one entity or within none."""

    words: Sequence[SpokenWord]
    mention: Mention | None = None


@dataclass(frozen=True)
class Passage:
    """An utterance; ``chapter`` is the number of the chapter that begins with it."""

    utterance: Utterance
    pieces: Sequence[UtterancePart]
    chapter: int | None = None


def write(conversation: Conversation, folder: Path) -> Path:
    """Write the page of a conversation into its pipeline's folder, which holds the recording; returns the path of the HTML.

    The sound is written once. Raises `StoreError` if the recording's working copy cannot be read, or the disk refuses.
    """
    _sound(folder / COPY, folder / SOUND)
    write_text(folder / STYLE, "".join((TEMPLATES / name).read_text("utf-8") for name in ("palette.css", "style.css", STYLE)))
    write_text(folder / SCRIPT, (TEMPLATES / SCRIPT).read_text("utf-8"))
    write_text(folder / PAGE, page(conversation))
    return folder / PAGE


def page(conversation: Conversation) -> str:
    """The page as HTML."""
    return html(
        PAGE,
        run=conversation.recipe,
        title=conversation.source.file,
        conversation=conversation,
        clock=clock,
        gap=lambda before, after: " " if spaced(before, after) else "",
        sound=SOUND,
        voices={voice.name: voice for voice in _voices(conversation)},
        anybody="" if conversation.speakers else _lane(conversation.speech),
        borders=_lane([Segment(part.start, part.end) for part in conversation.chapters[::2]])
        if len(conversation.chapters) > 1
        else "",
        ticks=_ticks(conversation.duration),
        labels=_labels(conversation.entities),
        named=_named(conversation.entities),
        passages=list(_passages(conversation)),
        untimed=any(not word.timed for word in conversation.words),
    )


def _sound(copy: Path, flac: Path) -> None:
    """The working copy as 16-bit FLAC, a block at a time, unless it is there."""
    import soundfile

    if flac.exists() and copy.exists() and flac.stat().st_mtime >= copy.stat().st_mtime:
        return
    partial = flac.with_name(flac.name + ".partial")
    try:
        with (
            translate_os_errors(flac),
            soundfile.SoundFile(copy) as source,
            soundfile.SoundFile(partial, "w", RATE, 1, format="FLAC", subtype="PCM_16") as target,
        ):
            for block in source.blocks(RATE * 10, dtype="float32"):
                target.write(Audio(block, RATE).pcm16())
        os.replace(partial, flac)
    except soundfile.LibsndfileError as error:
        raise StoreError(
            f"{copy} cannot be made {flac.name} ({error}); run: model-lab pipeline FILE --out {copy.parent}"
        ) from None
    finally:
        partial.unlink(missing_ok=True)


def _voices(conversation: Conversation) -> Iterator[SpeakerLegend]:
    turns: dict[str, list[Turn]] = {name: [] for name in conversation.speakers}
    for turn in conversation.turns:
        if turn.speaker:
            turns[turn.speaker].append(turn)
    spoken = {name: sum(turn.end - turn.start for turn in own) for name, own in turns.items()}
    total = sum(spoken.values()) or 1.0
    for number, (name, own) in enumerate(turns.items()):
        yield SpeakerLegend(name, letter(number), number % _COLOURS, spoken[name], spoken[name] / total, _lane(own))


def _lane(spans: Iterable[Segment | Turn]) -> str:
    """Stretches of time as the path of an SVG that is 1 high and as many units wide as there are seconds."""
    return "".join(f"M{span.start:.2f} 0h{span.end - span.start:.2f}v1H{span.start:.2f}z" for span in spans)


def _ticks(duration: float) -> list[tuple[float, str]]:
    """Where an axis of time is marked, in per cent, and with what; at most `_TICKS` marks.

    >>> _ticks(30.0)
    [(0.0, '0:00:00'), (33.33, '0:00:10'), (66.67, '0:00:20')]
    """
    step = next((step for step in _STEPS if duration / step < _TICKS), _STEPS[-1])
    return [(round(100 * at / duration, 2), clock(at)) for at in range(0, int(duration * 0.95) + 1, step)] if duration else []


def _labels(mentions: Sequence[Mention]) -> dict[str, int]:
    """The labels of entities, the most frequent first, and how many bear each."""
    return dict(Counter(mention.label for mention in mentions).most_common())


def _named(mentions: Sequence[Mention]) -> dict[str, dict[str, list[Mention]]]:
    """Mentions by label and by what is named, whatever its case."""
    named: dict[str, dict[str, list[Mention]]] = {label: {} for label in _labels(mentions)}
    for mention in mentions:
        named[mention.label].setdefault(mention.text.casefold(), []).append(mention)
    return named


def _passages(conversation: Conversation) -> Iterator[Passage]:
    entities = sorted(conversation.entities, key=lambda mention: (mention.first, -mention.last))
    firsts = [mention.first for mention in entities]
    headed = _headed(conversation.chapters, conversation.utterances)
    for number, utterance in enumerate(conversation.utterances):
        inside = entities[bisect_left(firsts, utterance.first) : bisect_left(firsts, utterance.last)]
        yield Passage(utterance, list(_pieces(conversation.words, utterance, inside)), headed.get(number))


def _pieces(words: Sequence[SpokenWord], utterance: Utterance, mentions: Sequence[Mention]) -> Iterator[UtterancePart]:
    """The words of an utterance; of mentions that share a word, the first counts."""
    place = utterance.first
    for mention in mentions:
        if mention.first < place or mention.first >= mention.last:
            continue
        if place < mention.first:
            yield UtterancePart(words[place : mention.first])
        place = min(mention.last, utterance.last)
        yield UtterancePart(words[mention.first : place], mention)
    if place < utterance.last:
        yield UtterancePart(words[place : utterance.last])


def _headed(chapters: Sequence[Chapter], utterances: Sequence[Utterance]) -> dict[int, int]:
    """The number of an utterance -> the number of the chapter that begins with it, where there are several chapters."""
    if len(chapters) < 2:
        return {}
    starts = [utterance.start for utterance in utterances]
    places = [bisect_left(starts, chapter.start) for chapter in chapters] + [len(utterances)]
    return {place: number for number, (place, following) in enumerate(pairwise(places)) if place < following}
