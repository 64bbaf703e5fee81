"""Whisper of two layers, as transformers saves it: for all models of that architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.vocabulary import byte_vocabulary

OPTIONS: dict[str, Any] = {"max_new_tokens": 8}


def build(folders: dict[str, Path], mels: int = 128, multilingual: bool = True) -> None:
    import torch
    from transformers import (
        AddedToken,
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )
    from transformers.models.whisper.tokenization_whisper import LANGUAGES, TASK_IDS

    torch.manual_seed(0)
    tokenizer = WhisperTokenizer(vocab=byte_vocabulary() | {"<|endoftext|>": 256}, merges=[])
    after = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    special = [f"<|{name}|>" for name in ["startoftranscript", *LANGUAGES, *after]]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.add_tokens([AddedToken(f"<|{step * 0.02:.2f}|>", normalized=False) for step in range(1501)])
    number = tokenizer.convert_tokens_to_ids
    ends = {
        "pad_token_id": 256,
        "bos_token_id": 256,
        "eos_token_id": 256,
        "decoder_start_token_id": number("<|startoftranscript|>"),
    }
    half = {f"{side}_{what}": size for side in ("encoder", "decoder") for what, size in SIZES.items()}
    config = WhisperConfig(vocab_size=len(tokenizer), num_mel_bins=mels, d_model=32, begin_suppress_tokens=None, **half, **ends)
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        is_multilingual=multilingual,
        lang_to_id={f"<|{name}|>": number(f"<|{name}|>") for name in LANGUAGES},
        task_to_id={name: number(f"<|{name}|>") for name in TASK_IDS},
        no_timestamps_token_id=number("<|notimestamps|>"),
        prev_sot_token_id=number("<|startofprev|>"),
        return_timestamps=False,
        max_initial_timestamp_index=50,
        max_length=448,
        begin_suppress_tokens=[220, 256],
        alignment_heads=[[0, 0], [1, 1]],
        **ends,
    )
    model.save_pretrained(folders["model"])
    WhisperProcessor(WhisperFeatureExtractor(feature_size=mels), tokenizer).save_pretrained(folders["model"])


SIZES = {"layers": 2, "attention_heads": 2, "ffn_dim": 64}
