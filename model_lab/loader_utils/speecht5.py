"""SpeechT5: speech in the voice of a reference recording, represented by an x-vector of 512 dimensions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.contract import ModelCard
from model_lab.deprecation import renamed
from model_lab.errors import BadAudio, ModelLabError
from model_lab.loader_utils import state_dict
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio

RATE = 16000
_BANDS = 24
_SHORTEST_S, _SHORTEST_READING_S = 0.5, 0.1
_QUIETEST = 1e-3
"""Minimum peak of a reference recording."""


@dataclass(frozen=True)
class Speaker:
    """A SpeechT5 network with its vocoder. The card's repositories: ``model``, ``vocoder``; option ``max_length_ratio``."""

    card: ModelCard
    model: Any
    processor: Any
    vocoder: Any

    def generate(self, encoded: Any, voice: Any) -> Audio:
        """The speech for ``encoded`` (token ids, or audio, in a batch of one) in ``voice``, an x-vector.

        Speech without an end token is cut at ``max_length_ratio`` times the length of the encoded input, in frames.
        """
        spoken = self.model.generate_speech(
            encoded.to(self.model.device), voice, vocoder=self.vocoder, maxlenratio=self.card.options["max_length_ratio"]
        )
        reading = Audio(spoken.float().cpu().numpy(), RATE)
        if reading.duration < _SHORTEST_READING_S:
            raise ModelLabError(
                f"{self.card.name}: a passage gave {reading.duration:.3f} s of speech; expected more: try another seed"
            )
        return reading


def speaker(card: ModelCard, device: str, kind: Any) -> Speaker:
    """The network of class ``kind`` of the card's repository ``model``, with the vocoder of the repository ``vocoder``."""
    from transformers import SpeechT5HifiGan, SpeechT5Processor

    folder = card.repository("model")
    model = pretrained(card, device, kind, folder)
    vocoder = pretrained(card, device, SpeechT5HifiGan, card.repository("vocoder"))
    return Speaker(card, model, SpeechT5Processor.from_pretrained(folder, local_files_only=True), vocoder)


def xvector_extractor(card: ModelCard, device: str) -> Callable[[Audio], Any]:
    """A function that returns the x-vector of a recording, shape ``(1, 512)`` and length 1, with the repository ``xvector``.

    The network is that of SpeechBrain's VoxCeleb recipe (Snyder et al. 2018, X-vectors): 24 mel bands minus their means over the
    recording. Its hyperparams.yaml names classes to instantiate, and is not read.
    """
    import torch
    from speechbrain.lobes.features import Fbank
    from speechbrain.lobes.models.Xvector import Xvector

    weights = card.repository("xvector") / "embedding_model.ckpt"
    network, bands = Xvector(device, in_channels=_BANDS), Fbank(n_mels=_BANDS)
    state_dict.fill(card, network, state_dict.read(card, weights), weights)
    network.to(device).eval()
    bands.to(device)

    def extract(recording: Audio) -> Any:
        samples = recording.mono().resample(RATE).samples
        if recording.duration < _SHORTEST_S or np.abs(samples).max() < _QUIETEST:
            raise BadAudio(
                f"{card.name}: the reference lasts {recording.duration:.2f} s and peaks at {np.abs(samples).max(initial=0):.4f}; "
                f"expected at least {_SHORTEST_S} s of speech"
            )
        features = bands(torch.from_numpy(samples)[None].to(device))
        return torch.nn.functional.normalize(network(features - features.mean(dim=1, keepdim=True))[:, 0], dim=1)

    return extract


def require_words(card: ModelCard, text: str) -> None:
    """Raise `ModelLabError` unless ``text`` contains letters or digits."""
    if not any(sign.isalnum() for sign in text):
        raise ModelLabError(f"{card.name}: no words in {text[:60]!r}; expected letters or digits")


def joined(parts: list[Audio]) -> Audio:
    """The parts of a reading, concatenated."""
    return Audio(np.concatenate([part.samples for part in parts]), RATE)


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"voice_finder": "xvector_extractor"})
