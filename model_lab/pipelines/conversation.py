"""What a pipeline makes of a recording: who said what when, and what it was about. One JSON file holds all of it.

All times are seconds from the beginning of the recording. A speaker's name is unique within the recording; it is empty where nobody
was found to speak, and everywhere in a conversation that was not diarized.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import Field

from model_lab.errors import StoreError
from model_lab.files import write_text
from model_lab.schemas import Strict, parse
from model_lab.types import Segment, Turn

SCHEMA_VERSION = 1
FILE = "conversation.json"
DECODER = 2
"""Raised with every change of what decoding makes of some recording: a working copy of an older one is made again."""


class SourceRecording(Strict):
    """The recording as it was given."""

    file: str = Field(description="its name, without folders")
    sha256: str
    duration: float = Field(description="of its sound, in seconds")
    sample_rate: int = Field(description="Hz")
    channels: int
    codec: str = Field(description="as FFmpeg or libsndfile calls it")
    track: int = Field(
        default=0, description="the sound track that was chosen, from 1; 0 if none was: the default one, or the first"
    )
    decoder: int = Field(default=1, description="the version of the decoding")
    notes: tuple[str, ...] = Field(default=(), description="what is to be known of its sound, a sentence each")

    @property
    def key(self) -> str:
        """What names the sound of the working copy: the recording's digest, and how it was heard where that is out of the ordinary."""
        told = [self.sha256, str(self.track), *self.notes]
        return hashlib.sha256("\n".join(told).encode()).hexdigest() if self.track or self.notes else self.sha256


class SpokenWord(Strict):
    """A word, its time and who said it."""

    text: str
    start: float
    end: float
    speaker: str = ""
    timed: bool = Field(
        default=True, description="the recogniser gave its time; else it is its share of the speech it was heard in"
    )


class Utterance(Strict):
    """Words that one speaker says without a long pause: ``words[first:last]`` of the conversation."""

    speaker: str
    start: float
    end: float
    text: str = Field(description="its words, with a space between them where their script has one")
    first: int
    last: int


class Mention(Strict):
    """A named entity where it was said: ``words[first:last]`` of the conversation."""

    text: str
    label: str
    start: float
    end: float
    speaker: str
    first: int
    last: int


class Summary(Strict):
    """What was said, in short."""

    overall: str = ""
    per_speaker: dict[str, str] = {}


class Chapter(Strict):
    """A stretch of one subject; ``keywords`` are the words that set it apart from the other chapters, most telling first."""

    start: float
    end: float
    title: str
    keywords: tuple[str, ...] = ()


class StageRecord(Strict):
    """What a stage was and what it cost."""

    stage: str
    model: str = ""
    revision: str = Field(default="", description="hash of the model's folder")
    options: dict[str, Any] = {}
    device: str = "cpu"
    chunks: int = Field(default=0, description="questions that the model was asked")
    from_cache: int = Field(default=0, description="of them, those that an earlier run had answered")
    seconds: float = Field(default=0.0, description="what the stage took in this run, loading included")
    model_s: float = Field(default=0.0, description="what the model took over all its answers, whenever they were given")
    peak_memory_mb: float | None = Field(default=None, description="of its worker; None if none was needed")

    def __str__(self) -> str:
        """For a person, in one line.

        >>> print(StageRecord(stage="asr", model="whisper", chunks=9, from_cache=2, seconds=12.34, peak_memory_mb=612.4))
        asr (whisper): 12.3 s, 612 MB, 2 of 9 answers were there
        """
        model = f" ({self.model})" if self.model else ""
        memory = f", {self.peak_memory_mb:.0f} MB" if self.peak_memory_mb else ""
        kept = f", {self.from_cache} of {self.chunks} answers were there" if self.from_cache else ""
        return f"{self.stage}{model}: {self.seconds:.1f} s{memory}{kept}"


class Conversation(Strict):
    """A recording, taken apart."""

    schema_version: int = SCHEMA_VERSION
    recipe: str = Field(description="the recipe's title")
    source: SourceRecording
    sound: str = Field(description="the working copy that later stages heard, mono 16 kHz WAV, within the folder of this file")
    speech: tuple[Segment, ...] = Field(default=(), description="where anybody speaks; rising, without overlap")
    turns: tuple[Turn, ...] = Field(default=(), description="who speaks when; turns may overlap")
    words: tuple[SpokenWord, ...] = Field(default=(), description="rising in time")
    utterances: tuple[Utterance, ...] = Field(default=(), description="all words, each in one of them")
    entities: tuple[Mention, ...] = ()
    summary: Summary | None = Field(default=None, description="None if the recipe asks for none")
    chapters: tuple[Chapter, ...] = ()
    notes: tuple[str, ...] = Field(
        default=(), description="what a reader should know, a sentence each: that no speech was found, ..."
    )
    stages: tuple[StageRecord, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds of the recording."""
        return self.source.duration

    @property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who has a turn or a word, in the order of the first one."""
        turns = [(turn.start, turn.speaker) for turn in self.turns]
        words = [(word.start, word.speaker) for word in self.words]
        return tuple(dict.fromkeys(speaker for _, speaker in sorted(turns + words) if speaker))

    @property
    def text(self) -> str:
        """All that was said, an utterance a line."""
        return "\n".join(utterance.text for utterance in self.utterances)

    def write(self, folder: Path) -> Path:
        """Write ``conversation.json``, whole or not at all."""
        path = folder / FILE
        write_text(path, self.model_dump_json(indent=1) + "\n")
        return path


def read(path: Path) -> Conversation:
    """The conversation in a JSON file, or in the folder that holds it. Raises `StoreError` if there is none that can be read."""
    path = path / FILE if path.is_dir() else path
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); run: model-lab pipeline FILE") from None
    if data.get("schema_version") != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema {data.get('schema_version')}, expected {SCHEMA_VERSION}; run the pipeline again, its answers are kept"
        )
    return parse(Conversation, data, path)
