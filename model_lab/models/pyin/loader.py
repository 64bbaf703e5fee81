"""pYIN (librosa): YIN with a distribution over thresholds, decoded by a hidden Markov model.

Voiced is the model's decision (0 or 1): its voicing probability is not calibrated. The decoder holds all frames at once,
about 4 MB for each second of sound, so long recordings are refused.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadAudio
from model_lab.types import Audio, PitchTrack

_RATE = 22050
_FRAME, _HOP = 2048, 256


def load(card: ModelCard, device: str) -> Bundle:
    import librosa

    fmin, fmax, limit = (float(card.options[name]) for name in ("fmin", "fmax", "max_seconds"))

    def track(audio: Audio) -> PitchTrack:
        if audio.duration > limit:
            raise BadAudio(
                f"{card.name}: the sound lasts {audio.duration:.0f} s; at most {limit:.0f} s are tracked: cut it into parts"
            )
        f0_hz, voiced, _ = librosa.pyin(
            audio.mono().resample(_RATE).samples,
            fmin=fmin,
            fmax=fmax,
            sr=_RATE,
            frame_length=_FRAME,
            hop_length=_HOP,
            fill_na=None,
        )
        times = np.arange(len(f0_hz)) * (_HOP / _RATE)
        return PitchTrack(*(np.asarray(values, np.float32) for values in (times, f0_hz, voiced)))

    return Bundle(card, device, {"pitch": track})
