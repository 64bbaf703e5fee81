"""An algorithmic composer: the baseline that a generative model has to beat.

1. `commission` reads tempo, key, mood, style and instruments off the prompt by keywords. What the prompt leaves open is drawn from a
   generator seeded by the prompt, so that a prompt always gets the same piece.
2. `arrange` writes a chord progression, a tune, an accompaniment, bass and drums by the rules of `model_lab.loader_utils.composing`.
3. fluidsynth plays it with the soundfont FluidR3, with reverberation.

It knows no words beyond its lists, no structure beyond a phrase, and no sound beyond General MIDI.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils.composing import (
    Key,
    MusicBar,
    bars,
    bass,
    block_chords,
    broken_chords,
    drums,
    humanize,
    melody,
    steady,
)
from model_lab.loader_utils.fluidsynth import Part, Strike, playable, render
from model_lab.types import Audio

_LONGEST_S = 600.0
_SLOWEST, _FASTEST = 30, 300
_FIRST = 0.05
_JITTER_S, _ACCENT = 0.008, 8


@dataclass(frozen=True)
class _Mood:
    """What a mood word says: mode, range of tempo in beats per minute, how busy the tune is (0..1)."""

    mode: str
    tempo: tuple[int, int]
    busy: float


_HAPPY, _SAD, _CALM = _Mood("major", (108, 140), 0.6), _Mood("minor", (60, 84), 0.25), _Mood("major", (60, 84), 0.2)
_LIVELY, _DARK, _EPIC = _Mood("major", (132, 164), 0.8), _Mood("minor", (76, 108), 0.35), _Mood("minor", (96, 128), 0.5)
_MOODS = {
    "happy|cheerful|joyful|bright|playful|uplifting|sunny": _HAPPY,
    "sad|melancholic|melancholy|mournful|lonely|gloomy": _SAD,
    "calm|peaceful|relaxing|relaxed|gentle|soft|quiet|dreamy|ambient|romantic|tender": _CALM,
    "energetic|lively|exciting|driving|powerful|aggressive|loud|heavy": _LIVELY,
    "dark|tense|mysterious|ominous|scary": _DARK,
    "epic|heroic|dramatic|majestic|cinematic": _EPIC,
}
_PACES = {
    "very slow": (48, 60),
    "very fast": (160, 184),
    "slow": (60, 80),
    "moderate|medium|mid-tempo": (92, 112),
    "fast|upbeat": (128, 152),
}


@dataclass(frozen=True)
class _Style:
    """What a style's name says: its instruments (names in `_PROGRAMS`) and its drums (a key of `_KITS`, "" = none)."""

    instruments: tuple[str, ...]
    kit: str = ""


_STYLES = {
    "rock|punk|metal": _Style(("electric guitar", "organ", "bass"), "rock"),
    "pop": _Style(("synthesizer", "piano", "bass"), "rock"),
    "dance|techno|house|disco|electronic|edm": _Style(("synthesizer", "pad", "bass"), "dance"),
    "jazz|swing": _Style(("saxophone", "piano", "bass"), "swing"),
    "folk|country": _Style(("violin", "guitar", "bass")),
    "waltz": _Style(("strings", "piano", "bass")),
    "classical|baroque|chamber": _Style(("violin", "harpsichord", "cello")),
    "orchestral|orchestra|symphonic|film": _Style(("strings", "horn", "harp")),
    "lullaby": _Style(("music box", "harp")),
}
_PROGRAMS = {
    "electric piano": 4,
    "piano": 0,
    "harpsichord": 6,
    "music box": 10,
    "vibraphone": 11,
    "marimba": 12,
    "xylophone": 13,
    "organ": 19,
    "accordion": 21,
    "distorted guitar": 30,
    "electric guitar": 27,
    "guitar": 24,
    "bass": 33,
    "violin": 40,
    "cello": 42,
    "harp": 46,
    "strings": 48,
    "choir": 52,
    "trumpet": 56,
    "trombone": 57,
    "horn": 60,
    "brass": 61,
    "saxophone": 65,
    "oboe": 68,
    "clarinet": 71,
    "flute": 73,
    "synthesizer": 81,
    "pad": 89,
    "banjo": 105,
}
"""What a prompt calls it -> General MIDI program; longer names that hold shorter ones come first."""

