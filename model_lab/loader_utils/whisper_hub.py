"""Whisper in the layout of transformers: original, distilled and fine-tuned models differ only in their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_lab.contract import Bundle, ModelCard
from model_lab.deprecation import renamed
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio, Transcript

RATE = 16000
_TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_REPETITIVE, _IMPROBABLE, _NO_SPEECH = 1.35, -1.0, 0.6
"""Thresholds of Radford et al. 2022, section 4.5 (the first as transformers measures it, on tokens)."""

_ISO = {"jw": "jv"}
"""Language codes of Whisper that differ from ISO 639-1; two others (haw, yue) have no ISO 639-1 code."""


def load(card: ModelCard, device: str) -> Bundle:
    """A Bundle that transcribes. Options: ``language`` (ISO 639-1; empty: detected), ``beam_size``, ``max_new_tokens``.

    ``max_new_tokens`` limits the output per 30 s window, which matters where a model repeats itself.
    """
    import torch

    model, processor = parts(card, device)
    supported = languages(model)
    language = _language(card, supported)

    def transcribe(audio: Audio) -> Transcript:
        inputs = features(processor, audio).to(device)
        spectrogram = inputs.input_features.to(model.dtype)
        detected = language or (most_probable_language(model, spectrogram) if supported else "")
        tokens = model.generate(
            spectrogram,
            attention_mask=inputs.attention_mask,
            language=supported.get(detected),
            task="transcribe" if supported else None,
            return_timestamps=True,
            num_beams=card.options["beam_size"],
            max_new_tokens=card.options["max_new_tokens"],
            temperature=_TEMPERATURES,
            compression_ratio_threshold=_REPETITIVE,
            logprob_threshold=_IMPROBABLE,
            no_speech_threshold=_NO_SPEECH,
        )
        text = processor.batch_decode(tokens, skip_special_tokens=True)[0].strip()
        return Transcript(text, language=detected or "en")

    return Bundle(card, device, {"asr": torch.inference_mode()(transcribe)})


def parts(card: ModelCard, device: str) -> tuple[Any, Any]:
    """The network and its processor (features and tokens) from the repository ``model`` of the card."""
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    folder = card.repository("model")
    model = pretrained(card, device, WhisperForConditionalGeneration, folder)
    return model, WhisperProcessor.from_pretrained(folder, local_files_only=True)


def features(processor: Any, audio: Audio) -> Any:
    """The encoder input for audio of any length: one padded window of 30 s, or all of longer audio."""
    samples = audio.mono().resample(RATE).samples
    window = processor.feature_extractor.n_samples
    whole = {"truncation": False, "padding": "longest"} if len(samples) > window else {}
    return processor.feature_extractor(samples, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True, **whole)


def languages(model: Any) -> dict[str, str]:
    """The languages of the model, ISO 639-1 code -> its own code; empty for an English-only model."""
    config = model.generation_config
    if not getattr(config, "is_multilingual", False):
        return {}
    names = [token.strip("<|>") for token in config.lang_to_id]
    return {_ISO.get(name, name): name for name in names}


def language_probabilities(model: Any, sound: Any) -> dict[str, float]:
    """The probability of each language in the first 30 s of a spectrogram, ISO 639-1 code -> probability.

    It is the distribution of the first decoder token (Radford et al. 2022, section 2.3) over the language tokens.
    """
    import torch

    first = sound[..., : 2 * model.config.max_source_positions]
    start = torch.tensor([[model.generation_config.decoder_start_token_id]], device=sound.device)
    logits = model(first, decoder_input_ids=start).logits[0, -1]
    supported = languages(model)
    tokens = [model.generation_config.lang_to_id[f"<|{name}|>"] for name in supported.values()]
    return dict(zip(supported, logits[tokens].float().softmax(-1).tolist(), strict=True))


def most_probable_language(model: Any, sound: Any) -> str:
    """The most probable language of the first 30 s of a spectrogram."""
    probabilities = language_probabilities(model, sound)
    return max(probabilities, key=lambda language: probabilities[language])


def _language(card: ModelCard, supported: dict[str, str]) -> str:
    """The option ``language``, which the model must support; empty for a model of a single language."""
    language = str(card.options["language"])
    if supported and language and language not in supported:
        raise BadConfig(
            f"{card.name}: option language is {language!r}{nearest(language, supported)}; expected one of: {', '.join(supported)}"
        )
    return language if supported else ""


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"likeliest": "most_probable_language", "spoken_in": "language_probabilities"})
