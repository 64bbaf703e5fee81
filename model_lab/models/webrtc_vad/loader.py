"""The voice activity detector of WebRTC.

It answers yes or no for every 30 ms; its own hangover keeps it at yes for a few frames after speech. Neighbouring yes
frames make a segment, pauses shorter than ``min_silence`` are closed, and nothing else is smoothed or dropped.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig
from model_lab.types import Audio, Segment

_RATE = 16000
_FRAME = 480
_TOUCHING = 1e-6


def load(card: ModelCard, device: str) -> Bundle:
    import webrtcvad

    aggressiveness, min_silence = card.options["aggressiveness"], card.options["min_silence"]
    if aggressiveness not in (0, 1, 2, 3):
        raise BadConfig(f"{card.name}: option aggressiveness is {aggressiveness!r}; expected 0, 1, 2 or 3")

    def detect(audio: Audio) -> list[Segment]:
        pcm = audio.mono().resample(_RATE).pcm16()
        frames = np.pad(pcm, (0, -len(pcm) % _FRAME)).reshape(-1, _FRAME)
        detector = webrtcvad.Vad(aggressiveness)  # it adapts to what it hears: a new one for each clip
        speech = [detector.is_speech(frame.tobytes(), _RATE) for frame in frames]
        return _segments(speech, min_silence, audio.duration)

    return Bundle(card, device, {"vad": detect})


def _segments(speech: list[bool], min_silence: float, duration: float) -> list[Segment]:
    segments: list[Segment] = []
    for number in np.flatnonzero(speech).tolist():
        start, end = number * _FRAME / _RATE, min((number + 1) * _FRAME / _RATE, duration)
        if segments and start - segments[-1].end < max(min_silence, _TOUCHING):
            start = segments.pop().start
        segments.append(Segment(start, end))
    return segments