_ALSO_CALLED = {"synth": "synthesizer", "sax": "saxophone", "fiddle": "violin", "keyboard": "piano", "string section": "strings"}
_PLUCKED = {0, 4, 6, 10, 11, 12, 13, 24, 27, 30, 46, 105}
"""Programs whose notes die away: they break their chords; the others hold them."""

_CHORDAL = {0, 4, 6, 19, 21, 24, 27, 46, 48}
"""Programs that play a tune and its chords at once, when nobody else is named."""

_BANDS = ((0,), (24,), (73, 24), (40, 0), (48, 46))
"""Who plays where the prompt names neither instruments nor style."""

_COMPANY = (0, 24, 46)
"""Who accompanies an instrument that is named alone and cannot."""

_KITS: dict[str, dict[int, tuple[float, ...]]] = {
    "rock": {36: (0, 2, 2.5), 38: (1, 3), 42: (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)},
    "dance": {36: (0, 1, 2, 3), 39: (1, 3), 46: (0.5, 1.5, 2.5, 3.5)},
    "swing": {36: (0,), 44: (1, 3), 51: (0, 1, 5 / 3, 2, 3, 11 / 3)},
    "waltz": {36: (0,), 42: (1, 2)},
}
_KEY = re.compile(
    r"\b(?P<tonic>[A-G]|[b-g]|(?<=in )a(?! (?:major|minor) key))[\s-]?(?P<accidental>sharp|flat|#|♯|b|♭)?[\s-]*(?P<mode>(?i:major|minor|maj|min))\b"
)
_ALONE = re.compile(r"\bsolo\b|\bunaccompanied\b")
_BPM = re.compile(r"(\d+(?:\.\d+)?)[\s-]*(?:bpm|beats per minute)", re.IGNORECASE)
_NATURAL = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "sharp": 1, "#": 1, "♯": 1, "flat": -1, "b": -1, "♭": -1}


@dataclass(frozen=True)
class Request:
    """What is to be played. ``instruments``: General MIDI programs, the tune's first; ``kit``: a key of `_KITS`, "" = no drums."""

    tempo_bpm: float
    key: Key
    busy: float
    instruments: tuple[int, ...]
    kit: str
    metre: int


def load(card: ModelCard, device: str) -> Bundle:
    soundfont, seed = card.file("FluidR3_GM.sf2"), int(card.options["seed"])

    def generate(prompt: str, seconds: float) -> Audio:
        if not 0 < seconds <= _LONGEST_S:
            raise ModelLabError(f"{card.name}: the duration is {seconds} s; expected more than 0 and at most {_LONGEST_S:.0f}")
        digest = hashlib.sha256(f"{seed} {prompt}".encode(errors="replace")).digest()
        rng = np.random.default_rng(list(digest))
        return render(arrange(commission(prompt, rng), seconds, rng), soundfont, seconds, reverb=True)

    return Bundle(card, device, {"music_gen": generate})


def commission(prompt: str, rng: np.random.Generator) -> Request:
    """What ``prompt`` asks for; what it leaves open is drawn from ``rng``. Raises `ModelLabError` for a tempo nobody can play."""
    words = prompt.lower()
    mood = _named(_MOODS, words) or list(_MOODS.values())[rng.integers(len(_MOODS))]
    style = _named(_STYLES, words)
    kit = _kit(words, mood, style)
    metre = 3 if "waltz" in words else 4
    return Request(_tempo(words, mood, rng), _key(prompt, mood, rng), mood.busy, _instruments(words, style, kit, rng), kit, metre)


def _named(table: Mapping[str, Any], words: str) -> Any:
    """The entry whose word comes first in the text, or None."""
    matches = [(match.start(), number) for number, key in enumerate(table) if (match := re.search(rf"\b(?:{key})\b", words))]
    return list(table.values())[min(matches)[1]] if matches else None


def _tempo(words: str, mood: _Mood, rng: np.random.Generator) -> float:
    if match := _BPM.search(words):
        tempo = float(match[1])
        if not _SLOWEST <= tempo <= _FASTEST:
            raise ModelLabError(f"the prompt asks for {tempo:g} bpm; expected {_SLOWEST} to {_FASTEST}")
        return tempo
    low, high = _named(_PACES, words) or mood.tempo
    return float(rng.integers(low, high + 1))


