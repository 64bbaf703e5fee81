"""The parts of a view as the templates write them: sounds are files that a page plays, plots are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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


def shown(make: Callable[[], Iterable[Part]], sounds: Sounds, sample: Sample | None) -> list[PagePart]:
    """The parts that a view's function makes, rendered; a sentence where it fails: a record may hold what nobody expects."""
    try:
        return list(rendered(make(), sounds, sample))
    except Exception as error:
        return [Remark(f"It cannot be shown: {message(error)}")]


def message(error: Exception) -> str:
    """What a page says of an error, those of other people's code with their type."""
    return str(error) if isinstance(error, ModelLabError) else f"{type(error).__name__}: {error}"


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
