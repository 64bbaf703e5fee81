"""Transcribed notes against the notes that were played, by the rules of MIREX (mir_eval.transcription).

A transcribed note is right if it begins within 50 ms of a note whose pitch is within a quarter tone of its own; with offsets,
it must also end within 50 ms or a fifth of that note's length, whichever is more. Notes are matched one to one, as many as can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.types import Note

ONSET_S = 0.05
"""How far an onset may be off, and an offset at least."""

PITCH_CENTS = 50.0
OFFSET_RATIO = 0.2


def onset_components(reference: Sequence[Note], hypothesis: Sequence[Note]) -> Components:
    """Notes matched by onset and pitch, and how many each side has.

    >>> truth = [Note(0.0, 1.0, 440.0), Note(1.0, 2.0, 494.0)]
    >>> onset_components(truth, [Note(0.04, 0.1, 442.0), Note(1.0, 2.0, 523.0), Note(1.5, 2.0, 494.0)])
    {'matched': 1.0, 'reference': 2.0, 'hypothesis': 3.0}
    """
    return _components(reference, hypothesis, None)


def offset_components(reference: Sequence[Note], hypothesis: Sequence[Note]) -> Components:
    """Notes matched by onset, pitch and offset, and how many each side has.

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
) -> Metric:
    source = "MIREX note tracking; Bay et al. 2009 (mir_eval.transcription)"
    return share(name, title, source, components, value, version=2, evidence=evidence, lacking="no notes")


NOTE_F1 = _metric("note_f1", "F1 of notes by onset (50 ms) and pitch (quarter tone)", _f1)
NOTE_F1_OFFSETS = _metric("note_f1_offsets", "F1 of notes by onset, pitch and offset", _f1, offset_components)
NOTE_PRECISION = _metric(
    "note_precision", "transcribed notes that were played", partial(_share, "hypothesis"), evidence=("hypothesis",)
)
NOTE_RECALL = _metric("note_recall", "played notes that were transcribed", partial(_share, "reference"), evidence=("reference",))
