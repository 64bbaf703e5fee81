"""Whisper tiny.en through transformers, its weights converted from CTranslate2's file in memory.

It decodes as faster_whisper does: with time stamps, a beam, and, where a window's text repeats itself or is improbable, again
with a higher temperature. Sampling starts from the same seed for every sound, so that an answer does not depend on what was
asked before.
"""

from __future__ import annotations

import json
from typing import Any

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.loader_utils import whisper_ct2
from model_lab.types import Audio, Transcript

_RATE = 16000
_END, _START, _NO_TIMES = 50256, 50257, 50362
"""Tokens of the English-only vocabulary: those below `_END` are text."""

_TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_REPETITIVE = 1.35
"""Compression ratio of the tokens above which a window is decoded again; transformers measures it on tokens, openai on letters."""

_IMPROBABLE, _NO_SPEECH = -1.0, 0.6


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from tokenizers import Tokenizer
    from transformers import WhisperFeatureExtractor

    torch.set_num_threads(threads())
    model = _model(card).to(device).eval()
    extractor = WhisperFeatureExtractor(feature_size=model.config.num_mel_bins)
    tokenizer = Tokenizer.from_file(str(card.file("tokenizer.json")))
    window = extractor.n_samples

    def transcribe(audio: Audio) -> Transcript:
        samples = audio.mono().resample(_RATE).samples
        whole = {"truncation": False, "padding": "longest"} if len(samples) > window else {}
        features = extractor(samples, sampling_rate=_RATE, return_tensors="pt", return_attention_mask=True, **whole).to(device)
        torch.manual_seed(0)
        tokens = model.generate(
            **features,
            return_timestamps=True,
            num_beams=card.options["beam_size"],
            temperature=_TEMPERATURES,
            compression_ratio_threshold=_REPETITIVE,
            logprob_threshold=_IMPROBABLE,
            no_speech_threshold=_NO_SPEECH,
        )
        text = tokenizer.decode([token for token in tokens[0].tolist() if token < _END])
        return Transcript(text.strip(), language="en")

    return Bundle(card, device, {"asr": transcribe})


def _model(card: ModelCard) -> Any:
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    checkpoint = whisper_ct2.read(card.file("model.bin"))
    settings = json.loads(card.file("config.json").read_text("utf-8"))
    sizes = checkpoint.dimensions
    special = {"bos_token_id": _END, "eos_token_id": _END, "pad_token_id": _END, "decoder_start_token_id": _START}
    config = WhisperConfig(
        vocab_size=sizes["n_vocab"],
        num_mel_bins=sizes["n_mels"],
        d_model=sizes["n_text_state"],
        encoder_layers=sizes["n_audio_layer"],
        encoder_attention_heads=sizes["n_audio_head"],
        encoder_ffn_dim=4 * sizes["n_audio_state"],
        decoder_layers=sizes["n_text_layer"],
        decoder_attention_heads=sizes["n_text_head"],
        decoder_ffn_dim=4 * sizes["n_text_state"],
        max_source_positions=sizes["n_audio_ctx"],
        max_target_positions=sizes["n_text_ctx"],
        **special,
    )
    model = WhisperForConditionalGeneration(config)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in checkpoint.in_transformers().items()})
    model.generation_config = GenerationConfig(
        **special,
        suppress_tokens=settings["suppress_ids"],
        begin_suppress_tokens=settings["suppress_ids_begin"],
        max_length=sizes["n_text_ctx"],
        no_timestamps_token_id=_NO_TIMES,
        is_multilingual=False,
    )
    return model
