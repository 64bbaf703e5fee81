"""References of recordings for evaluating a pipeline: words with speakers, turns, entities and a summary.

A JSONL manifest like that of every dataset (see `datasets.manifest`), with the columns of `COLUMNS`. Words keep their original case,
which NER models depend on. Without words but with turns, as in diarization datasets, only the turns are evaluated.
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
    replace(columns.AUDIO, meaning="path of an audio or video file, relative to the manifest"),
    Column("words", "[{text, start, end, speaker}, ...] in seconds; if absent, only turns are evaluated", required=False),
    Column("turns", "[{start, end, speaker}, ...] in seconds; from the words if absent", required=False),
    Column("rttm", "path of an RTTM file, in place of turns", required=False),
    Column("uem", "[[start, end], ...] regions in which turns are evaluated, in seconds; all if absent", required=False),
    Column("entities", "[{text, label, start, end}, ...] in seconds; not evaluated if absent", required=False),
    Column("labels", "[label, ...] of the annotated entities; all labels that occur if absent", required=False),
    Column("marked", "[[start, end], ...] regions annotated with entities, in seconds; all if absent", required=False),
    Column("summary", "a reference summary; not evaluated if absent", required=False),
    Column("clean", "path of the same recording without noise", required=False),
    LANGUAGE,
)
PAUSE_S = 0.5
"""A turn derived from words ends where its speaker pauses for at least this long, in seconds."""


@dataclass(frozen=True)
class NamedEntity:
    """An entity with its times in seconds."""

    text: str
    label: str
    start: float
    end: float


@dataclass(frozen=True)
class RecordingReference:
    """The reference of a recording; words and turns ascend in time. None where it is not available.

    ``scored``: regions in which turns are evaluated; empty = everywhere. ``clean``: the recording without noise.
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
    """A recording and its reference; ``group`` is the cluster of the bootstrap."""

    id: str
    audio: Path
    group: str
    reference: RecordingReference


def read(path: Path) -> list[Recording]:
    """The recordings of a manifest. Raises `BadManifest`, naming the line, for invalid content."""
    return [_recording(sample) for sample in manifest.read(path, _manifest_format())]


def _recording(sample: manifest.Sample) -> Recording:
    (audio,) = sample.inputs
    return Recording(sample.id, audio, sample.group, sample.reference())


def _manifest_format() -> Capability:
    """The format of this manifest, for the reader shared by all manifests."""
    return replace(capability("diarization"), name="pipeline", columns=COLUMNS, reference=_reference, latest=_latest)


def _reference(row: Row, resolve: Resolve) -> RecordingReference:
    words = _words(row) if "words" in row else None
    if words is None and (more := [name for name in ("entities", "summary") if name in row]):
        raise BadManifest(f"column {more[0]!r} needs column 'words', which is missing; add the words")
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
        raise BadManifest("columns 'words' and 'turns' are both missing; expected at least one of them")
    return _turns(words)


def _entities(row: Row) -> EntityTruth:
    items = columns.items(row, "entities", "[{text, label, start, end}, ...]")
    return EntityTruth(
        tuple(_named_entity(item, f"entities[{place}]") for place, item in enumerate(items)),
        frozenset(columns.names(row, "labels")) if "labels" in row else frozenset(),
        language_of(row),
        columns.spans(row, "marked") if "marked" in row else (),
    )


def _summary(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise BadManifest(f"column 'summary' is {columns.described(text)}; expected text")
    return text


def _words(row: Row) -> tuple[SpokenWord, ...]:
    items = columns.items(row, "words", "[{text, start, end, speaker}, ...]")
    words = [_word(item, f"words[{place}]") for place, item in enumerate(items)]
    return tuple(sorted(words, key=lambda word: (word.start, word.end)))


def _word(item: object, what: str) -> SpokenWord:
    text, start, end, speaker = columns.as_fields(item, what, "text", "start", "end", "speaker")
    first, last = columns.span(start, end, what)
    return SpokenWord(text=columns.as_text(text, what), start=first, end=last, speaker=columns.as_name(speaker, what))


def _named_entity(item: object, what: str) -> NamedEntity:
    text, label, start, end = columns.as_fields(item, what, "text", "label", "start", "end")
    return NamedEntity(columns.as_name(text, what), columns.as_name(label, what), *columns.span(start, end, what))


def _latest(reference: RecordingReference) -> float:
    entities = reference.entities.entities if reference.entities else ()
    marked = reference.entities.marked if reference.entities else ()
    all_spans: tuple[Sequence[SpokenWord | Turn | Segment | Named], ...] = (
        reference.words or (),
        reference.turns,
        reference.scored,
        entities,
        marked,
    )
    return max((span.end for spans in all_spans for span in spans), default=0.0)


def _turns(words: Iterable[SpokenWord]) -> list[Turn]:
    """The turns of each speaker, derived from the words.

    >>> words = [SpokenWord(text="yes", start=start, end=start + 0.4, speaker="A") for start in (0.0, 0.5, 2.0)]
    >>> _turns(words)
    [Turn(start=0.0, end=0.9, speaker='A'), Turn(start=2.0, end=2.4, speaker='A')]
    """
    turns: list[Turn] = []
    latest: dict[str, int] = {}
    for word in words:
        before = turns[latest[word.speaker]] if word.speaker in latest else None
        if before and word.start - before.end < PAUSE_S:
            turns[latest[word.speaker]] = Turn(before.start, max(before.end, word.end), word.speaker)
        else:
            latest[word.speaker] = len(turns)
            turns.append(Turn(word.start, word.end, word.speaker))
    return turns
