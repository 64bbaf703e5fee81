"""Whisper of two layers, as transformers saves it: for all models of that architecture."""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase
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
        WhisperTokenizer,
    )
    from transformers.models.whisper.tokenization_whisper import LANGUAGES, TASK_IDS

    torch.manual_seed(0)
    tokenizer = WhisperTokenizer(vocab=byte_vocabulary() | {"": 256, "<|endoftext|>": 257}, merges=[])
    after = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    special = [f"<|{name}|>" for name in ["startoftranscript", *LANGUAGES, *after]]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.add_tokens([AddedToken(f"<|{step * 0.02:.2f}|>", normalized=False) for step in range(1501)])
    number = tokenizer.convert_tokens_to_ids
    ends = {
        "pad_token_id": 257,
        "bos_token_id": 257,
        "eos_token_id": 257,
        "decoder_start_token_id": number("<|startoftranscript|>"),
    }
    half = {f"{side}_{what}": size for side in ("encoder", "decoder") for what, size in SIZES.items()}
    shape = {"vocab_size": len(tokenizer), "num_mel_bins": mels, "d_model": 32}
    config = WhisperConfig(**shape, begin_suppress_tokens=None, init_std=0.3, **half, **ends)
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
        begin_suppress_tokens=[220, 257],
        alignment_heads=[[0, 0], [1, 1]],
        **ends,
    )
    with torch.no_grad():
        model.proj_out.weight[number(list(ascii_lowercase))] *= CONFIDENCE
    model.save_pretrained(folders["model"])
    WhisperFeatureExtractor(feature_size=mels).save_pretrained(folders["model"])
    tokenizer.save_pretrained(folders["model"])


CONFIDENCE = 20.0
"""Makes one letter far likelier than all else, as training does: what Whisper is unsure of, it hears again up to five times."""

SIZES = {"layers": 2, "attention_heads": 2, "ffn_dim": 64}
