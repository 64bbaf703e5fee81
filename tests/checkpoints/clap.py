"""CLAP of one layer."""

from __future__ import annotations

from pathlib import Path

from checkpoints.tokenizers import roberta_tokenizer


def build(folders: dict[str, Path]) -> None:
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor

    torch.manual_seed(0)
    tokenizer = roberta_tokenizer(model_max_length=512)
    extractor = ClapFeatureExtractor(
        feature_size=64,
        sampling_rate=48000,
        hop_length=480,
        max_length_s=10,
        truncation="rand_trunc",
        padding="repeatpad",
        frequency_min=50,
        frequency_max=14000,
    )
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 514,
    }
    sound = {
        "spec_size": 256,
        "num_mel_bins": 64,
        "hidden_size": 128,
        "patch_embeds_hidden_size": 16,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [2, 2, 2, 2],
    }
    ClapModel(ClapConfig(text_config=text, audio_config=sound, projection_dim=32)).save_pretrained(folders["model"])
    ClapProcessor(extractor, tokenizer).save_pretrained(folders["model"])
