"""SpeechT5's speech synthesis through transformers, in the voice of a recording.

Longer text is cut at sentence ends, so that no passage is longer than the network can read, or takes longer to say than it
can speak. Numbers are written out in English first: it reads letters only.
"""

from __future__ import annotations

import re
from typing import Any

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils.speecht5 import joined, require_words, speaker, xvector_extractor
from model_lab.loader_utils.text_chunks import passages
from model_lab.types import Audio

_MARKS = 2
"""What the tokenizer adds to a text: its beginning and its end."""

_COMMA_IN_NUMBER = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import SpeechT5ForTextToSpeech

    reader = speaker(card, device, SpeechT5ForTextToSpeech)
    voice_of = xvector_extractor(card, device)
    limits = reader.model.config
    sayable = limits.max_speech_positions * limits.reduction_factor / card.options["max_length_ratio"]
    longest = int(min(limits.max_text_positions, sayable)) - _MARKS

    def clone(text: str, voice: Audio) -> Audio:
        voice_embedding = voice_of(voice)
        parts = passages(_written_out(card, reader.processor.tokenizer, text), longest)
        letters = [reader.processor(text=part, return_tensors="pt").input_ids for part in parts]
        return joined([reader.generate(part, voice_embedding) for part in letters])

    return Bundle(card, device, {"voice_clone": torch.inference_mode()(clone)})


def _written_out(card: ModelCard, tokenizer: Any, text: str) -> str:
    """``text`` with its numbers in words, by transformers' rules, which know no commas in numbers, and not the greatest ones."""
    require_words(card, text)
    try:
        return str(tokenizer.normalizer(_COMMA_IN_NUMBER.sub("", text)))
    except IndexError:
        raise ModelLabError(
            f"{card.name}: a number in {text[:60]!r} is too great to say; expected less than 10 to the 63rd"
        ) from None
