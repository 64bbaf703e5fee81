"""SwiftF0: a small convolutional pitch tracker on 16 kHz sound, one value every 16 ms.

Frames that peak below -60 dB of full scale are unvoiced by the package's own rule.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio, PitchTrack

_RATE = 16000
_HOP = 256


def load(card: ModelCard, device: str) -> Bundle:
    from swift_f0 import SwiftF0

    detector = SwiftF0(threads=threads(), spin=False)
    fmin, fmax = card.options["fmin"], card.options["fmax"]

    def track(audio: Audio) -> PitchTrack:
        samples = audio.mono().resample(_RATE).samples
        contour = detector.detect(np.pad(samples, (0, max(0, _HOP - len(samples)))), _RATE, fmin, fmax)
        return PitchTrack(
            *(np.asarray(values, np.float32) for values in (contour.timestamps, contour.pitch_hz, contour.confidence))
        )

    return Bundle(card, device, {"pitch": track})
