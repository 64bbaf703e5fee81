"""The Audio Spectrogram Transformer of one layer, with five classes."""

from __future__ import annotations

from pathlib import Path

CLASSES = ("Speech", "Music", "Dog", "Rain", "Chicken, rooster")


def build(folders: dict[str, Path]) -> None:
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    torch.manual_seed(0)
    config = ASTConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: number for number, name in enumerate(CLASSES)},
    )
    ASTForAudioClassification(config).save_pretrained(folders["model"])
    ASTFeatureExtractor().save_pretrained(folders["model"])
