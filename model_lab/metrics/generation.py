"""Generated music against what its prompt asks for: length, tempo, key, instrument, each only where the prompt names it.

Tempo, key and instrument are heard by other models, so their own errors are in these numbers: what those models score on music of
known tempo, key and instruments is their ceiling. Frechet audio distance is not among them: it compares clouds of embeddings, which
takes more clips than the embedding has dimensions (Kilgour et al. 2019; Gui et al. 2024), and real music to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model_lab.metrics import music
from model_lab.metrics._base import Judge, Metric, mean_of, share
from model_lab.types import Audio, Beats, Label

_TOP = 10
"""A named instrument must be among so many of all sounds heard: ranked among instruments alone, silence has half of them."""

INSTRUMENTS: dict[str, tuple[str, ...]] = {
    "piano": ("Piano", "Electric piano"),
    "organ": ("Organ", "Electronic organ", "Hammond organ"),
    "harpsichord": ("Harpsichord",),
    "guitar": ("Guitar", "Acoustic guitar", "Electric guitar"),
    "electric guitar": ("Electric guitar",),
    "violin": ("Violin, fiddle",),
    "cello": ("Cello",),
    "strings": ("String section", "Bowed string instrument", "Orchestra"),
    "flute": ("Flute",),
    "clarinet": ("Clarinet",),
    "saxophone": ("Saxophone",),
    "trumpet": ("Trumpet",),
    "harp": ("Harp",),
    "marimba": ("Marimba, xylophone",),
    "synthesizer": ("Synthesizer",),
    "drums": ("Drum kit", "Drum", "Drum machine", "Snare drum", "Bass drum"),
}
"""What a prompt may name -> AudioSet's names of it."""


@dataclass(frozen=True)
class Commission:
    """What a prompt asks for: seconds of music; tempo in beats per minute (0 = any), key and instrument ("" = any).

    ``recording`` is music by people that answers the prompt, where there is any.
    """

    seconds: float
    tempo_bpm: float = 0.0
    key: str = ""
    instrument: str = ""
    recording: Audio | None = None


def duration_error(reference: Commission, hypothesis: Audio) -> float:
    """By how many seconds the music is too long or too short.

    >>> import numpy as np
    >>> duration_error(Commission(2.0), Audio(np.zeros(8000, np.float32), 16000))
    1.5
    """
    return abs(hypothesis.duration - reference.seconds)


def keeps_tempo(reference: Commission, hypothesis: Audio, heard: Beats) -> float | None:
    """1 if the tempo heard is within 4 % of the one asked for, or of 2, 3, 1/2 or 1/3 of it, else 0.

    None if the prompt names no tempo.
    """
    if not reference.tempo_bpm:
        return None
    return music.tempo_is_right_or_octave(Beats(reference.tempo_bpm), heard)


def keeps_key(reference: Commission, hypothesis: Audio, heard: Sequence[Label]) -> float | None:
    """`weighted_key` of the key heard; None if the prompt names no key."""
    if not reference.key:
        return None
    return music.weighted_key(reference.key, heard)


def plays_instrument(reference: Commission, hypothesis: Audio, heard: Sequence[Label]) -> float | None:
    """1 if the instrument asked for is among the ten likeliest of all sounds heard, else 0.

    None if the prompt names no instrument.

    >>> tags = [Label("Music", 0.9), Label("Piano", 0.5), Label("Flute", 0.1)]
    >>> asked = [Commission(8.0, instrument=name) for name in ("piano", "trumpet")]
    >>> [plays_instrument(one, None, tags) for one in asked]
    [1.0, 0.0]
    """
    if not reference.instrument:
        return None
    return float(any(label.name in INSTRUMENTS[reference.instrument] for label in heard[:_TOP]))


def _adherence(name: str, title: str, source: str, judge: tuple[str, str], measure: Any) -> Metric:
    return share(
        name,
        title,
        source,
        *mean_of(measure),
        judge=Judge(*judge, lambda reference, hypothesis: (hypothesis,)),
        evidence=("n",),
        lacking=f"the prompt names no {name.partition('_')[0]}",
    )


TEMPO_ADHERENCE = _adherence(
    "tempo_adherence",
    "tempo asked for, as librosa hears it (4 %, factors 2, 3, 1/2, 1/3 allowed)",
    "Gouyon et al. 2006",
    ("librosa_beat", "tempo"),
    keeps_tempo,
)
KEY_ADHERENCE = _adherence(
    "key_adherence",
    "key asked for, as chroma and Krumhansl's profiles hear it (weighted)",
    "Raffel et al. 2014 (mir_eval.key)",
    ("krumhansl_key", "key"),
    keeps_key,
)
INSTRUMENT_ADHERENCE = _adherence(
    "instrument_adherence",
    f"instrument asked for among the {_TOP} sounds that YAMNet hears most",
    "tags of AudioSet, Gemmeke et al. 2017",
    ("yamnet", "classify"),
    plays_instrument,
)
_components, _value = mean_of(duration_error)
DURATION_ERROR = Metric(
    name="duration_error",
    title="seconds too long or too short",
    unit="s",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=1,
    source="mean absolute error",
    components=_components,
    value=_value,
)
