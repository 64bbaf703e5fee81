"""What stands on the page of a sample, before it is HTML; ``kind`` names the macro of ``sample_parts.html`` that writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from model_lab.report.sounds import PlayableSound
from model_lab.report.word_diff import DiffStep

Verdict = Literal["right", "wrong", ""]


@dataclass(frozen=True)
class Text:
    """Words as they are; their line breaks stand."""

    kind: ClassVar = "text"
    text: str


@dataclass(frozen=True)
class Remark:
    """A sentence of ours about what is shown, or about why it is not."""

    kind: ClassVar = "remark"
    text: str


@dataclass(frozen=True)
class Player:
    """A sound to play, with its picture; ``label`` says which."""

    kind: ClassVar = "player"
    label: str
    sound: PlayableSound


@dataclass(frozen=True)
class Drawing:
    """A plot; ``alt`` says what it shows."""

    svg: str
    alt: str


@dataclass(frozen=True)
class AlignedText:
    """An alignment with the truth; ``unit`` is what its pieces are ("words")."""

    kind: ClassVar = "difference"
    pieces: tuple[DiffStep, ...]
    unit: str

    def count(self, kind: str) -> int:
        """How many pieces are of a kind."""
        return sum(piece.kind == kind for piece in self.pieces)


@dataclass(frozen=True)
class Stretch:
    """A piece of a text, with its label where it is marked."""

    text: str
    label: str = ""
    verdict: Verdict = ""


@dataclass(frozen=True)
class MarkedText:
    """A text with entities; ``missed``: those of the truth that are not marked."""

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
    """The first of a ranked list of classes, and how many follow."""

    kind: ClassVar = "choices"
    first: tuple[LabelScore, ...]
    more: int = 0


@dataclass(frozen=True)
class Facts:
    """Names with what is said about them."""

    kind: ClassVar = "facts"
    facts: Mapping[str, str] = field(default_factory=dict)


Part: TypeAlias = Text | Remark | Player | AlignedText | MarkedText | RankedLabels | Facts
