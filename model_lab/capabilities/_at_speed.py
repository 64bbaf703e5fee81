"""Parts of a reference after the sound is played ``factor`` times as fast, as from a tape.

Times are divided by the factor, frequencies and tempo multiplied by it, and sound in the reference is played at the same speed.
A capability composes these for its own reference and sets the result as `Perturbable.at_speed`. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy.typing as npt

from model_lab.audio import speed as playing
from model_lab.types import Audio, Beats, Note, PitchTrack, Segment, Transcript, Turn, Word

Span = TypeVar("Span", Segment, Turn, Word)
Text = TypeVar("Text", bound=Transcript)
Numbers = TypeVar("Numbers", bound="npt.NDArray[Any]")


def unchanged(reference: Any, factor: float) -> Any:
    """A reference that does not depend on speed: a class, a name, a caption, whether two speakers are the same.

    Args:
        reference: Any reference.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The same object.
    """
    return reference


def sound(audio: Audio, factor: float) -> Audio:
    """Sound.

    Args:
        audio: Sound, mono or with channels.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The sound at that speed, resampled, so that its pitch changes too.
    """
    return playing.speed(audio, factor)


def sounds(named: Mapping[str, Audio], factor: float) -> dict[str, Audio]:
    """Sounds by name, as stems.

    Args:
        named: Name -> sound.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        Name -> sound at that speed.
    """
    return {name: sound(audio, factor) for name, audio in named.items()}


def time(seconds: float, factor: float) -> float:
    """A time or a duration.

    Args:
        seconds: Seconds.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        Seconds.

    Example:
        >>> time(3.0, 2.0)
        1.5
    """
    return seconds * (1 / factor)


def span(ends: tuple[float, float] | None, factor: float) -> tuple[float, float] | None:
    """A bare ``(start, end)``.

    Args:
        ends: Start and end in seconds; None if there is none.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        Start and end in seconds, or None.
    """
    return None if ends is None else (time(ends[0], factor), time(ends[1], factor))


def spans(timed: Iterable[Span], factor: float) -> tuple[Span, ...]:
    """Segments, turns or words.

    Args:
        timed: Items with ``start`` and ``end`` in seconds.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The items with new times.

    Example:
        >>> spans([Turn(3.0, 6.0, "ann")], 1.5)
        (Turn(start=2.0, end=4.0, speaker='ann'),)
    """
    return tuple(replace(one, start=time(one.start, factor), end=time(one.end, factor)) for one in timed)


def transcript(text: Text, factor: float) -> Text:
    """A transcript.

    Args:
        text: Transcript, with or without times of words.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The transcript with new times of words.
    """
    return replace(text, words=spans(text.words, factor))


def notes(played: Iterable[Note], factor: float) -> list[Note]:
    """Notes.

    Args:
        played: Notes.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The notes with new times and pitches.

    Example:
        >>> notes([Note(1.0, 2.0, 440.0)], 2.0)
        [Note(onset=0.5, offset=1.0, pitch_hz=880.0, velocity=1.0)]
    """
    return [
        replace(note, onset=time(note.onset, factor), offset=time(note.offset, factor), pitch_hz=note.pitch_hz * factor)
        for note in played
    ]


def times(seconds: Numbers, factor: float) -> Numbers:
    """An array of times.

    Args:
        seconds: Seconds, any shape.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        Seconds, same shape and dtype.
    """
    moved: Numbers = _scaled(seconds, 1 / factor)
    return moved


def frequencies(hertz: Numbers, factor: float) -> Numbers:
    """An array of frequencies.

    Args:
        hertz: Hz, any shape.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        Hz, same shape and dtype.

    Example:
        >>> import numpy as np
        >>> frequencies(np.array([500.0, 1500.0], np.float32), 1.5).tolist()
        [750.0, 2250.0]
    """
    moved: Numbers = _scaled(hertz, factor)
    return moved


def track(pitch: PitchTrack, factor: float) -> PitchTrack:
    """A pitch track.

    Args:
        pitch: Pitch track.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The track with new times and frequencies; 0 Hz (unvoiced) stays 0.
    """
    return replace(pitch, times=times(pitch.times, factor), f0_hz=frequencies(pitch.f0_hz, factor))


def beats(tracked: Beats, factor: float) -> Beats:
    """Beats.

    Args:
        tracked: Beats.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        The beats with new times and tempo.
    """
    return replace(tracked, tempo_bpm=tracked.tempo_bpm * factor, times=times(tracked.times, factor))


def _scaled(array: Any, by: float) -> Any:
    return (array * by).astype(array.dtype)
