"""Whisper in transformers' layout: original sizes, distilled and finetuned ones differ in their weights only."""

from __future__ import annotations

from typing import Any

from model_lab.adapters.pretrained import pretrained
from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, nearest
from model_lab.types import Audio, Transcript

RATE = 16000
_TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_REPETITIVE, _IMPROBABLE, _NO_SPEECH = 1.35, -1.0, 0.6
"""Thresholds of Radford et al. 2022, section 4.5 (the first as transformers measures it, on tokens)."""


def load(card: ModelCard, device: str) -> Bundle:
    """A Bundle that transcribes. Options: ``language`` (ISO 639-1; empty: the model decides), ``beam_size``, ``max_new_tokens``.

    ``max_new_tokens`` bounds a window of 30 s, which ends in nonsense where a model repeats itself.
    """
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    folder = card.repository("model")
    model = pretrained(card, device, WhisperForConditionalGeneration, folder)
    processor = WhisperProcessor.from_pretrained(folder, local_files_only=True)
    spoken = language(card, model.generation_config)

    def transcribe(audio: Audio) -> Transcript:
        heard = features(processor, audio).to(device)
        tokens = model.generate(
            heard.input_features.to(model.dtype),
            attention_mask=heard.attention_mask,
            language=spoken or None,
            task="transcribe" if model.generation_config.is_multilingual else None,
            return_timestamps=True,
            num_beams=card.options["beam_size"],
            max_new_tokens=card.options["max_new_tokens"],
            temperature=_TEMPERATURES,
            compression_ratio_threshold=_REPETITIVE,
            logprob_threshold=_IMPROBABLE,
            no_speech_threshold=_NO_SPEECH,
        )
        return Transcript(processor.batch_decode(tokens, skip_special_tokens=True)[0].strip(), language=spoken)

    return Bundle(card, device, {"asr": torch.inference_mode()(transcribe)})


def features(processor: Any, audio: Audio) -> Any:
    """What the encoder hears of a sound of any length: one window of 30 s, padded, or all of a longer sound."""
    samples = audio.mono().resample(RATE).samples
    window = processor.feature_extractor.n_samples
    whole = {"truncation": False, "padding": "longest"} if len(samples) > window else {}
    return processor.feature_extractor(samples, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True, **whole)


def language(card: ModelCard, config: Any) -> str:
    """The option ``language``, which the model must know; empty for a model of one language, which takes none."""
    chosen = str(card.options["language"])
    if not getattr(config, "is_multilingual", False):
        return ""
    known = [token.strip("<|>") for token in config.lang_to_id]
    if chosen and chosen not in known:
        raise BadConfig(
            f"{card.name}: option language is {chosen!r}{nearest(chosen, known)}; expected one of: {', '.join(known)}"
        )
    return chosen
