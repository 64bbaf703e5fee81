"""Input limits of models that process whole utterances: neither too short nor too long, and not silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_lab.contract import ModelCard
from model_lab.deprecation import renamed
from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray


def bounded_samples(card: ModelCard, audio: Audio, shortest_s: float, rate: int = 16000) -> FloatArray:
    """``audio`` as mono samples at ``rate`` Hz. The option ``longest_s`` limits the length, and so the memory.

    Raises `BadAudio` for less than ``shortest_s``, for more than ``longest_s``, and for digital silence.
    """
    longest_s = float(card.options["longest_s"])
    if audio.duration < shortest_s:
        raise BadAudio(f"{card.name}: the audio lasts {audio.duration:.3f} s; expected at least {shortest_s} s of speech")
    if audio.duration > longest_s:
        raise BadAudio(
            f"{card.name}: the audio lasts {audio.duration:.1f} s; expected at most {longest_s:g} s: cut it, or raise the option longest_s"
        )
    samples = audio.mono().resample(rate).samples
    if not samples.any():
        raise BadAudio(f"{card.name}: the {audio.duration:.2f} s of audio are digital silence; expected speech")
    return samples


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"utterance": "bounded_samples"})
