"""SpeechT5: speech in the voice of a reference recording, which it knows by an x-vector of 512 numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_lab.contract import ModelCard
from model_lab.errors import BadAudio, ModelLabError
from model_lab.loader_utils import state_dict
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio

RATE = 16000
_BANDS = 24
_SHORTEST_S, _SHORTEST_READING_S = 0.5, 0.1
_QUIETEST = 1e-3
"""Peak of a reference, below which there is no voice in it."""


@dataclass(frozen=True)
class Speaker:
    """A SpeechT5 network with its vocoder. The card's repositories: ``model``, ``vocoder``; option ``max_length_ratio``."""

    card: ModelCard
    model: Any
    processor: Any
    vocoder: Any

    def say(self, encoded: Any, voice: Any) -> Audio:
        """What the network makes of ``encoded`` (numbers of letters, or sound, of a batch of one) in ``voice``, an x-vector.

        Speech that does not end by itself ends when it is ``max_length_ratio`` times as long as the encoded input, in frames.
        """
        spoken = self.model.generate_speech(
            encoded.to(self.model.device), voice, vocoder=self.vocoder, maxlenratio=self.card.options["max_length_ratio"]
        )
        reading = Audio(spoken.float().cpu().numpy(), RATE)
        if reading.duration < _SHORTEST_READING_S:
            raise ModelLabError(
                f"{self.card.name}: a passage became {reading.duration:.3f} s of speech; expected more: ask again with another seed"
            )
        return reading


def speaker(card: ModelCard, device: str, kind: Any) -> Speaker:
    """The network of class ``kind`` of the card's repository ``model``, with the vocoder of the repository ``vocoder``."""
    from transformers import SpeechT5HifiGan, SpeechT5Processor

    folder = card.repository("model")
    model = pretrained(card, device, kind, folder)
    vocoder = pretrained(card, device, SpeechT5HifiGan, card.repository("vocoder"))
    return Speaker(card, model, SpeechT5Processor.from_pretrained(folder, local_files_only=True), vocoder)


def voice_finder(card: ModelCard, device: str) -> Callable[[Audio], Any]:
    """What gives the x-vector of a recording, shape ``(1, 512)`` and length 1, from the network of the repository ``xvector``.

    It is that of speechbrain's recipe for VoxCeleb (Snyder et al. 2018, X-vectors): 24 mel bands less their means over the
    recording. Its hyperparams.yaml names classes to call, and is not read.
    """
    import torch
    from speechbrain.lobes.features import Fbank
    from speechbrain.lobes.models.Xvector import Xvector

    weights = card.repository("xvector") / "embedding_model.ckpt"
    network, bands = Xvector(device, in_channels=_BANDS), Fbank(n_mels=_BANDS)
    state_dict.fill(card, network, state_dict.read(card, weights), weights)
    network.to(device).eval()
    bands.to(device)

    def find(recording: Audio) -> Any:
        samples = recording.mono().resample(RATE).samples
        if recording.duration < _SHORTEST_S or np.abs(samples).max() < _QUIETEST:
            raise BadAudio(
                f"{card.name}: the reference lasts {recording.duration:.2f} s and peaks at {np.abs(samples).max(initial=0):.4f}; "
                f"expected at least {_SHORTEST_S} s of a voice"
            )
        heard = bands(torch.from_numpy(samples)[None].to(device))
        return torch.nn.functional.normalize(network(heard - heard.mean(dim=1, keepdim=True))[:, 0], dim=1)

    return find


def require_words(card: ModelCard, text: str) -> None:
    """Raise `ModelLabError` unless there is something to say in ``text``."""
    if not any(sign.isalnum() for sign in text):
        raise ModelLabError(f"{card.name}: there is nothing to say in {text[:60]!r}; expected words")


def joined(parts: list[Audio]) -> Audio:
    """The parts of a reading, one after the other."""
    return Audio(np.concatenate([part.samples for part in parts]), RATE)
