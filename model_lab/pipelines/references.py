"""What is known of recordings that a pipeline is judged on: who said which words when, which entities were named, what it was about.

A JSONL manifest as every dataset has (see `datasets.manifest`), with the columns of `COLUMNS`. Words stand as they are written:
recognisers of names mind capitals, and one that reads the true words reads them as they stand there. Where there are no words but
turns, as in any dataset for diarization, who speaks when is judged alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model_lab.capabilities import Capability, Column, capability
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Resolve, Row, language_of
from model_lab.capabilities.diarization import turns_of
from model_lab.datasets import manifest
from model_lab.errors import BadManifest
from model_lab.formats import rttm
from model_lab.metrics.meetings import EntityTruth, Named
from model_lab.pipelines.conversation import SpokenWord
from model_lab.types import Segment, Turn

COLUMNS = (
    replace(columns.AUDIO, meaning="path of a sound or video file, relative to the manifest"),
    Column("words", "[{text, start, end, speaker}, ...] in seconds; only turns are judged if absent", required=False),
    Column("turns", "[{start, end, speaker}, ...] in seconds; from the words if absent", required=False),
    Column("rttm", "path of an RTTM file, in place of turns", required=False),
    Column("uem", "[[start, end], ...] in which turns are judged, in seconds; all if absent", required=False),
    Column("entities", "[{text, label, start, end}, ...] in seconds; not judged if absent", required=False),
    Column("labels", "[label, ...] of the entities that were marked; all there are if absent", required=False),
    Column("marked", "[[start, end], ...] in which entities were marked, in seconds; everywhere if absent", required=False),
    Column("summary", "a summary by a person; not judged if absent", required=False),
    Column("clean", "path of the same recording without what disturbs it", required=False),
    LANGUAGE,
)
PAUSE_S = 0.5
"""A turn that is made from words ends where its speaker says nothing for so long."""


@dataclass(frozen=True)
class Name:
    """An entity where it was said (seconds)."""

    text: str
    label: str
    start: float
    end: float


@dataclass(frozen=True)
class RecordingReference:
    """What happens in a recording; words and turns rise in time. What is None is not known.

    ``scored``: where turns are judged; empty = everywhere. ``clean``: the file of the recording without what disturbs it.
    """

    words: tuple[SpokenWord, ...] | None
    turns: tuple[Turn, ...]
    language: str = "en"
    entities: EntityTruth | None = None
    summary: str | None = None
    scored: tuple[Segment, ...] = ()
    clean: Path | None = None


@dataclass(frozen=True)
class Recording:
    """A recording and its truth; ``group`` is what the bootstrap draws together."""

    id: str
    audio: Path
    group: str
    truth: RecordingReference


def read(path: Path) -> list[Recording]:
    """The recordings of a manifest. Raises `BadManifest`, naming the line, for anything that is not as it should be."""
    return [_recording(sample) for sample in manifest.read(path, _asked())]


def _recording(sample: manifest.Sample) -> Recording:
    (audio,) = sample.inputs
    return Recording(sample.id, audio, sample.group, sample.reference())


def _asked() -> Capability:
    """What a manifest of recordings asks, in terms of the reader that all manifests share."""
    return replace(capability("diarization"), name="pipeline", columns=COLUMNS, reference=_truth, latest=_latest)


def _truth(row: Row, resolve: Resolve) -> RecordingReference:
    words = _words(row) if "words" in row else None
    if words is None and (more := [name for name in ("entities", "summary") if name in row]):
        raise BadManifest(f"column {more[0]!r} is there and column 'words' is not; add the words, out of which {more[0]} come")
    turns = tuple(sorted(_all_turns(row, resolve, words), key=lambda turn: (turn.start, turn.end)))
    columns.distinct({turn.speaker for turn in turns} | {word.speaker for word in words or ()}, "words or turns")
    return RecordingReference(
        words,
        turns,
        language_of(row),
        _entities(row) if "entities" in row else None,
        _summary(row["summary"]) if "summary" in row else None,
        columns.spans(row, "uem") if "uem" in row else (),
        resolve(row["clean"]) if "clean" in row else None,
    )


def _all_turns(row: Row, resolve: Resolve, words: Sequence[SpokenWord] | None) -> Iterable[Turn]:
    columns.one_alone(row, "rttm", "turns")
    if "turns" in row:
        return turns_of(row)
    if "rttm" in row:
        return rttm.turns(resolve(row["rttm"]), Path(row["audio"]).stem)
    if words is None:
        raise BadManifest("columns 'words' and 'turns' are both missing; expected one of them: words, or who speaks when")
    return _turns(words)


def _entities(row: Row) -> EntityTruth:
    told = columns.items(row, "entities", "[{text, label, start, end}, ...]")
    return EntityTruth(
        tuple(_name(one, f"entities[{place}]") for place, one in enumerate(told)),
        frozenset(columns.names(row, "labels")) if "labels" in row else frozenset(),
        language_of(row),
        columns.spans(row, "marked") if "marked" in row else (),
    )


def _summary(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise BadManifest(f"column 'summary' is {columns.described(text)}; expected text")
    return text


def _words(row: Row) -> tuple[SpokenWord, ...]:
    told = columns.items(row, "words", "[{text, start, end, speaker}, ...]")
    words = [_word(one, f"words[{place}]") for place, one in enumerate(told)]
    return tuple(sorted(words, key=lambda word: (word.start, word.end)))


def _word(told: object, what: str) -> SpokenWord:
    text, start, end, speaker = columns.as_fields(told, what, "text", "start", "end", "speaker")
    first, last = columns.span(start, end, what)
    return SpokenWord(text=columns.as_text(text, what), start=first, end=last, speaker=columns.as_name(speaker, what))


def _name(told: object, what: str) -> Name:
    text, label, start, end = columns.as_fields(told, what, "text", "label", "start", "end")
    return Name(columns.as_name(text, what), columns.as_name(label, what), *columns.span(start, end, what))


def _latest(truth: RecordingReference) -> float:
    named = truth.entities.entities if truth.entities else ()
    marked = truth.entities.marked if truth.entities else ()
    known: tuple[Sequence[SpokenWord | Turn | Segment | Named], ...] = (
        truth.words or (),
        truth.turns,
        truth.scored,
        named,
        marked,
    )
    return max((span.end for spans in known for span in spans), default=0.0)


def _turns(words: Iterable[SpokenWord]) -> list[Turn]:
    """The stretches in which each speaker says word after word.

    >>> said = [SpokenWord(text="yes", start=start, end=start + 0.4, speaker="A") for start in (0.0, 0.5, 2.0)]
    >>> _turns(said)
    [Turn(start=0.0, end=0.9, speaker='A'), Turn(start=2.0, end=2.4, speaker='A')]
    """
    found: list[Turn] = []
    latest: dict[str, int] = {}
    for word in words:
        before = found[latest[word.speaker]] if word.speaker in latest else None
        if before and word.start - before.end < PAUSE_S:
            found[latest[word.speaker]] = Turn(before.start, max(before.end, word.end), word.speaker)
        else:
            latest[word.speaker] = len(found)
            found.append(Turn(word.start, word.end, word.speaker))
    return found
