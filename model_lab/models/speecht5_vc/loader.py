"""Flite's reading of the text, converted by SpeechT5 towards the voice of a recording.

Text is read and converted a few sentences at a time, which bounds what the network hears at once.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import flite
from model_lab.loader_utils.speecht5 import RATE, joined, require_words, speaker, xvector_extractor
from model_lab.loader_utils.text_chunks import passages
from model_lab.types import Audio

_LONGEST = 200
"""Characters read at once: some 15 s."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import SpeechT5ForSpeechToSpeech

    read = flite.synthesizer(card)
    converter = speaker(card, device, SpeechT5ForSpeechToSpeech)
    voice_of = xvector_extractor(card, device)

    def clone(text: str, voice: Audio) -> Audio:
        require_words(card, text)
        voice_embedding = voice_of(voice)
        readings = [read(part).mono().resample(RATE).samples for part in passages(text, _LONGEST)]
        inputs = [converter.processor(audio=part, sampling_rate=RATE, return_tensors="pt").input_values for part in readings]
        return joined([converter.generate(part, voice_embedding) for part in inputs])

    return Bundle(card, device, {"voice_clone": torch.inference_mode()(clone)})
