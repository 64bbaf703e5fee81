"""Parler-TTS of one layer. Its codec is of the real size, which no configuration states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

OPTIONS: dict[str, Any] = {"max_new_tokens": 40}


def build(folders: dict[str, Path]) -> None:
    import torch
    from parler_tts import DACConfig, ParlerTTSConfig, ParlerTTSDecoderConfig, ParlerTTSForConditionalGeneration
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GenerationConfig, PreTrainedTokenizerFast, T5Config

    torch.manual_seed(0)
    letters = {sign: number for number, sign in enumerate(["<pad>", "</s>", "<unk>", *map(chr, range(33, 92))])}
    characters = Tokenizer(models.WordLevel(letters, unk_token="<unk>"))
    characters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=characters, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    for folder in folders.values():
        tokenizer.save_pretrained(folder)

    codes = {"pad_token_id": 64, "eos_token_id": 64, "bos_token_id": 65}
    encoder = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, name_or_path="google/flan-t5-large")
    codec = DACConfig(num_codebooks=9, codebook_size=64, latent_dim=16)
    decoder = ParlerTTSDecoderConfig(
        vocab_size=66,
        max_position_embeddings=256,
        num_hidden_layers=1,
        ffn_dim=32,
        num_attention_heads=2,
        hidden_size=16,
        num_codebooks=9,
        **codes,
    )
    config = ParlerTTSConfig.from_sub_models_config(
        encoder, codec, decoder, vocab_size=64, prompt_cross_attention=False, decoder_start_token_id=65, pad_token_id=64
    )
    model = ParlerTTSForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        do_sample=True, max_length=2580, min_new_tokens=10, decoder_start_token_id=65, **codes
    )
    model.save_pretrained(folders["model"])
