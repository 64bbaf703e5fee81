"""CLAP through transformers: sound and text as vectors in one space, in which similar ones are close.

A class is represented by a sentence about it (option ``prompt``), so that any names can be used (option ``labels``); scores are the
softmax over them, as in transformers' pipeline for zero-shot classification.

The network hears 10 s, and transformers' features take them out of a longer sound at random. Here longer sound is cut into
windows of 10 s, the last one ending with the sound, and the mean of their vectors stands for it: the same answer every time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadAudio, BadConfig
from model_lab.loader_utils.embedding import unit_vector
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.windows import windows
from model_lab.types import Audio, FloatArray, Label


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import ClapModel, ClapProcessor

    folder = card.repository("model")
    model = pretrained(card, device, ClapModel, folder)
    processor = ClapProcessor.from_pretrained(folder, local_files_only=True)
    features = processor.feature_extractor
    rate, names = features.sampling_rate, _names(card)
    tokens = processor(text=_sentences(card, names), padding=True, return_tensors="pt").to(device)
    with torch.inference_mode():
        words = _vectors(model.get_text_features(**tokens))
        scale = float(model.logit_scale_a.exp())

    def embed(audio: Audio) -> FloatArray:
        samples = audio.mono().resample(rate).samples
        if len(samples) < features.fft_window_size:
            raise BadAudio(
                f"{card.name}: the sound lasts {audio.duration:.4f} s; expected at least {features.fft_window_size / rate:.4f} s"
            )
        inputs = [
            features(window, sampling_rate=rate, return_tensors="pt").input_features
            for window in windows(samples, features.nb_max_samples)
        ]
        vectors = [_vectors(model.get_audio_features(one.to(device, model.dtype)))[0] for one in inputs]
        return unit_vector(np.mean(vectors, axis=0), card.name, audio)

    def classify(audio: Audio) -> list[Label]:
        likeness = scale * (words @ embed(audio))
        scores = np.exp(likeness - likeness.max())
        scores /= scores.sum()
        return [Label(names[index], float(scores[index])) for index in np.argsort(-scores, kind="stable")]

    return Bundle(card, device, {"classify": torch.inference_mode()(classify), "embed": torch.inference_mode()(embed)})


def _vectors(outputs: Any) -> FloatArray:
    """Vectors of length 1, shape ``(sounds or sentences, 512)``."""
    return np.asarray(outputs.pooler_output.float().cpu().numpy(), np.float32)


def _names(card: ModelCard) -> list[str]:
    """The option ``labels``; raises `BadConfig` unless they are names, each once."""
    names = card.options["labels"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise BadConfig(f"{card.name}: option labels is {names!r}; expected a list of names, as in [dog, rain]")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadConfig(f"{card.name}: option labels has {twice[0]!r} twice; expected each name once")
    return names


def _sentences(card: ModelCard, names: list[str]) -> list[str]:
    prompt = str(card.options["prompt"])
    if "{}" not in prompt:
        raise BadConfig(
            f"{card.name}: option prompt is {prompt!r}; expected {{}} where the name goes, as in 'This is a sound of {{}}.'"
        )
    return [prompt.replace("{}", name) for name in names]
