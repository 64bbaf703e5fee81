"""Renders notes with the fluidsynth program and a General MIDI soundfont; the output is bit-exactly reproducible.

Times are rounded to the millisecond, one tick of the MIDI file; fluidsynth starts a note at the next multiple of 64 frames.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model_lab import audio
from model_lab.errors import ContractBroken, ModelLabError, NotRunnable
from model_lab.types import Audio, Note

RATE = 44100

_TICKS_PER_SECOND = 1000
_DRUMS = 9
_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUMS)
_PEAK = 0.7
_FADE = 0.02
_SHORTEST_REST = 0.01
"""Silence in seconds before a key is struck again while it still sounds."""


@dataclass(frozen=True)
class Strike:
    """A key held down: ``[onset, offset)`` in seconds, MIDI key 0..127 (60 = middle C), MIDI velocity 1..127."""

    onset: float
    offset: float
    key: int
    velocity: int

    @property
    def note(self) -> Note:
        """The resulting note, in equal temperament (A4 = 440 Hz)."""
        return Note(self.onset, self.offset, 440.0 * 2.0 ** ((self.key - 69) / 12), self.velocity / 127)


@dataclass(frozen=True)
class Part:
    """The part of one instrument. ``program``: General MIDI program 0..127, None = the drum kit; ``pan``: 0 left .. 1 right."""

    program: int | None
    strikes: tuple[Strike, ...]
    pan: float = 0.5


def playable(strikes: Iterable[Strike]) -> tuple[Strike, ...]:
    """The strikes in order of time, rounded to the millisecond, where a key struck again while it sounds is released just before.

    >>> playable([Strike(0.5, 1.0, 60, 80), Strike(0.0, 0.7, 60, 80)])
    (Strike(onset=0.0, offset=0.49, key=60, velocity=80), Strike(onset=0.5, offset=1.0, key=60, velocity=80))
    """
    corrected: list[Strike] = []
    last: dict[int, int] = {}
    rounded = (replace(strike, onset=round(strike.onset, 3), offset=round(strike.offset, 3)) for strike in strikes)
    for exact in sorted(rounded, key=lambda strike: (strike.onset, strike.key)):
        if exact.key in last and corrected[last[exact.key]].offset > exact.onset - _SHORTEST_REST:
            before = corrected[last[exact.key]]
            if exact.onset - _SHORTEST_REST <= before.onset:  # a duplicate
                continue
            corrected[last[exact.key]] = replace(before, offset=round(exact.onset - _SHORTEST_REST, 3))
        last[exact.key] = len(corrected)
        corrected.append(exact)
    return tuple(corrected)


def render(parts: Sequence[Part], soundfont: Path, seconds: float, reverb: bool = False) -> Audio:
    """Render ``parts`` (each of `playable` strikes) from 0 to ``seconds``, in stereo at 44.1 kHz, peak 0.7.

    Raises `NotRunnable` without the program, `ModelLabError` if it fails, `ContractBroken` for more than 15 pitched parts.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise NotRunnable("the program fluidsynth is not on PATH; as root run: apt-get install fluidsynth")
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "score.mid"), Path(folder, "sound.wav")
        _write_score(parts, score)
        settings = ["-R", str(int(reverb)), "-C", "0", "-r", str(RATE), "-O", "float", "-T", "wav"]
        settings += ["-o", "synth.dynamic-sample-loading=1"]
        settings += ["-o", "synth.default-soundfont="]  # otherwise it replaces a broken soundfont by another one
        command = [program, "-n", "-i", "-q", *settings, "-F", str(sound), str(soundfont), str(score)]
        process = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        played = audio.read(sound) if sound.is_file() else None
    if process.returncode or played is None or (any(part.strikes for part in parts) and not played.samples.any()):
        message = " ".join(process.stderr.split()) or "no message"  # with a broken soundfont it exits with 0 and renders silence
        raise ModelLabError(
            f"fluidsynth ended with exit code {process.returncode} and no audio ({message[-200:]}); check that {soundfont} is a soundfont"
        )
    return _finished(played, seconds)


def _finished(sound: Audio, seconds: float) -> Audio:
    """Cut or padded to ``seconds``, faded out over 20 ms, normalised to peak 0.7 (silence stays silence)."""
    frames = round(seconds * RATE)
    samples = np.pad(sound.samples[:, :frames], ((0, 0), (0, max(0, frames - sound.frames))))
    fade = min(frames, round(_FADE * RATE))
    samples[:, frames - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    peak = float(np.abs(samples).max(initial=0.0))
    return Audio(samples * np.float32(_PEAK / peak) if peak else samples, RATE)


def _write_score(parts: Sequence[Part], path: Path) -> None:
    import mido

    score = mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_SECOND)
    free = iter(_CHANNELS)
    for part in parts:
        channel = _DRUMS if part.program is None else next(free, None)
        if channel is None:
            raise ContractBroken(f"a score has more than {len(_CHANNELS)} pitched parts; expected at most that many")
        track = mido.MidiTrack()
        track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
        track.append(mido.Message("program_change", channel=channel, program=part.program or 0))
        track.append(mido.Message("control_change", channel=channel, control=10, value=round(127 * part.pan)))
        now = 0
        for at, kind, strike in _events(part.strikes):
            velocity = strike.velocity if kind == "note_on" else 0
            track.append(mido.Message(kind, channel=channel, note=strike.key, velocity=velocity, time=at - now))
            now = at
        score.tracks.append(track)
    score.save(path)


def _events(strikes: Iterable[Strike]) -> list[tuple[int, str, Strike]]:
    """Key presses and releases by tick; releases come first within a tick."""
    events = [
        (round(at * _TICKS_PER_SECOND), kind, strike)
        for strike in strikes
        for at, kind in ((strike.onset, "note_on"), (strike.offset, "note_off"))
    ]
    return sorted(events, key=lambda event: (event[0], event[1] == "note_on", event[2].key))
