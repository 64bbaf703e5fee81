"""Whisper in transformers' layout: original sizes, distilled and finetuned ones differ in their weights only."""

from __future__ import annotations

from typing import Any

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio, Transcript

RATE = 16000
_TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_REPETITIVE, _IMPROBABLE, _NO_SPEECH = 1.35, -1.0, 0.6
"""Thresholds of Radford et al. 2022, section 4.5 (the first as transformers measures it, on tokens)."""

_ISO = {"jw": "jv"}
"""Languages that Whisper calls otherwise than ISO 639-1 does; it also knows two (haw, yue) that ISO 639-1 does not."""


def load(card: ModelCard, device: str) -> Bundle:
    """A Bundle that transcribes. Options: ``language`` (ISO 639-1; empty: the model decides), ``beam_size``, ``max_new_tokens``.

    ``max_new_tokens`` bounds a window of 30 s, which ends in nonsense where a model repeats itself.
    """
    import torch

    model, processor = parts(card, device)
    known = languages(model)
    chosen = _chosen(card, known)

    def transcribe(audio: Audio) -> Transcript:
        heard = features(processor, audio).to(device)
        sound = heard.input_features.to(model.dtype)
        spoken = chosen or (likeliest(model, sound) if known else "")
        tokens = model.generate(
            sound,
            attention_mask=heard.attention_mask,
            language=known.get(spoken),
            task="transcribe" if known else None,
            return_timestamps=True,
            num_beams=card.options["beam_size"],
            max_new_tokens=card.options["max_new_tokens"],
            temperature=_TEMPERATURES,
            compression_ratio_threshold=_REPETITIVE,
            logprob_threshold=_IMPROBABLE,
            no_speech_threshold=_NO_SPEECH,
        )
        text = processor.batch_decode(tokens, skip_special_tokens=True)[0].strip()
        return Transcript(text, language=spoken or "en")

    return Bundle(card, device, {"asr": torch.inference_mode()(transcribe)})


def parts(card: ModelCard, device: str) -> tuple[Any, Any]:
    """The network and its processor (features and tokens) from the repository that the card calls ``model``."""
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    folder = card.repository("model")
    model = pretrained(card, device, WhisperForConditionalGeneration, folder)
    return model, WhisperProcessor.from_pretrained(folder, local_files_only=True)


def features(processor: Any, audio: Audio) -> Any:
    """What the encoder hears of a sound of any length: one window of 30 s, padded, or all of a longer sound."""
    samples = audio.mono().resample(RATE).samples
    window = processor.feature_extractor.n_samples
    whole = {"truncation": False, "padding": "longest"} if len(samples) > window else {}
    return processor.feature_extractor(samples, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True, **whole)


def languages(model: Any) -> dict[str, str]:
    """The languages that the model tells apart, as ISO 639-1 codes -> as it calls them; none if it knows English alone."""
    config = model.generation_config
    if not getattr(config, "is_multilingual", False):
        return {}
    names = [token.strip("<|>") for token in config.lang_to_id]
    return {_ISO.get(name, name): name for name in names}


def spoken_in(model: Any, sound: Any) -> dict[str, float]:
    """How probable each language is in the first 30 s of a sound's features, as ISO 639-1 code -> probability.

    It is what the decoder would say first (Radford et al. 2022, section 2.3), among the tokens that stand for languages.
    """
    import torch

    first = sound[..., : 2 * model.config.max_source_positions]
    start = torch.tensor([[model.generation_config.decoder_start_token_id]], device=sound.device)
    logits = model(first, decoder_input_ids=start).logits[0, -1]
    known = languages(model)
    tokens = [model.generation_config.lang_to_id[f"<|{name}|>"] for name in known.values()]
    return dict(zip(known, logits[tokens].float().softmax(-1).tolist(), strict=True))


def likeliest(model: Any, sound: Any) -> str:
    """The most probable language of the first 30 s of a sound's features."""
    found = spoken_in(model, sound)
    return max(found, key=lambda language: found[language])


def _chosen(card: ModelCard, known: dict[str, str]) -> str:
    """The option ``language``, which the model must know; empty for a model of one language, which takes none."""
    chosen = str(card.options["language"])
    if known and chosen and chosen not in known:
        raise BadConfig(
            f"{card.name}: option language is {chosen!r}{nearest(chosen, known)}; expected one of: {', '.join(known)}"
        )
    return chosen if known else ""
