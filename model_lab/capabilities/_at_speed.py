"""How parts of a reference move when the sound is played ``factor`` times as fast, as from a tape.

Times are divided by the factor, frequencies and tempo multiplied by it, and sound in the reference is played at the same speed.
A capability puts these together for its own reference, and names the result in `Perturbable.at_speed`. Every function takes a
part of a reference and the factor (above 0), and returns the part as it is then; nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy.typing as npt

from model_lab.audio import speed as playing
from model_lab.types import Audio, Beats, Note, PitchTrack, Segment, Transcript, Turn, Word

Span = TypeVar("Span", Segment, Turn, Word)
Said = TypeVar("Said", bound=Transcript)
Numbers = TypeVar("Numbers", bound="npt.NDArray[Any]")


def unchanged(reference: Any, factor: float) -> Any:
    """What does not depend on speed: a class, a name, a caption, whether two voices are one."""
    return reference


def sound(audio: Audio, factor: float) -> Audio:
    """Sound, played at that speed."""
    return playing.speed(audio, factor)


def sounds(named: Mapping[str, Audio], factor: float) -> dict[str, Audio]:
    """Sounds by name, each played at that speed."""
    return {name: sound(audio, factor) for name, audio in named.items()}


def time(seconds: float, factor: float) -> float:
    """A time or a duration.

    >>> time(3.0, 2.0)
    1.5
    """
    return seconds * (1 / factor)


def span(ends: tuple[float, float] | None, factor: float) -> tuple[float, float] | None:
    """A bare ``(start, end)`` in seconds, or None where there is none."""
    return None if ends is None else (time(ends[0], factor), time(ends[1], factor))


def spans(timed: Iterable[Span], factor: float) -> tuple[Span, ...]:
    """Segments, turns or words.

    >>> spans([Turn(3.0, 6.0, "ann")], 1.5)
    (Turn(start=2.0, end=4.0, speaker='ann'),)
    """
    return tuple(replace(one, start=time(one.start, factor), end=time(one.end, factor)) for one in timed)


def transcript(said: Said, factor: float) -> Said:
    """A transcript: the times of its words."""
    return replace(said, words=spans(said.words, factor))


def notes(played: Iterable[Note], factor: float) -> list[Note]:
    """Notes: their times and their pitches.

    >>> notes([Note(1.0, 2.0, 440.0)], 2.0)
    [Note(onset=0.5, offset=1.0, pitch_hz=880.0, velocity=1.0)]
    """
    return [
        replace(note, onset=time(note.onset, factor), offset=time(note.offset, factor), pitch_hz=note.pitch_hz * factor)
        for note in played
    ]


def times(seconds: Numbers, factor: float) -> Numbers:
    """An array of times in seconds; its type of number stays."""
    moved: Numbers = _scaled(seconds, 1 / factor)
    return moved


def frequencies(hertz: Numbers, factor: float) -> Numbers:
    """An array of frequencies in Hz; its type of number stays.

    >>> import numpy as np
    >>> frequencies(np.array([500.0, 1500.0], np.float32), 1.5).tolist()
    [750.0, 2250.0]
    """
    moved: Numbers = _scaled(hertz, factor)
    return moved


def track(pitch: PitchTrack, factor: float) -> PitchTrack:
    """A pitch track: its times and its frequencies; 0 Hz (unvoiced) stays 0."""
    return replace(pitch, times=times(pitch.times, factor), f0_hz=frequencies(pitch.f0_hz, factor))


def beats(heard: Beats, factor: float) -> Beats:
    """Beats: their times and the tempo."""
    return replace(heard, tempo_bpm=heard.tempo_bpm * factor, times=times(heard.times, factor))


def _scaled(array: Any, by: float) -> Any:
    return (array * by).astype(array.dtype)
