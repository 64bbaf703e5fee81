"""Parler-TTS: the text is read in a voice that a sentence describes.

Two tokenizers: the model's own for what is read, and that of its text encoder, another repository, for the description. The
model was trained on speech of up to 30 s, so longer text is read in pieces.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio, FloatArray

_LONGEST_PIECE = 300
"""Characters: about 20 s of speech."""

_SHORTEST_S = 0.1


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from parler_tts import ParlerTTSForConditionalGeneration
    from transformers import AutoTokenizer

    model = pretrained(card, device, ParlerTTSForConditionalGeneration, card.repository("model"))
    encoder, listed = model.config.text_encoder._name_or_path, card.repositories["text_encoder_tokenizer"].id
    if encoder != listed:
        raise NotRunnable(f"{card.name}: its text encoder is {encoder!r}, and config.yaml lists the tokenizer of {listed!r}")
    tokenizer = AutoTokenizer.from_pretrained(card.repository("model"), local_files_only=True)
    describing = AutoTokenizer.from_pretrained(card.repository("text_encoder_tokenizer"), local_files_only=True)
    voice = describing(str(card.options["description"]), return_tensors="pt").to(device)
    rate = int(model.config.sampling_rate)

    def speak(piece: str) -> FloatArray:
        prompt = tokenizer(piece, return_tensors="pt").to(device)
        sound: Any = model.generate(
            input_ids=voice.input_ids,
            attention_mask=voice.attention_mask,
            prompt_input_ids=prompt.input_ids,
            prompt_attention_mask=prompt.attention_mask,
            max_new_tokens=card.options["max_new_tokens"],
        )
        samples: FloatArray = sound.float().cpu().numpy().ravel()
        if len(samples) < _SHORTEST_S * rate:
            raise ModelLabError(f"{card.name} says {piece[:60]!r} in {len(samples) / rate:.3f} s; expected speech: run again")
        return samples

    def synthesize(text: str) -> Audio:
        pieces = list(_pieces(text))
        if not pieces:
            raise ModelLabError(f"{card.name}: there is nothing to read in {text!r}; expected words")
        return Audio(np.concatenate([speak(piece) for piece in pieces]), rate)

    return Bundle(card, device, {"tts": torch.inference_mode()(synthesize)})


def _pieces(text: str) -> Iterator[str]:
    """As many whole sentences at a time as are not too long; a sentence that is too long is cut between words."""
    piece = ""
    for sentence in re.split(r"(?<=[.!?;:])\s+", " ".join(text.split())):
        for part in textwrap.wrap(sentence, _LONGEST_PIECE):
            if piece and len(piece) + 1 + len(part) > _LONGEST_PIECE:
                yield piece
                piece = ""
            piece = f"{piece} {part}".strip()
    if piece:
        yield piece
