"""The phone recogniser of the package hama.

Its network takes 30 s and silently forgets what comes after: longer sound is cut at its quietest moments into pieces of 7.5 to
15 s, which are also answered faster than long ones. The cut is our own, by energy alone; no speech detector decides what is heard.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, FloatArray, Transcript

_RATE = 16000
_LONGEST = 15 * _RATE
_QUIET = _RATE // 5
"""Samples over which loudness is judged when a place to cut is looked for."""


def load(card: ModelCard, device: str) -> Bundle:
    from hama import ASRModel

    model = ASRModel()

    def recognize_phones(audio: Audio) -> Transcript:
        recognised_phones = [
            phone
            for piece in pieces(audio.mono().resample(_RATE).samples)
            for phone in model.transcribe_waveform(piece, _RATE).phonemes
        ]
        return Transcript(" ".join(phone for phone in recognised_phones if phone[0].isalpha()))

    return Bundle(card, device, {"phones": recognize_phones})


def pieces(samples: FloatArray) -> Iterator[FloatArray]:
    """16 kHz samples in pieces of at most 15 s, cut where it is quietest between 7.5 and 15 s after the last cut."""
    while len(samples) > _LONGEST:
        power = np.cumsum(np.square(samples[_LONGEST // 2 : _LONGEST], dtype=np.float64))
        loudness = power[_QUIET:] - power[:-_QUIET]
        cut = _LONGEST // 2 + int(np.argmin(loudness)) + _QUIET // 2
        yield samples[:cut]
        samples = samples[cut:]
    yield samples
