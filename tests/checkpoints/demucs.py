"""Hybrid Transformer Demucs with few channels and windows of a second, as demucs' export for the hub writes it."""

from __future__ import annotations

import json
from pathlib import Path

NAME = "955717e8"

SIZES = {
    "sources": ["drums", "bass", "other", "vocals"],
    "audio_channels": 2,
    "samplerate": 44100,
    "channels": 8,
    "growth": 2,
    "depth": 4,
    "nfft": 4096,
    "t_layers": 1,
    "t_heads": 2,
    "bottom_channels": 0,
    "dconv_depth": 1,
}


def build(folders: dict[str, Path]) -> None:
    from fractions import Fraction

    import torch
    from demucs.htdemucs import HTDemucs
    from safetensors.torch import save_file

    torch.manual_seed(0)
    state = {name: value.half() for name, value in HTDemucs(**SIZES, segment=Fraction(6, 5)).state_dict().items()}
    segment = {"segment": {"_type": "fraction", "numerator": 6, "denominator": 5}}
    told = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps({**SIZES, **segment})}
    save_file(state, folders["model"] / f"{NAME}.safetensors", metadata=told)
    (folders["model"] / "htdemucs.yaml").write_text(f"models: ['{NAME}']\n")
