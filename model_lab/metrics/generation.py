"""Music generation: does generated music have the length, tempo, key and instrument that its prompt asks for?

Conventions
-----------
- Each property is measured only where the prompt names it; other samples do not count.
- Tempo, key and instrument are estimated by other models (judges), whose own errors are part of these values: their scores on music
  of known tempo, key and instruments are the ceiling.
- Frechet audio distance is not among the metrics: it compares distributions of embeddings, which needs more clips than the embedding
  has dimensions (Kilgour et al. 2019; Gui et al. 2024), and real music to compare with.

Metrics
-------
- `TEMPO_ADHERENCE` (``tempo_adherence``): clips whose tempo, estimated by ``librosa_beat``, is within 4 % of the prompt's or of
  2, 3, 1/2 or 1/3 of it, over clips with a prompted tempo. Ratio in 0 to 1, higher is better. Accuracy 2 of Gouyon et al. 2006.
- `KEY_ADHERENCE` (``key_adherence``): mean weighted key score (see `music.weighted_key`) of the key estimated by ``krumhansl_key``.
  0 to 1, higher is better. Raffel et al. 2014 (mir_eval.key).
- `INSTRUMENT_ADHERENCE` (``instrument_adherence``): clips whose prompted instrument is among the 10 most likely of all AudioSet
  classes by ``yamnet``, over clips with a prompted instrument. Ratio in 0 to 1, higher is better. Tags: Gemmeke et al. 2017.
- `DURATION_ERROR` (``duration_error``): mean of |length - prompted length|; s, 0 is best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_lab.deprecation import renamed
from model_lab.metrics import music
from model_lab.metrics._base import Judge, Metric, mean_of, share
from model_lab.types import Audio, Beats, Label

_TOP = 10
"""A prompted instrument must be among this many most likely classes of all sounds; restricted to instruments, silence would pass half of them."""

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
"""Instrument in a prompt -> names of AudioSet's classes for it."""


@dataclass(frozen=True)
class MusicPrompt:
    """Reference of music generation: what the prompt asks for.

    Attributes:
        seconds: Length of the music in seconds.
        tempo_bpm: Tempo in beats per minute; 0 if the prompt names none.
        key: Key such as "C# minor", in any spelling that `music.key_of` knows; "" if the prompt names none.
        instrument: A key of `INSTRUMENTS`; "" if the prompt names none.
        recording: Human music that fits the prompt, for comparison; None if there is none.
    """

    seconds: float
    tempo_bpm: float = 0.0
    key: str = ""
    instrument: str = ""
    recording: Audio | None = None


def duration_error(reference: MusicPrompt, hypothesis: Audio) -> float:
    """Compute the absolute difference of the length of the music.

    Args:
        reference: What the prompt asks for.
        hypothesis: The generated music.

    Returns:
        Absolute difference in seconds, 0 is best.

    Examples:
        >>> import numpy as np
        >>> duration_error(MusicPrompt(2.0), Audio(np.zeros(8000, np.float32), 16000))
        1.5
    """
    return abs(hypothesis.duration - reference.seconds)


def keeps_tempo(reference: MusicPrompt, hypothesis: Audio, estimated: Beats) -> float | None:
    """Decide whether the music has the prompted tempo, allowing factors of 2 and 3.

    Args:
        reference: What the prompt asks for.
        hypothesis: The generated music; not used, the tempo is the judge's.
        estimated: Tempo of the music as the judge estimates it.

    Returns:
        1.0 if the tempo is within 4 % of the prompted one or of 2, 3, 1/2 or 1/3 of it, else 0.0; None if the prompt names no tempo.
    """
    if not reference.tempo_bpm:
        return None
    return music.tempo_is_right_or_octave(Beats(reference.tempo_bpm), estimated)


def keeps_key(reference: MusicPrompt, hypothesis: Audio, estimated: Sequence[Label]) -> float | None:
    """Score the key of the music against the prompted key.

    Args:
        reference: What the prompt asks for.
        hypothesis: The generated music; not used, the key is the judge's.
        estimated: Keys of the music as the judge ranks them, best first.

    Returns:
        `music.weighted_key` in 0 to 1 of the first key; None if the prompt names no key.
    """
    if not reference.key:
        return None
    return music.weighted_key(reference.key, estimated)


def plays_instrument(reference: MusicPrompt, hypothesis: Audio, estimated: Sequence[Label]) -> float | None:
    """Decide whether the prompted instrument is detected in the music.

    Args:
        reference: What the prompt asks for.
        hypothesis: The generated music; not used, the tags are the judge's.
        estimated: AudioSet classes as the judge ranks them, most likely first.

    Returns:
        1.0 if one of the instrument's names in `INSTRUMENTS` is among the ten most likely classes, else 0.0; None if the prompt
            names no instrument.

    Examples:
        >>> tags = [Label("Music", 0.9), Label("Piano", 0.5), Label("Flute", 0.1)]
        >>> prompts = [MusicPrompt(8.0, instrument=name) for name in ("piano", "trumpet")]
        >>> [plays_instrument(prompt, None, tags) for prompt in prompts]
        [1.0, 0.0]
    """
    if not reference.instrument:
        return None
    return float(any(label.name in INSTRUMENTS[reference.instrument] for label in estimated[:_TOP]))


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
    "prompted tempo, as estimated by librosa (within 4 %, factors 2, 3, 1/2, 1/3 allowed)",
    "Gouyon et al. 2006",
    ("librosa_beat", "tempo"),
    keeps_tempo,
)
KEY_ADHERENCE = _adherence(
    "key_adherence",
    "prompted key, as estimated from chroma with Krumhansl's profiles (weighted)",
    "Raffel et al. 2014 (mir_eval.key)",
    ("krumhansl_key", "key"),
    keeps_key,
)
INSTRUMENT_ADHERENCE = _adherence(
    "instrument_adherence",
    f"prompted instrument among the {_TOP} most likely classes of YAMNet",
    "tags of AudioSet, Gemmeke et al. 2017",
    ("yamnet", "classify"),
    plays_instrument,
)
_components, _value = mean_of(duration_error)
DURATION_ERROR = Metric(
    name="duration_error",
    title="absolute difference from the prompted length",
    unit="s",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=1,
    source="mean absolute error",
    components=_components,
    value=_value,
)


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"Commission": "MusicPrompt"})
