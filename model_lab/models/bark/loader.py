"""Bark through transformers: text to semantic tokens, to coarse and then fine tokens of EnCodec, to sound.

It says about 13 s at a time: longer text is cut at sentence ends, and its passages are said one after the other in the preset's
voice. A preset is a voice included with the model, not a recording of the user.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ModelLabError, nearest
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.text_chunks import passages
from model_lab.types import Audio, FloatArray

_MOST_TOKENS = 256
"""Of a text: transformers drops what is beyond."""

_PAUSE_S, _SHORTEST_S = 0.2, 0.1
"""Between passages; and of a passage."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import BarkModel, BarkProcessor

    folder = card.repository("model")
    model = pretrained(card, device, BarkModel, folder)
    processor = BarkProcessor.from_pretrained(str(folder), local_files_only=True)
    preset = _preset(card, processor)
    rate = model.generation_config.sample_rate
    pause = np.zeros(round(_PAUSE_S * rate), np.float32)

    def say(passage: str) -> FloatArray:
        written = processor(passage, voice_preset=preset, max_length=_MOST_TOKENS).to(device)
        if (count := written.input_ids.shape[1]) > _MOST_TOKENS:
            raise ModelLabError(
                f"{card.name}: {passage[:60]!r} is {count} tokens long; expected at most {_MOST_TOKENS}: lower the option longest_passage"
            )
        if preset:
            written["history_prompt"] = written["history_prompt"].to(device)
        waveforms = model.generate(**written, do_sample=True, semantic_max_new_tokens=card.options["max_semantic_tokens"])
        samples = np.asarray(waveforms[0].float().cpu().numpy(), np.float32)
        if len(samples) < _SHORTEST_S * rate:
            raise ModelLabError(
                f"{card.name}: says {passage[:60]!r} in {len(samples) / rate:.3f} s; expected speech: run again with another seed"
            )
        return samples

    def synthesize(text: str) -> Audio:
        if not any(sign.isalnum() for sign in text):
            raise ModelLabError(f"{card.name}: there is nothing to read in {text[:60]!r}; expected words")
        parts = [part for passage in passages(text, card.options["longest_passage"]) for part in (pause, say(passage))]
        return Audio(np.concatenate(parts[1:]), rate)

    return Bundle(card, device, {"tts": torch.inference_mode()(synthesize)})


def _preset(card: ModelCard, processor: Any) -> str | None:
    """The option ``preset``, None for none; raises `BadConfig` if there is no such voice."""
    chosen, presets = str(card.options["preset"]), processor.available_voice_presets
    if chosen and chosen not in presets:
        raise BadConfig(
            f"{card.name}: there is no preset {chosen!r}{nearest(chosen, presets)}; it has: {', '.join(sorted(presets))}"
        )
    return chosen or None
