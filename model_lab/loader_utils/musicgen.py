"""MusicGen: all sizes share this loader and differ only in their weights."""

from __future__ import annotations

import math

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio

_LONGEST_S = 30.0
"""Length of the training excerpts in seconds; beyond it quality degrades, according to the guide of transformers."""


def load(card: ModelCard, device: str) -> Bundle:
    """A Bundle that generates music of exactly the requested length. Option ``guidance_scale``: how closely it follows the prompt."""
    import torch
    from transformers import AutoProcessor, MusicgenForConditionalGeneration

    folder = card.repository("model")
    model = pretrained(card, device, MusicgenForConditionalGeneration, folder)
    processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
    codec = model.config.audio_encoder
    delay = model.config.decoder.num_codebooks - 1

    def generate(prompt: str, seconds: float) -> Audio:
        if not prompt.strip():
            raise ModelLabError(f"{card.name}: the prompt is empty; expected words that describe the music")
        if not 0 < seconds <= _LONGEST_S:
            raise ModelLabError(
                f"{card.name}: {seconds:g} s of music were requested; expected more than 0 and at most {_LONGEST_S:g} s"
            )
        words = processor(text=[prompt], padding=True, return_tensors="pt").to(device)
        generated = model.generate(
            **words,
            max_new_tokens=math.ceil(seconds * codec.frame_rate) + delay,
            do_sample=True,
            guidance_scale=card.options["guidance_scale"],
        )
        frames = max(1, round(seconds * codec.sampling_rate))
        if generated.shape[-1] < frames:
            raise ModelLabError(
                f"{card.name}: generated {generated.shape[-1] / codec.sampling_rate:.2f} s of music; expected {seconds:g} s: try another seed"
            )
        return Audio(generated[0, 0, :frames].float().cpu().numpy(), codec.sampling_rate)

    return Bundle(card, device, {"music_gen": torch.inference_mode()(generate)})
