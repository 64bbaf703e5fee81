"""Moonshine of two layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.vocabulary import byte_vocabulary

OPTIONS: dict[str, Any] = {"tokens_per_second": 2.0}


def build(folders: dict[str, Path]) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        GenerationConfig,
        MoonshineConfig,
        MoonshineForConditionalGeneration,
        PreTrainedTokenizerFast,
        Wav2Vec2FeatureExtractor,
    )

    torch.manual_seed(0)
    ends = {"<unk>": 0, "<s>": 1, "</s>": 2}
    pieces = Tokenizer(models.BPE(vocab=ends | {sign: 3 + number for sign, number in byte_vocabulary().items()}, merges=[]))
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    config = MoonshineConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        encoder_num_hidden_layers=2,
        decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        max_position_embeddings=194,
        initializer_range=0.3,
    )
    model = MoonshineForConditionalGeneration(config)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, max_length=194)
    model.save_pretrained(folders["model"])
    Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True).save_pretrained(folders["model"])
    tokenizer.save_pretrained(folders["model"])
