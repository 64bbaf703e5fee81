"""The parts of a view as the templates write them: sounds are files that a page plays, plots are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError
from model_lab.report.sounds import PlayableSound, Sounds
from model_lab.types import Audio
from model_lab.views.parts import AlignedText, Facts, MarkedText, Part, RankedLabels, Remark, Sound, Text


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


PagePart: TypeAlias = Text | Remark | Player | AlignedText | MarkedText | RankedLabels | Facts


def rendered(parts: Iterable[Part], sounds: Sounds, sample: Sample | None) -> Iterator[PagePart]:
    """Parts with their sounds written to ``sounds``; a file of ``sample`` that cannot be read is a sentence."""
    for part in parts:
        yield _player(part, sounds, sample) if isinstance(part, Sound) else part


def _player(part: Sound, sounds: Sounds, sample: Sample | None) -> Player | Remark:
    if isinstance(part.source, Audio):
        return Player(part.label, sounds.add(part.source))
    if sample is None:
        return Remark(f"{part.label} cannot be played: its question cannot be read")
    try:
        return Player(part.label, sounds.of_file(sample.resolve(part.source)))
    except ModelLabError as error:
        return Remark(f"{part.label} cannot be played: {error}")
