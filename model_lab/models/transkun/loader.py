"""Transkun 2 (Yan and Duan 2024) at 44.1 kHz, in the package's own windows of 16 s every 8 s.

Its pedal events are left out. Its command line needs pkg_resources, which is gone; the model is built here from the same files.
"""

from __future__ import annotations

import json

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.loader_utils import state_dict
from model_lab.types import Audio, Note

_RATE = 44100
_HARDEST = 127
_PEDALS = 0
"""Events of a pedal have a pitch below it."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transkun.ModelTransformer import TransKun

    torch.set_num_threads(threads())
    config = TransKun.Config()
    vars(config).update(json.loads(card.file("2.0.conf").read_text("utf-8"))["Model"]["config"])
    model = TransKun(conf=config)
    weights = card.file("2.0.pt")
    state_dict.fill(card, model, state_dict.read(card, weights)["state_dict"], weights)
    model.to(device).eval()

    def transcribe_notes(audio: Audio) -> list[Note]:
        channels = np.atleast_2d(audio.resample(_RATE).samples)  # the network adds up their power
        with torch.inference_mode():
            events = model.transcribe(torch.from_numpy(channels.T))
        notes = (
            Note(event.start, min(event.end, audio.duration), 440.0 * 2.0 ** ((event.pitch - 69) / 12), event.velocity / _HARDEST)
            for event in events
            if event.pitch >= _PEDALS
        )
        return sorted((note for note in notes if note.onset < note.offset), key=lambda note: (note.onset, note.pitch_hz))

    return Bundle(card, device, {"music_transcription": transcribe_notes})
