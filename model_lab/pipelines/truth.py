"""What is known of recordings that a pipeline is judged on: who said which words when, and which entities were named.

A JSONL manifest as every dataset has (see `datasets.manifest`), with the columns of `COLUMNS`. Words stand as they are written:
recognisers of names mind capitals, and one that reads the true words reads them as they stand there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model_lab.capabilities import Capability, Column, capability
from model_lab.capabilities._base import Resolve, Row
from model_lab.datasets import manifest
from model_lab.errors import BadManifest
from model_lab.metrics.meetings import EntityTruth
from model_lab.pipelines.conversation import SpokenWord
from model_lab.types import Turn

COLUMNS = (
    Column("audio", "path of a sound or video file, relative to the manifest"),
    Column("words", "[{text, start, end, speaker}, ...] in seconds"),
    Column("turns", "[{start, end, speaker}, ...] in seconds; from the words if absent", required=False),
    Column("entities", "[{text, label, start, end}, ...] in seconds; not judged if absent", required=False),
    Column("labels", "[label, ...] of the entities that were marked; all there are if absent", required=False),
    Column("language", "ISO 639-1 code of what is said; en if absent", required=False),
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
class Truth:
    """What happens in a recording; words and turns rise in time. ``entities`` is None where they were not marked."""

    words: tuple[SpokenWord, ...]
    turns: tuple[Turn, ...]
    entities: EntityTruth | None
    language: str


@dataclass(frozen=True)
class Recording:
    """A recording and its truth; ``group`` is what the bootstrap draws together."""

    id: str
    audio: Path
    group: str
    truth: Truth


def read(path: Path) -> list[Recording]:
    """The recordings of a manifest. Raises `BadManifest`, naming the line, for anything that is not as it should be."""
    return [_recording(sample) for sample in manifest.read(path, _asked())]


def _recording(sample: manifest.Sample) -> Recording:
    (audio,) = sample.inputs
    truth = sample.reference()
    if truth is None:
        raise BadManifest(f"{sample.origin}: column 'words' is missing; expected {COLUMNS[1].meaning}")
    if not isinstance(audio, Path):
        raise BadManifest(f"{sample.origin}: column 'audio' is {sample.row['audio']!r}; expected the name of one file")
    return Recording(sample.id, audio, sample.group, truth)


def _asked() -> Capability:
    """What a manifest of recordings asks, in terms of the reader that all manifests share."""
    return replace(capability("diarization"), name="pipeline", columns=COLUMNS, reference=_truth)


def _truth(row: Row, resolve: Resolve) -> Truth:
    language = str(row.get("language", "en"))
    words = tuple(sorted(map(_word, row["words"]), key=lambda word: (word.start, word.end)))
    turns = tuple(map(_turn, row["turns"])) if "turns" in row else _turns(words)
    entities = None
    if "entities" in row:
        marked = tuple(map(_name, row["entities"]))
        entities = EntityTruth(marked, frozenset(map(str, row.get("labels", ()))), language)
    return Truth(words, tuple(sorted(turns, key=lambda turn: (turn.start, turn.end))), entities, language)


def _word(told: Mapping[str, Any]) -> SpokenWord:
    start, end = _span(told, f"the word {told['text']!r}")
    return SpokenWord(text=str(told["text"]), start=start, end=end, speaker=str(told["speaker"]))


def _turn(told: Mapping[str, Any]) -> Turn:
    return Turn(*_span(told, f"a turn of {told['speaker']}"), str(told["speaker"]))


def _name(told: Mapping[str, Any]) -> Name:
    return Name(str(told["text"]), str(told["label"]), *_span(told, f"the entity {told['text']!r}"))


def _span(told: Mapping[str, Any], what: str) -> tuple[float, float]:
    start, end = float(told["start"]), float(told["end"])
    if not 0 <= start < end < float("inf"):
        raise BadManifest(f"{what} is at {start:g}-{end:g} s; expected 0 <= start < end")
    return start, end


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
