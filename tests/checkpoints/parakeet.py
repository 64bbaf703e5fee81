"""Parakeet CTC of two layers, with a vocabulary of letters."""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase


def build(folders: dict[str, Path]) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        ParakeetCTCConfig,
        ParakeetFeatureExtractor,
        ParakeetForCTC,
        ParakeetProcessor,
        ParakeetTokenizer,
    )

    torch.manual_seed(0)
    pieces = ["<unk>", *(f"▁{letter}" for letter in ascii_lowercase), *ascii_lowercase, "<pad>"]
    letters = Tokenizer(models.BPE(vocab={piece: number for number, piece in enumerate(pieces)}, merges=[], unk_token="<unk>"))
    letters.pre_tokenizer = pre_tokenizers.Metaspace()
    letters.decoder = decoders.Metaspace()
    tokenizer = ParakeetTokenizer(tokenizer_object=letters, unk_token="<unk>", pad_token="<pad>")
    encoder = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "subsampling_conv_channels": 8,
        "initializer_range": 0.3,
    }
    config = ParakeetCTCConfig(vocab_size=len(pieces), pad_token_id=len(pieces) - 1, encoder_config=encoder)
    ParakeetForCTC(config).save_pretrained(folders["model"])
    ParakeetProcessor(ParakeetFeatureExtractor(), tokenizer).save_pretrained(folders["model"])
