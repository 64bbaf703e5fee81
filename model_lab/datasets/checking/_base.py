"""What all checks share: a suspicion, the checks by name, and a sample as the rules read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from model_lab.capabilities import Capability

Severity: TypeAlias = Literal["error", "warning", "note"]
"""``error``: a run fails on it, or its scores are wrong; ``warning``: probably a fault of the data; ``note``: good to know."""


@dataclass(frozen=True)
class Check:
    """A kind of suspicion.

    Attributes:
        name: What it is called in JSON and in tables.
        severity: How bad it is.
        title: What is checked, in words.
        advice: What to do about it.
    """

    name: str
    severity: Severity
    title: str
    advice: str


@dataclass(frozen=True)
class Suspicion:
    """Something that may be wrong.

    Attributes:
        check: The check that raised it.
        sample: Id of the sample; empty if it concerns the data as a whole.
        origin: ``FILE:LINE`` of the sample.
        seen: What was seen, one sentence with the values.
        sounds: Files to listen to.
    """

    check: Check
    sample: str
    origin: str
    seen: str
    sounds: tuple[Path, ...] = ()

    def row(self) -> dict[str, str]:
        """The suspicion as a row of a table or of JSON."""
        return {
            "check": self.check.name,
            "severity": self.check.severity,
            "sample": self.sample,
            "origin": self.origin,
            "seen": self.seen,
            "what to do": self.check.advice,
        }


@dataclass(frozen=True)
class Measure:
    """What a sound file holds, measured block by block while it is decoded once.

    Attributes:
        seconds: Its length.
        rate: Its sample rate in Hz.
        levels: RMS of each channel, of full scale.
        offsets: Mean of each channel, of full scale.
        clipped: Share of its samples that are clipped.
        clipped_at: Second of the first clipped sample.
        content: Digest of its samples, sample rate and channels: the same for the same sound in two lossless formats.
        notes: What the decoder remarks about the file.
    """

    seconds: float
    rate: int
    levels: tuple[float, ...]
    offsets: tuple[float, ...]
    clipped: float
    clipped_at: float
    content: str
    notes: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.levels)


@dataclass(frozen=True)
class CheckedSample:
    """A row of the data with the files that it names; unlike `Sample` it may be faulty.

    Attributes:
        id: Its id; empty if it has none.
        row: Its columns.
        origin: ``FILE:LINE`` for messages.
        folder: Where its paths start.
        sounds: The sound files of its inputs that exist, by column, with a number where a column names several.
        fault: Why the row cannot be used; empty if it can.
        missing: The files that its inputs name and that do not exist.
    """

    id: str
    row: Mapping[str, Any]
    origin: str
    folder: Path
    sounds: Mapping[str, Path] = field(default_factory=dict)
    fault: str = ""
    missing: tuple[str, ...] = ()

    def text(self, column: str = "text") -> str:
        """A column's text; empty if it has none."""
        value = self.row.get(column)
        return value if isinstance(value, str) else ""

    def raises(self, check: Check, seen: str) -> Suspicion:
        """A suspicion about this sample, whose sounds can be listened to."""
        return Suspicion(check, self.id, self.origin, seen, tuple(self.sounds.values()))


@dataclass(frozen=True)
class CheckedData:
    """All samples, with what was measured in their files.

    Attributes:
        path: What was checked.
        capability: What the data is for.
        samples: All rows.
        measures: The sound of every file that can be decoded.
        undecodable: The reason for every other file.
    """

    path: Path
    capability: Capability
    samples: tuple[CheckedSample, ...]
    measures: Mapping[Path, Measure]
    undecodable: Mapping[Path, str]

    @property
    def transcribed(self) -> bool:
        """Whether the column ``text`` is what is said in the sound of ``audio``."""
        first = self.capability.inputs[0]
        return first == ("audio", "audio") and any(column.name == "text" for column in self.capability.columns)

    @property
    def has_texts(self) -> bool:
        """Whether the capability has a column ``text``."""
        return any(column.name == "text" for column in self.capability.columns)

    def heard(self) -> Iterator[tuple[CheckedSample, str, Path, Measure]]:
        """Every sample with each of its measured sounds and its column."""
        for sample in self.samples:
            for column, path in sample.sounds.items():
                if path in self.measures:
                    yield sample, column, path, self.measures[path]