def _key(prompt: str, mood: _Mood, rng: np.random.Generator) -> Key:
    if match := _KEY.search(prompt):
        tonic = _NATURAL[match["tonic"].lower()] + _ACCIDENTALS[match["accidental"] or ""]
        return Key(tonic % 12, "major" if match["mode"].lower().startswith("maj") else "minor")
    mode_match = re.search(r"\b(major|minor)\b", prompt.lower())
    return Key(int(rng.integers(12)), mode_match[1] if mode_match else mood.mode)


def _kit(words: str, mood: _Mood, style: _Style | None) -> str:
    if re.search(r"\b(?:no|without) (?:drums|percussion)\b", words):
        return ""
    named = re.search(r"\bdrum|\bpercussion\b|\bbeat\b", words)
    if not named and (_ALONE.search(words) or not (style.kit if style else mood in (_LIVELY, _EPIC))):
        return ""
    return "waltz" if "waltz" in words else style.kit if style and style.kit else "rock"


def _instruments(words: str, style: _Style | None, kit: str, rng: np.random.Generator) -> tuple[int, ...]:
    """The tune's instrument, then the others: as named, else those of the style; a lone tune is given company unless it is a solo."""
    for other, name in _ALSO_CALLED.items():
        words = re.sub(rf"\b{other}s?\b", name, words)
    places: dict[str, int] = {}
    for name in _PROGRAMS:
        if match := re.search(rf"\b{name}s?\b", words):
            places[name] = match.start()
            words = words.replace(match[0], "-" * len(match[0]))
    named = sorted(places, key=lambda name: (name == "bass", places[name]))
    styled = [_PROGRAMS[name] for name in (style.instruments if style else ())]
    chosen = [_PROGRAMS[name] for name in named] or styled or list(_BANDS[rng.integers(len(_BANDS))])
    if _ALONE.search(words):
        return (chosen[0],)
    if len(chosen) == 1 and chosen[0] not in _CHORDAL:
        chosen += styled or [_COMPANY[rng.integers(len(_COMPANY))]]
    if kit and _PROGRAMS["bass"] not in chosen:
        chosen = [*chosen, _PROGRAMS["bass"]]
    return tuple(dict.fromkeys(chosen))


def arrange(request: Request, seconds: float, rng: np.random.Generator) -> list[Part]:
    """The parts of a piece of about ``seconds``, whole bars, two at least."""
    period = 60.0 / request.tempo_bpm
    count = max(2, round((seconds - _FIRST) / (period * request.metre)))
    beats = steady(request.tempo_bpm, _FIRST, _FIRST + (count * request.metre + 0.5) * period)
    song = bars(rng, request.key, beats, request.metre)
    lead, *others = request.instruments
    tune = _tune(rng, song, lead, request.busy)
    if not others and lead in _CHORDAL:
        tune += _accompaniment(song, lead, request.busy)
    parts = [(lead, tune, 0.5)]
    for number, program in enumerate(others):
        if program == _PROGRAMS["bass"]:
            strikes = bass(song, (0, 2) if request.metre == 4 else (0,))
        else:
            strikes = _accompaniment(song, program, request.busy)
        parts.append((program, strikes, (0.35, 0.65)[number % 2]))
    rhythm = [(None, drums(song, _KITS[request.kit]), 0.5)] if request.kit else []
    return [
        Part(program, playable(humanize(rng, strikes, _JITTER_S, _ACCENT)), pan) for program, strikes, pan in (*parts, *rhythm)
    ]


def _tune(rng: np.random.Generator, song: list[MusicBar], program: int, busy: float) -> list[Strike]:
    low = {33: 36, 42: 45, 57: 48, 60: 50}.get(program, 64)
    return melody(rng, song, low, busy)


def _accompaniment(song: list[MusicBar], program: int, busy: float) -> list[Strike]:
    """Broken chords where notes die away (twice a beat if the piece is busy), held ones where they do not."""
    if program in _PLUCKED:
        return broken_chords(song, 47, 2 if busy > 0.3 else 1)
    return block_chords(song, 52, (0,))
