"""Resemblyzer: a GE2E speaker encoder (Wan et al. 2018), 256 numbers from 16 kHz speech.

Volume is raised to -30 dBFS as the package's ``preprocess_wav`` does. That function also cuts pauses with the WebRTC voice
activity detector; here this is the option ``trim_pauses``, off because it refuses sound in which it hears no speech.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray

_RATE = 16000


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from resemblyzer import VoiceEncoder, normalize_volume, trim_long_silences
    from resemblyzer.hparams import audio_norm_target_dBFS

    torch.set_num_threads(1)  # a window is too little work to share: two threads take several times the CPU and are no faster
    encoder = VoiceEncoder(device, verbose=False)
    trim_pauses = bool(card.options["trim_pauses"])

    def embed(audio: Audio) -> FloatArray:
        samples = audio.mono().resample(_RATE).samples
        if not samples.any():
            raise BadAudio(f"{card.name}: the {audio.duration:.2f} s of sound are digital silence; expected a voice")
        samples = normalize_volume(samples, audio_norm_target_dBFS, increase_only=True)
        if trim_pauses:
            samples = trim_long_silences(samples)
            if len(samples) == 0:
                raise BadAudio(
                    f"{card.name}: no speech found in {audio.duration:.2f} s of sound; set the option trim_pauses to false"
                )
        return np.asarray(encoder.embed_utterance(samples), np.float32)

    def score(a: Audio, b: Audio) -> float:
        return float(embed(a) @ embed(b))

    return Bundle(card, device, {"speaker_embed": embed, "speaker_verify": score, "embed": embed})
