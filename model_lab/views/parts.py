"""The parts of a page as plain data; ``kind`` names the macro of the report's ``sample_parts.html`` that writes each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from model_lab.types import Audio
from model_lab.views.word_diff import DiffStep

Verdict = Literal["right", "wrong", ""]
"""Whether something is right; empty where that is not known."""


@dataclass(frozen=True)
class Text:
    """A text as it is, with its line breaks."""

    kind: ClassVar = "text"
    text: str


@dataclass(frozen=True)
class Remark:
    """A sentence about what is shown, or about why it is not."""

    kind: ClassVar = "remark"
    text: str


@dataclass(frozen=True)
class Sound:
    """A sound to play, shown with its waveform and spectrogram.

    Attributes:
        label: Which sound it is ("answer", "without the noise").
        source: The sound, or the path of its file as the dataset's manifest gives it.
    """

    label: str
    source: Audio | str


@dataclass(frozen=True)
class AlignedText:
    """A hypothesis aligned with its reference.

    Attributes:
        pieces: The steps of the alignment, in order.
        unit: What is aligned, in the plural ("words").
    """

    kind: ClassVar = "difference"
    pieces: tuple[DiffStep, ...]
    unit: str

    def count(self, kind: str) -> int:
        """The number of pieces of a kind (``equal``, ``substitute``, ``delete``, ``insert``)."""
        return sum(piece.kind == kind for piece in self.pieces)


@dataclass(frozen=True)
class Stretch:
    """A piece of a text, with its label where it is marked."""

    text: str
    label: str = ""
    verdict: Verdict = ""


@dataclass(frozen=True)
class MarkedText:
    """A text in which some stretches are labelled.

    Attributes:
        stretches: The whole text, piece by piece.
        missed: What the reference marks and the answer does not.
    """

    kind: ClassVar = "marked"
    stretches: tuple[Stretch, ...]
    missed: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelScore:
    """A class with its score, 0 to 1."""

    name: str
    score: float
    verdict: Verdict = ""


@dataclass(frozen=True)
class RankedLabels:
    """The first of a ranked list of classes.

    Attributes:
        first: The classes that are shown, best first.
        more: How many follow.
    """

    kind: ClassVar = "choices"
    first: tuple[LabelScore, ...]
    more: int = 0


@dataclass(frozen=True)
class Facts:
    """Names with their values, as a list."""

    kind: ClassVar = "facts"
    facts: Mapping[str, str] = field(default_factory=dict)


Part: TypeAlias = Text | Remark | Sound | AlignedText | MarkedText | RankedLabels | Facts
