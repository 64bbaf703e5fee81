"""Music with exact notes, key and beats: composed by rule, played with human jitter, sounded by fluidsynth and FluidR3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.loader_utils.composing import (
    TONICS,
    Key,
    MusicBar,
    bars,
    bass,
    block_chords,
    broken_chords,
    drifting,
    drums,
    humanize,
    melody,
    steady,
)
from model_lab.loader_utils.fluidsynth import Part, Strike, playable, render

PACKAGE = "fluid-soundfont-gm"
SOUNDFONT = "usr/share/sounds/sf2/FluidR3_GM.sf2"

_FIRST = 0.3
"""Seconds before the first beat."""

Role = Callable[[np.random.Generator, list[MusicBar]], list[Strike]]

_ROLES: dict[str, Role] = {
    "melody": lambda rng, song: melody(rng, song, low=65, busy=0.5),
    "low melody": lambda rng, song: melody(rng, song, low=43, busy=0.3),
    "chords": lambda rng, song: block_chords(song, low=50, strokes=(0, 2)),
    "broken chords": lambda rng, song: broken_chords(song, low=47, steps=2),
    "pedal": lambda rng, song: block_chords(song, low=53, strokes=(0,)),
    "bass": lambda rng, song: bass(song, places=(0, 2)),
}

_ENSEMBLES: dict[str, tuple[tuple[int, tuple[str, ...]], ...]] = {
    "piano": ((0, ("melody", "chords")),),
    "guitar": ((24, ("broken chords",)),),
    "flute": ((73, ("melody",)),),
    "cello": ((42, ("low melody",)),),
    "violin and piano": ((40, ("melody",)), (0, ("broken chords",))),
    "trumpet, organ and bass": ((56, ("melody",)), (19, ("pedal",)), (33, ("bass",))),
}
"""Name -> its players: the General MIDI program and what each plays."""


@dataclass(frozen=True)
class _Groove:
    """A rhythm: beats in a bar, where in it (in beats) each drum of the kit is struck, and where the bass plays."""

    metre: int
    kit: dict[int, Sequence[float]]
    bass: Sequence[float]


_KICK, _RIM, _SNARE, _HAT, _OPEN_HAT, _RIDE = 36, 37, 38, 42, 46, 51
_EIGHTHS = tuple(place / 2 for place in range(8))
_SIXTEENTHS = tuple(place / 4 for place in range(16))
_TRIPLETS = tuple(beat + part for beat in range(4) for part in (0, 2 / 3))
_GROOVES = {
    "rock": _Groove(4, {_KICK: (0, 2, 2.5), _SNARE: (1, 3), _HAT: _EIGHTHS}, (0, 1, 2, 3)),
    "disco": _Groove(4, {_KICK: (0, 1, 2, 3), _SNARE: (1, 3), _OPEN_HAT: (0.5, 1.5, 2.5, 3.5)}, _EIGHTHS),
    "funk": _Groove(4, {_KICK: (0, 0.75, 2.5), _SNARE: (1, 1.75, 3), _HAT: _SIXTEENTHS}, (0, 0.75, 1.5, 2.5)),
    "bossa nova": _Groove(4, {_KICK: (0, 1.5, 2, 3.5), _RIM: (0, 1.5, 3), _HAT: _EIGHTHS}, (0, 1.5, 2, 3.5)),
    "waltz": _Groove(3, {_KICK: (0,), _SNARE: (1, 2), _RIDE: (0, 1, 2)}, (0,)),
    "shuffle": _Groove(4, {_KICK: (0, 2), _SNARE: (1, 3), _HAT: _TRIPLETS}, (0, 1, 2, 3)),
}


def notes(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For music_transcription: ``copies`` pieces by every ensemble, in any key, at 80 to 150 bpm, with the notes as played."""
    for number, name in enumerate(_ENSEMBLES):
        for copy in range(workshop.settings["copies"]):
            rng = np.random.default_rng([workshop.settings["seed"], number, copy])
            key = Key(int(rng.integers(12)), ("major", "minor")[rng.integers(2)])
            tempo = int(rng.integers(80, 151))
            parts = _performed(workshop, rng, name, key, tempo)
            sounding = sorted((strike.note for part in parts for strike in part.strikes), key=lambda note: note.onset)
            yield _row(workshop, f"{name.replace(', ', '-').replace(' ', '-')}-{copy:02d}", parts) | {
                "notes": [[note.onset, note.offset, round(note.pitch_hz, 3)] for note in sounding],
                "key": key.name,
                "tempo_bpm": tempo,
                "stratum": name,
            }


def keys(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For key: ``copies`` pieces in each of the 24 keys; the ensembles that play chords take turns."""
    harmonic = [name for name in _ENSEMBLES if name not in ("flute", "cello")]
    for copy in range(workshop.settings["copies"]):
        for number, key in enumerate(Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")):
            rng = np.random.default_rng([workshop.settings["seed"], copy, number])
            name = harmonic[(number + copy) % len(harmonic)]
            parts = _performed(workshop, rng, name, key, int(rng.integers(80, 141)))
            identity = f"{TONICS[key.tonic].replace('#', 's')}-{key.mode}-{copy:02d}"
            yield _row(workshop, identity, parts) | {"key": key.name, "stratum": f"{key.mode} {name}"}


def grooves(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For tempo: drums and bass in every groove at each of its ``tempi_bpm``, the tempo wandering as a player's does."""
    settings = workshop.settings
    plan = [(name, tempo) for name in _GROOVES for tempo in settings["tempi_bpm"][name]]
    for number, (name, tempo) in enumerate(plan):
        rng = np.random.default_rng([settings["seed"], number])
        groove = _GROOVES[name]
        beyond = settings["seconds"] + groove.metre * 60.0 / tempo  # so that the last bar is cut, and not left out
        beats = drifting(rng, tempo, float(rng.uniform(0.1, 0.6)), beyond, settings["drift"])
        song = bars(rng, Key(int(rng.integers(12)), "minor"), beats, groove.metre)
        parts = [
            Part(program, playable(humanize(rng, strikes, settings["jitter_ms"] / 1000, 10)))
            for program, strikes in ((None, drums(song, groove.kit)), (33, bass(song, groove.bass)))
        ]
        yield _row(workshop, f"{name.replace(' ', '-')}-{tempo}bpm", parts) | {
            "beats": beats[beats < settings["seconds"] - 0.1].round(4).tolist(),
            "stratum": name,
        }


def _performed(workshop: Workshop, rng: np.random.Generator, ensemble: str, key: Key, tempo_bpm: float) -> list[Part]:
    settings = workshop.settings
    song = bars(rng, key, steady(tempo_bpm, _FIRST, settings["seconds"] - 0.5), 4)
    parts = []
    for program, roles in _ENSEMBLES[ensemble]:
        strikes = [strike for role in roles for strike in _ROLES[role](rng, song)]
        parts.append(Part(program, playable(humanize(rng, strikes, settings["jitter_ms"] / 1000, settings["accent"]))))
    return parts


def _row(workshop: Workshop, name: str, parts: list[Part]) -> dict[str, Any]:
    sound = render(parts, workshop.archive(PACKAGE) / SOUNDFONT, workshop.settings["seconds"]).mono()
    return {"id": name, "audio": workshop.save(name, sound)}
