"""The result of a pipeline: who said what when, entities, summary and chapters, in one JSON file.

All times are seconds from the beginning of the recording. Names of speakers are unique within the recording; they are empty where no
speaker was found, and everywhere in a conversation without diarization.
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
"""Version of the decoding: raised with every change of its output, so that older working copies are replaced."""


class SourceRecording(Strict):
    """The original recording."""

    file: str = Field(description="file name, without folders")
    sha256: str
    duration: float = Field(description="of the audio, in seconds")
    sample_rate: int = Field(description="Hz")
    channels: int
    codec: str = Field(description="as FFmpeg or libsndfile calls it")
    track: int = Field(default=0, description="the selected audio track, from 1; 0: the track marked as default, or the first")
    decoder: int = Field(default=1, description="the version of the decoding")
    notes: tuple[str, ...] = Field(default=(), description="remarks about the audio, one sentence each")

    @property
    def key(self) -> str:
        """Key of the working copy: the digest of the recording, and its track and notes where there are any."""
        fields = [self.sha256, str(self.track), *self.notes]
        return hashlib.sha256("\n".join(fields).encode()).hexdigest() if self.track or self.notes else self.sha256


class SpokenWord(Strict):
    """A word with its times and speaker."""

    text: str
    start: float
    end: float
    speaker: str = ""
    timed: bool = Field(
        default=True,
        description="whether the recogniser gave its times; else they are interpolated over the speech it was recognised in",
    )


class Utterance(Strict):
    """Words of one speaker without a long pause: ``words[first:last]`` of the conversation."""

    speaker: str
    start: float
    end: float
    text: str = Field(description="its words, separated by spaces where the script uses them")
    first: int
    last: int


class Mention(Strict):
    """A named entity with its position: ``words[first:last]`` of the conversation."""

    text: str
    label: str
    start: float
    end: float
    speaker: str
    first: int
    last: int


class Summary(Strict):
    """The summary of the conversation and of each speaker."""

    overall: str = ""
    per_speaker: dict[str, str] = {}


class Chapter(Strict):
    """A section about one subject; ``keywords`` are its words of highest tf-idf among the chapters, in descending order."""

    start: float
    end: float
    title: str
    keywords: tuple[str, ...] = ()


class StageRecord(Strict):
    """The model of a stage, and its time and memory."""

    stage: str
    model: str = ""
    revision: str = Field(default="", description="hash of the model's folder")
    options: dict[str, Any] = {}
    device: str = "cpu"
    chunks: int = Field(default=0, description="number of inputs of the model")
    from_cache: int = Field(default=0, description="number of inputs answered by an earlier run")
    seconds: float = Field(default=0.0, description="time of the stage in this run, including loading")
    model_s: float = Field(default=0.0, description="inference time of all answers, including those of earlier runs")
    peak_memory_mb: float | None = Field(default=None, description="of its worker; None if no worker was started")

    def __str__(self) -> str:
        """A one-line summary.

        >>> print(StageRecord(stage="asr", model="whisper", chunks=9, from_cache=2, seconds=12.34, peak_memory_mb=612.4))
        asr (whisper): 12.3 s, 612 MB, 2 of 9 answers from cache
        """
        model = f" ({self.model})" if self.model else ""
        memory = f", {self.peak_memory_mb:.0f} MB" if self.peak_memory_mb else ""
        cached = f", {self.from_cache} of {self.chunks} answers from cache" if self.from_cache else ""
        return f"{self.stage}{model}: {self.seconds:.1f} s{memory}{cached}"


class Conversation(Strict):
    """A processed recording."""

    schema_version: int = SCHEMA_VERSION
    recipe: str = Field(description="the recipe's title")
    source: SourceRecording
    sound: str = Field(description="the working copy used by later stages, mono 16 kHz WAV, in the folder of this file")
    speech: tuple[Segment, ...] = Field(default=(), description="speech segments; ascending, without overlap")
    turns: tuple[Turn, ...] = Field(default=(), description="speaker turns; may overlap")
    words: tuple[SpokenWord, ...] = Field(default=(), description="ascending in time")
    utterances: tuple[Utterance, ...] = Field(default=(), description="all words, each in exactly one utterance")
    entities: tuple[Mention, ...] = ()
    summary: Summary | None = Field(default=None, description="None if the recipe has no summary stage")
    chapters: tuple[Chapter, ...] = ()
    notes: tuple[str, ...] = Field(
        default=(), description="remarks for the reader, one sentence each, e.g. that no speech was found"
    )
    stages: tuple[StageRecord, ...] = ()

    @property
    def duration(self) -> float:
        """Length of the recording in seconds."""
        return self.source.duration

    @property
    def speakers(self) -> tuple[str, ...]:
        """All speakers with a turn or a word, by first appearance."""
        turns = [(turn.start, turn.speaker) for turn in self.turns]
        words = [(word.start, word.speaker) for word in self.words]
        return tuple(dict.fromkeys(speaker for _, speaker in sorted(turns + words) if speaker))

    @property
    def text(self) -> str:
        """The transcript, one utterance per line."""
        return "\n".join(utterance.text for utterance in self.utterances)

    def write(self, folder: Path) -> Path:
        """Write ``conversation.json`` atomically."""
        path = folder / FILE
        write_text(path, self.model_dump_json(indent=1) + "\n")
        return path


def read(path: Path) -> Conversation:
    """Read a conversation from a JSON file, or from the folder that contains it. Raises `StoreError` if it cannot be read."""
    path = path / FILE if path.is_dir() else path
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); run: model-lab pipeline FILE") from None
    if data.get("schema_version") != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema {data.get('schema_version')}, expected {SCHEMA_VERSION}; run the pipeline again; cached answers are reused"
        )
    return parse(Conversation, data, path)
