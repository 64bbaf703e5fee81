"""Music transcription: transcribed notes against the notes played, by the rules of MIREX (mir_eval.transcription).

Conventions
-----------
- Onsets and offsets are in seconds, pitches in Hz (A4 = 440). Velocity is not scored.
- A transcribed note matches a played one if their onsets differ by at most 50 ms (`ONSET_S`) and their pitches by at most 50 cents
  (`PITCH_CENTS`). With offsets, their offsets must also differ by at most 50 ms or 20 % of the played note's length
  (`OFFSET_RATIO`), whichever is more.
- Notes are matched one to one, as many as possible (maximum bipartite matching). Counts are pooled over recordings.

Metrics
-------
All are ratios in 0 to 1, higher is better. Bay et al. 2009; Raffel et al. 2014.

- `NOTE_F1` (``note_f1``): 2 matched / (played + transcribed), by onset and pitch.
- `NOTE_F1_OFFSETS` (``note_f1_offsets``): the same, by onset, pitch and offset.
- `NOTE_PRECISION` (``note_precision``): matched / transcribed, by onset and pitch.
- `NOTE_RECALL` (``note_recall``): matched / played, by onset and pitch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.types import Note

ONSET_S = 0.05
"""Largest difference of onsets in seconds, and the least tolerance of offsets."""

PITCH_CENTS = 50.0
"""Largest difference of pitches in cents (100 to a semitone)."""

OFFSET_RATIO = 0.2
"""Largest difference of offsets as a share of the played note's length."""


def onset_components(reference: Sequence[Note], hypothesis: Sequence[Note]) -> Components:
    """Match the notes of one recording by onset and pitch.

    Args:
        reference: Notes played, in any order.
        hypothesis: Notes transcribed, in any order.

    Returns:
        ``matched``: matched notes; ``reference`` and ``hypothesis``: notes on either side.

    Examples:
        >>> truth = [Note(0.0, 1.0, 440.0), Note(1.0, 2.0, 494.0)]
        >>> onset_components(truth, [Note(0.04, 0.1, 442.0), Note(1.0, 2.0, 523.0), Note(1.5, 2.0, 494.0)])
        {'matched': 1.0, 'reference': 2.0, 'hypothesis': 3.0}
    """
    return _components(reference, hypothesis, None)


def offset_components(reference: Sequence[Note], hypothesis: Sequence[Note]) -> Components:
    """Match the notes of one recording by onset, pitch and offset.

    Args:
        reference: Notes played, in any order.
        hypothesis: Notes transcribed, in any order.

    Returns:
        ``matched``: matched notes; ``reference`` and ``hypothesis``: notes on either side.

    Examples:
        >>> truth = [Note(0.0, 1.0, 440.0), Note(1.0, 1.1, 494.0)]
        >>> offset_components(truth, [Note(0.0, 0.81, 440.0), Note(1.0, 1.2, 494.0)])
        {'matched': 1.0, 'reference': 2.0, 'hypothesis': 2.0}
    """
    return _components(reference, hypothesis, OFFSET_RATIO)


def _components(reference: Sequence[Note], hypothesis: Sequence[Note], offset_ratio: float | None) -> Components:
    from mir_eval.transcription import match_notes

    matched = 0
    if reference and hypothesis:
        (spans, pitches), (found_spans, found_pitches) = _arrays(reference), _arrays(hypothesis)
        matched = len(
            match_notes(
                spans, pitches, found_spans, found_pitches, ONSET_S, PITCH_CENTS, offset_ratio, offset_min_tolerance=ONSET_S
            )
        )
    return {"matched": float(matched), "reference": float(len(reference)), "hypothesis": float(len(hypothesis))}


def _arrays(notes: Sequence[Note]) -> tuple[Any, Any]:
    """Onsets and offsets, shape (n, 2), and pitches in Hz, shape (n,)."""
    return np.array([(note.onset, note.offset) for note in notes]), np.array([note.pitch_hz for note in notes])


def _f1(pooled: Mapping[str, Any]) -> float:
    return ratio(2 * pooled["matched"], pooled["reference"] + pooled["hypothesis"])


def _share(of: str, pooled: Mapping[str, Any]) -> float:
    return ratio(pooled["matched"], pooled[of])


def _metric(
    name: str,
    title: str,
    value: Callable[[Mapping[str, Any]], float],
    components: Callable[[Sequence[Note], Sequence[Note]], Components] = onset_components,
    evidence: tuple[str, ...] = (),
    scorer: str = "mir_eval-transcription-onset-pooled",
) -> Metric:
    source = "MIREX note tracking; Bay et al. 2009 (mir_eval.transcription)"
    return share(name, title, source, components, value, version=2, evidence=evidence, lacking="no notes", scorer=scorer)


NOTE_F1 = _metric("note_f1", "F1 of notes by onset (50 ms) and pitch (quarter tone)", _f1)
NOTE_F1_OFFSETS = _metric(
    "note_f1_offsets",
    "F1 of notes by onset, pitch and offset",
    _f1,
    offset_components,
    scorer="mir_eval-transcription-offset-0.2-pooled",
)
NOTE_PRECISION = _metric(
    "note_precision", "transcribed notes that were played", partial(_share, "hypothesis"), evidence=("hypothesis",)
)
NOTE_RECALL = _metric("note_recall", "played notes that were transcribed", partial(_share, "reference"), evidence=("reference",))
