"""Basic Pitch (Bittner et al. 2022) through its ONNX export.

The package's own entry takes a path alone, so its windowing is done here on samples: 2 s windows that overlap by 30 frames, of which
half on either side is left out. Notes are then found by the package's code, with its times.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import onnx
from model_lab.types import Audio, FloatArray, Note

_RATE = 22050
_HOP = 256
_WINDOW = 2 * _RATE - _HOP
_OVERLAP = 30
_FRAMES_PER_SECOND = _RATE // _HOP
_INPUT = "serving_default_input_2:0"
_OUTPUTS = {"note": "StatefulPartitionedCall:1", "onset": "StatefulPartitionedCall:2", "contour": "StatefulPartitionedCall:0"}

Maps = dict[str, npt.NDArray[np.float32]]


def load(card: ModelCard, device: str) -> Bundle:
    logging.disable(logging.WARNING)  # it warns of every runtime that is not installed
    from basic_pitch import FilenameSuffix, build_icassp_2022_model_path
    from basic_pitch.note_creation import model_output_to_notes

    logging.disable(logging.NOTSET)
    network = onnx.session(build_icassp_2022_model_path(FilenameSuffix.onnx))
    onset, frame = float(card.options["onset_threshold"]), float(card.options["frame_threshold"])
    shortest = round(float(card.options["min_note_s"]) * _RATE / _HOP)

    def transcribe_notes(audio: Audio) -> list[Note]:
        samples = audio.mono().resample(_RATE).samples
        maps = _maps(network, samples)
        if len(maps["note"]) < 3:  # too short for an onset to peak
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # silence is divided by its own peak
            _, events = model_output_to_notes(maps, onset, frame, min_note_len=shortest, include_pitch_bends=False)
        notes = [_note(start, end, key, strength, audio.duration) for start, end, key, strength, _ in events]
        return sorted((note for note in notes if note.onset < note.offset), key=lambda note: (note.onset, note.pitch_hz))

    return Bundle(card, device, {"music_transcription": transcribe_notes})


def _maps(network: Any, samples: FloatArray) -> Maps:
    """How strongly each key sounds, begins, and bends: arrays (frames, 88), (frames, 88) and (frames, 264), 0..1."""
    outputs = list(_OUTPUTS.values())
    parts = [network.run(outputs, {_INPUT: window[None, :, None]}) for window in _windows(samples)]
    frames = len(samples) * _FRAMES_PER_SECOND // _RATE
    edge = _OVERLAP // 2
    joined = (
        np.concatenate([part[0, edge:-edge] for part in parts_of_map])[:frames] for parts_of_map in zip(*parts, strict=True)
    )
    return dict(zip(_OUTPUTS, joined, strict=True))


def _windows(samples: FloatArray) -> Iterator[FloatArray]:
    padded = np.pad(samples, (_OVERLAP * _HOP // 2, 0))
    for first in range(0, len(padded), _WINDOW - _OVERLAP * _HOP):
        window = padded[first : first + _WINDOW]
        yield np.pad(window, (0, _WINDOW - len(window)))


def _note(start: float, end: float, key: int, strength: float, limit: float) -> Note:
    return Note(
        max(0.0, float(start)), min(float(end), limit), 440.0 * 2.0 ** ((int(key) - 69) / 12), float(np.clip(strength, 0, 1))
    )
