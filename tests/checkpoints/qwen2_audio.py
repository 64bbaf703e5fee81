"""Qwen2-Audio of one encoder layer and one layer of Qwen2, in two shards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.vocabulary import byte_vocabulary

OPTIONS: dict[str, Any] = {"max_new_tokens": 6}


def build(folders: dict[str, Path]) -> None:
    import torch
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2Tokenizer,
        WhisperFeatureExtractor,
    )

    torch.manual_seed(0)
    tokenizer = Qwen2Tokenizer(vocab=byte_vocabulary() | {"<|endoftext|>": 256}, merges=[])
    special = ["<|im_start|>", "<|im_end|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.eos_token = "<|im_end|>"
    config = Qwen2AudioConfig(
        audio_config={
            "model_type": "qwen2_audio_encoder",
            "d_model": 32,
            "encoder_layers": 1,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "num_mel_bins": 128,
        },
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "eos_token_id": tokenizer.eos_token_id,
            "bos_token_id": None,
            "pad_token_id": tokenizer.pad_token_id,
        },
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    model = Qwen2AudioForConditionalGeneration(config).to(torch.bfloat16)
    model.save_pretrained(folders["model"], max_shard_size="100KB")
    WhisperFeatureExtractor(feature_size=128).save_pretrained(folders["model"])
    tokenizer.save_pretrained(folders["model"])
