"""Tempo, beats and key of music.

Conventions
-----------
- Tempo is in beats per minute (BPM), beat times in seconds.
- Beats before 5 s are left out on both sides, as in mir_eval.beat.trim_beats and MIREX: trackers may take that long to lock. A
  recording without reference beats after that has no beat F-measure and is not among its n.
- A key is "TONIC MODE" with MODE major or minor; enharmonic spellings are equal (C# = Db). The first answered label counts.

Metrics
-------
All are ratios in 0 to 1, higher is better.

- `TEMPO_ACCURACY_1` (``tempo_accuracy_1``): recordings with |answer - reference| <= 4 % of the reference. Gouyon et al. 2006.
- `TEMPO_ACCURACY_2` (``tempo_accuracy_2``): the same, also allowing 2, 3, 1/2 and 1/3 of the reference. Gouyon et al. 2006.
- `BEAT_F` (``beat_f``): 2 matched / (reference + answered beats), matched one to one within 70 ms. Davies et al. 2009
  (mir_eval.beat).
- `KEY_SCORE` (``key_score``): mean of `weighted_key`. MIREX key detection; Raffel et al. 2014 (mir_eval.key).
- `KEY_ACCURACY` (``key_accuracy``): recordings with the exact key. Same source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, mean_of, ratio, share
from model_lab.types import Beats, Label

TOLERANCE = 0.04
"""Largest deviation of a tempo, as a share of the true one."""

OCTAVES = (1.0, 2.0, 3.0, 1 / 2, 1 / 3)
"""Multiples of the true tempo that accuracy 2 accepts."""

BEAT_WINDOW_S = 0.07
"""Largest difference in seconds at which beats match."""

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
KEYS = tuple(f"{tonic} {mode}" for mode in ("major", "minor") for tonic in _TONICS)
"""The 24 major and minor keys in the spelling of `key_of`."""


def tempo_is_right(reference: Beats, hypothesis: Beats) -> float:
    """Decide whether a tempo is right within 4 % (accuracy 1).

    Args:
        reference: True tempo in BPM.
        hypothesis: Answered tempo in BPM.

    Returns:
        1.0 if ``|hypothesis - reference| <= 0.04 * reference``, else 0.0.

    Examples:
        >>> tempo_is_right(Beats(100.0), Beats(104.0)), tempo_is_right(Beats(100.0), Beats(105.0))
        (1.0, 0.0)
    """
    return _near(reference.tempo_bpm, hypothesis.tempo_bpm, (1.0,))


def tempo_is_right_or_octave(reference: Beats, hypothesis: Beats) -> float:
    """Decide whether a tempo is right within 4 %, allowing factors of 2 and 3 (accuracy 2).

    Args:
        reference: True tempo in BPM.
        hypothesis: Answered tempo in BPM.

    Returns:
        1.0 if the tempo is within 4 % of 1, 2, 3, 1/2 or 1/3 times the true one, else 0.0.

    Examples:
        >>> tempo_is_right_or_octave(Beats(100.0), Beats(51.0)), tempo_is_right_or_octave(Beats(100.0), Beats(150.0))
        (1.0, 0.0)
    """
    return _near(reference.tempo_bpm, hypothesis.tempo_bpm, OCTAVES)


def beat_components(reference: Beats, hypothesis: Beats) -> Components:
    """Match the beats of one recording one to one within 70 ms, from 5 s on.

    Args:
        reference: True beat times in seconds, rising.
        hypothesis: Answered beat times in seconds, rising.

    Returns:
        ``matched``: matched beats; ``reference`` and ``hypothesis``: beats on either side. All 0 without reference beats from 5 s on.

    Examples:
        >>> truth = Beats(60.0, np.array([4, 5, 6, 7], np.float32))
        >>> beat_components(truth, Beats(60.0, np.array([5.05, 6.5], np.float32)))
        {'matched': 1.0, 'reference': 3.0, 'hypothesis': 2.0}
    """
    from mir_eval.beat import trim_beats
    from mir_eval.util import match_events

    expected, answer = (trim_beats(np.asarray(beats.times, np.float64)) for beats in (reference, hypothesis))
    if not expected.size:
        return {"matched": 0.0, "reference": 0.0, "hypothesis": 0.0}
    matched = len(match_events(expected, answer, BEAT_WINDOW_S)) if answer.size else 0
    return {"matched": float(matched), "reference": float(expected.size), "hypothesis": float(answer.size)}


def key_of(name: str) -> str:
    """Spell a key as `KEYS` does.

    Args:
        name: Name of a key, a tonic with at most one accidental and a mode, in any case: "D# minor", "cb Major".

    Returns:
        The equal key of `KEYS`; "" if ``name`` is not a major or minor key.

    Examples:
        >>> key_of("D# minor"), key_of("cb Major"), key_of("H major")
        ('Eb minor', 'B major', '')
    """
    tonic, _, mode = name.strip().lower().partition(" ")
    letter, accidental = tonic[:1], tonic[1:]
    if letter not in _STEPS or accidental not in _ACCIDENTALS or mode not in ("major", "minor"):
        return ""
    return f"{_TONICS[(_STEPS[letter] + _ACCIDENTALS[accidental]) % 12]} {mode}"


def weighted_key(reference: str, hypothesis: Sequence[Label]) -> float:
    """Score a key with partial credit for related ones, by MIREX's weights.

    Args:
        reference: True key.
        hypothesis: Answered keys, best first; only the first counts.

    Returns:
        1.0 for the right key, 0.5 for a fifth above it, 0.3 for its relative, 0.2 for its parallel key, else 0.0; 0.0 without an answer.

    Examples:
        >>> [weighted_key("C major", [Label(name, 1.0)]) for name in ("C major", "G major", "A minor", "C minor", "F major")]
        [1.0, 0.5, 0.3, 0.2, 0.0]
    """
    from mir_eval.key import weighted_score

    return float(weighted_score(key_of(reference), key_of(hypothesis[0].name))) if hypothesis else 0.0


def exact_key(reference: str, hypothesis: Sequence[Label]) -> float:
    """Decide whether the first answered key is right.

    Args:
        reference: True key.
        hypothesis: Answered keys, best first; only the first counts.

    Returns:
        1.0 if the keys are equal, however they are spelled, else 0.0.

    Examples:
        >>> exact_key("C# minor", [Label("Db minor", 0.6), Label("E major", 0.5)]), exact_key("C major", [])
        (1.0, 0.0)
    """
    return float(bool(hypothesis) and key_of(hypothesis[0].name) == key_of(reference))


def _near(expected: float, tempo: float, factors: tuple[float, ...]) -> float:
    return float(any(abs(tempo - factor * expected) <= TOLERANCE * factor * expected for factor in factors))


def _beat_f(pooled: Mapping[str, Any]) -> float:
    return ratio(2 * pooled["matched"], pooled["reference"] + pooled["hypothesis"])


_GOUYON = "Gouyon et al. 2006"
TEMPO_ACCURACY_1 = share("tempo_accuracy_1", "tempo within 4 %", _GOUYON, *mean_of(tempo_is_right))
TEMPO_ACCURACY_2 = share(
    "tempo_accuracy_2", "tempo within 4 %, factors 2, 3, 1/2, 1/3 allowed", _GOUYON, *mean_of(tempo_is_right_or_octave)
)
BEAT_F = share(
    "beat_f",
    "F-measure of beats (70 ms), from 5 s on",
    "Davies et al. 2009 (mir_eval.beat)",
    beat_components,
    _beat_f,
    version=2,
    evidence=("reference",),
    lacking="no beats marked from 5 s on",
    scorer="mir_eval-beat-pooled",
)
_RAFFEL = "MIREX key detection; Raffel et al. 2014 (mir_eval.key)"
KEY_SCORE = share(
    "key_score",
    "key, with credit for a fifth, the relative and the parallel key",
    _RAFFEL,
    *mean_of(weighted_key),
    scorer="mir_eval-key",
)
KEY_ACCURACY = share("key_accuracy", "exact key", _RAFFEL, *mean_of(exact_key))
