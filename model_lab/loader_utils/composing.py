"""Rule-based music: chord progressions in a key, and parts over them, drawn from a seeded generator.

The harmony follows a basic textbook (Piston 1941): triads of the key that leave the tonic and return to it; in minor the dominant has a
raised leading tone. Every part is a list of `Strike`, exactly on the beat; `humanize` varies the timing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model_lab.deprecation import renamed
from model_lab.loader_utils.fluidsynth import Strike

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_PROGRESSIONS = {
    "major": ((1, 4, 5, 1), (1, 6, 4, 5), (1, 4, 1, 5), (1, 2, 5, 1), (1, 5, 6, 4)),
    "minor": ((1, 4, 5, 1), (1, 6, 4, 5), (1, 4, 1, 5), (1, 2, 5, 1)),
}
_LEADING_TONE = 11
_LONGEST_LEAP = 2
"""Maximum interval between notes of a melody, in steps of the scale."""

Beats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Key:
    """A tonic (0 = C .. 11 = B) and a mode, "major" or "minor"."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """The name, e.g. "Eb minor"."""
        return f"{TONICS[self.tonic]} {self.mode}"

    def triad(self, degree: int) -> tuple[int, int, int]:
        """Root, third and fifth on a degree (1 = tonic) of the scale, as pitch classes.

        >>> Key(0, "major").triad(5), Key(9, "minor").triad(5)  # G B D, and E G# B
        ((7, 11, 2), (4, 8, 11))
        """
        steps = [_SCALES[self.mode][(degree - 1 + step) % 7] for step in (0, 2, 4)]
        root, third, fifth = ((self.tonic + self._led(step, degree)) % 12 for step in steps)
        return root, third, fifth

    def scale(self, degree: int) -> tuple[int, ...]:
        """The pitch classes that fit over the triad on ``degree``, tonic first."""
        return tuple((self.tonic + self._led(step, degree)) % 12 for step in _SCALES[self.mode])

    def _led(self, step: int, degree: int) -> int:
        return _LEADING_TONE if self.mode == "minor" and degree == 5 and step == 10 else step


@dataclass(frozen=True)
class MusicBar:
    """A bar: the times of its beats in seconds, including the first beat of the next bar, and the degree of its chord in the key."""

    beats: tuple[float, ...]
    degree: int
    key: Key

    def at(self, beat: float) -> float:
        """The time in seconds of a position in the bar, given in beats from its start."""
        return float(np.interp(beat, np.arange(len(self.beats)), self.beats))


def bars(rng: np.random.Generator, key: Key, beats: Beats, metre: int) -> list[MusicBar]:
    """Whole bars of ``metre`` beats over ``beats``, with a random progression of four chords; the last bar has the tonic."""
    progression = _PROGRESSIONS[key.mode][rng.integers(len(_PROGRESSIONS[key.mode]))]
    count = (len(beats) - 1) // metre
    degrees = [progression[number % 4] for number in range(count - 1)] + [1]
    return [
        MusicBar(tuple(beats[number * metre : (number + 1) * metre + 1].tolist()), degree, key)
        for number, degree in enumerate(degrees)
    ]


def melody(rng: np.random.Generator, song: Iterable[MusicBar], low: int, busy: float) -> list[Strike]:
    """One voice within an octave and a half above ``low``: chord tones on the first beat of each bar, scale steps in between.

    ``busy`` 0..1 is the probability that a beat is divided in two. The last bar holds the root of its chord.
    """
    strikes: list[Strike] = []
    last = low + 9
    *middle, end = song
    for bar in middle:
        for beat in range(len(bar.beats) - 1):
            parts = 2 if rng.random() < busy else 1
            for part in range(parts):
                chordal = beat == 0 and part == 0
                choices = _keys(bar.key.triad(bar.degree) if chordal else bar.key.scale(bar.degree), low, low + 18)
                near = sorted(choices, key=lambda key: abs(key - last))[: 2 * _LONGEST_LEAP + 1]
                last = int(rng.choice(near))
                onset, offset = beat + part / parts, beat + (part + 1) / parts
                strikes.append(Strike(bar.at(onset), bar.at(offset - 0.05), last, 96 if chordal else 86))
    root = min(_keys(end.key.triad(1)[:1], low, low + 18), key=lambda key: abs(key - last))
    return [*strikes, Strike(end.beats[0], end.at(len(end.beats) - 1.1), root, 96)]


def block_chords(song: Iterable[MusicBar], low: int, strokes: Sequence[float]) -> list[Strike]:
    """The chord of each bar, keys within an octave above ``low``, at each of ``strokes`` (beats), held to the next."""
    return [
        Strike(bar.at(start), bar.at(end - 0.05), key, 70)
        for bar in song
        for start, end in zip(strokes, (*strokes[1:], len(bar.beats) - 1), strict=True)
        for key in _keys(bar.key.triad(bar.degree), low, low + 11)
    ]


def broken_chords(song: Iterable[MusicBar], low: int, steps: int) -> list[Strike]:
    """The chord of each bar as an arpeggio, up and down, ``steps`` keys per beat."""
    strikes = []
    for bar in song:
        keys = _keys(bar.key.triad(bar.degree), low, low + 16)
        order = [*keys, *keys[-2:0:-1]]
        for number in range(steps * (len(bar.beats) - 1)):
            start = number / steps
            strikes.append(
                Strike(bar.at(start), bar.at(start + 0.95 / steps), order[number % len(order)], 74 + 10 * (number == 0))
            )
    return strikes


def bass(song: Iterable[MusicBar], places: Sequence[float]) -> list[Strike]:
    """Root and fifth alternating, root first, two octaves below middle C, at ``places`` (beats)."""
    strikes = []
    for bar in song:
        root, _, fifth = bar.key.triad(bar.degree)
        pitches = [_keys((pitch,), 33, 44)[0] for pitch in (root, fifth)]
        for number, (start, end) in enumerate(zip(places, (*places[1:], len(bar.beats) - 1), strict=True)):
            strikes.append(Strike(bar.at(start), bar.at(end - 0.1), pitches[number % 2], 96 if number == 0 else 84))
    return strikes


def drums(song: Iterable[MusicBar], pattern: Mapping[int, Sequence[float]]) -> list[Strike]:
    """``pattern``: key of the General MIDI drum kit -> positions in each bar (beats); off-beat strikes are softer."""
    return [
        Strike(bar.at(place), bar.at(place) + 0.1, key, 100 if place == int(place) else 78)
        for bar in song
        for key, places in pattern.items()
        for place in places
    ]


def humanize(rng: np.random.Generator, strikes: Iterable[Strike], jitter_s: float, accent: int) -> list[Strike]:
    """Vary the performance: every strike up to ``jitter_s`` early or late, and up to ``accent`` of MIDI velocity harder or softer."""
    humanized = []
    for strike in strikes:
        shift = rng.uniform(-jitter_s, jitter_s)
        velocity = int(np.clip(strike.velocity + rng.integers(-accent, accent + 1), 1, 127))
        onset = max(0.0, strike.onset + shift)
        humanized.append(replace(strike, onset=onset, offset=max(onset + 0.03, strike.offset + shift), velocity=velocity))
    return humanized


def steady(tempo_bpm: float, first: float, seconds: float) -> Beats:
    """The times of steady beats from ``first`` to ``seconds``."""
    period = 60.0 / tempo_bpm
    return np.asarray(first + period * np.arange(int((seconds - first) / period) + 1))


def drifting(rng: np.random.Generator, tempo_bpm: float, first: float, seconds: float, drift: float) -> Beats:
    """The times of beats from ``first`` to ``seconds`` with a varying tempo: each period differs from the last by a relative ``drift``.

    The tempo reverts towards ``tempo_bpm``, as that of a musician does.
    """
    count = int(2 * seconds * tempo_bpm / 60) + 2
    wandering = accumulate(rng.normal(0.0, drift, count), lambda now, step: 0.9 * now + step, initial=0.0)
    beats = first + np.cumsum([0.0, *(60.0 / tempo_bpm * (1 + off) for off in wandering)])
    return np.asarray(beats[beats <= seconds])


def _keys(classes: Sequence[int], low: int, high: int) -> list[int]:
    """The MIDI keys ``low`` to ``high`` of these pitch classes, ascending."""
    return [key for key in range(low, high + 1) if key % 12 in classes]


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"played": "humanize"})
