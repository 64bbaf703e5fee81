"""What an annotation says, as the rows that a capability reads.

A format declares for which capabilities it makes rows, and how (`Builders`); for any other one a sentence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from model_lab.capabilities import Capability
from model_lab.datasets.imports._base import Excerpt, ImportOptions, ImportRow
from model_lab.datasets.imports.annotations.pairing import Annotated
from model_lab.datasets.spans import union
from model_lab.errors import BadManifest
from model_lab.formats import SpokenSegment
from model_lab.types import Note, Segment, Turn, Word

Content = TypeVar("Content")

Builders: TypeAlias = Mapping[str, Callable[[Annotated[Content]], Iterable[ImportRow]]]
"""Capability -> the rows of a recording; the first one is taken where no capability is known."""

NOBODY = ("", "unknown")
"""Names of speakers that stand for none."""


def built(
    builders: Builders[Content], recordings: Iterable[Annotated[Content]], options: ImportOptions, title: str
) -> Iterator[ImportRow]:
    """The rows of all recordings for the capability.

    Raises:
        BadManifest: The format says nothing that the capability needs.
    """
    name = options.capability.name if options.capability else next(iter(builders))
    if name not in builders:
        raise BadManifest(f"{title} says nothing that {name} needs; it can be read with --capability {' or '.join(builders)}")
    for recording in recordings:
        yield from builders[name](recording)


def whole(recording: Annotated[Any], **columns: Any) -> ImportRow:
    """A row of a whole recording."""
    return {"id": recording.name, "audio": recording.sound, **columns}


def turns(recording: Annotated[Sequence[Turn]]) -> list[ImportRow]:
    """Who speaks when."""
    return [
        whole(recording, turns=[{"start": turn.start, "end": turn.end, "speaker": turn.speaker} for turn in recording.content])
    ]


def speech(
    recording: Annotated[Sequence[Turn]] | Annotated[Sequence[Segment]] | Annotated[Sequence[SpokenSegment]],
) -> list[ImportRow]:
    """Where anybody speaks: the union of all segments."""
    return [whole(recording, speech=union((each.start, each.end) for each in recording.content))]


def spoken_turns(recording: Annotated[Sequence[SpokenSegment]]) -> list[ImportRow]:
    """Who speaks when, by segments with the name of a speaker."""
    if nameless := next((each for each in recording.content if each.speaker in NOBODY), None):
        raise BadManifest(
            f"{recording.sound.name}: the segment at {nameless.start:g} s names no speaker; diarization needs one in each"
        )
    named = [Turn(each.start, each.end, each.speaker) for each in recording.content]
    return turns(Annotated(recording.name, recording.sound, named))


def utterances(recording: Annotated[Sequence[SpokenSegment]]) -> Iterator[ImportRow]:
    """Every segment with a text as a sample of its own; its cluster is its speaker, or the recording where none is named."""
    for number, each in enumerate((each for each in recording.content if each.text), 1):
        cluster = {"group": recording.name} if each.speaker in NOBODY else {"speaker": each.speaker}
        yield {
            "id": f"{recording.name}-{number:04}",
            "audio": Excerpt(recording.sound, each.start, each.end),
            "text": each.text,
            **cluster,
        }


def transcript(recording: Annotated[Sequence[Word]]) -> list[ImportRow]:
    """The words of the whole recording as its text."""
    return [whole(recording, text=" ".join(word.text for word in recording.content))]


def words(recording: Annotated[Sequence[Word]]) -> list[ImportRow]:
    """Every word with its time; words that last no time are kept one millisecond long."""
    ordered = sorted(recording.content, key=lambda word: word.start)
    timed = [[word.text, word.start, max(word.end, word.start + 0.001)] for word in ordered]
    return [whole(recording, text=" ".join(word.text for word in ordered), words=timed)]


def notes(recording: Annotated[Sequence[Note]]) -> list[ImportRow]:
    """Every note: onset and offset in seconds, pitch in Hz."""
    return [whole(recording, notes=[[note.onset, note.offset, note.pitch_hz] for note in recording.content])]


def without_text(recordings: Iterable[Annotated[Sequence[SpokenSegment]]], capability: Capability | None) -> list[str]:
    """How many segments have no text and are therefore no samples of recognition, as a clause."""
    if capability is None or capability.name not in ("asr", "asr_stream"):
        return []
    count = sum(not each.text for recording in recordings for each in recording.content)
    return [f"left out: {count:,} segment{'s' * (count != 1)} without text"] if count else []
