"""F5-TTS v1, Vocos and Whisper of a layer or two, under the names of their files on the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints import whisper_architecture

OPTIONS: dict[str, Any] = {"nfe_step": 2, "max_new_tokens": 12}


def build(folders: dict[str, Path]) -> None:
    whisper_architecture.build({"model": folders["transcriber"]})
    _vocos(folders["vocoder"])
    _f5(folders["model"] / "F5TTS_v1_Base")


def _vocos(folder: Path) -> None:
    import torch
    import yaml
    from vocos import Vocos

    spectrogram = {"sample_rate": 24000, "n_fft": 1024, "hop_length": 256, "n_mels": 100, "padding": "center"}
    backbone = {"input_channels": 100, "dim": 16, "intermediate_dim": 32, "num_layers": 1}
    parts = {
        "feature_extractor": {"class_path": "vocos.feature_extractors.MelSpectrogramFeatures", "init_args": spectrogram},
        "backbone": {"class_path": "vocos.models.VocosBackbone", "init_args": backbone},
        "head": {
            "class_path": "vocos.heads.ISTFTHead",
            "init_args": {"dim": 16, "n_fft": 1024, "hop_length": 256, "padding": "center"},
        },
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(parts))
    torch.save(Vocos.from_hparams(str(folder / "config.yaml")).state_dict(), folder / "pytorch_model.bin")


def _f5(folder: Path) -> None:
    import torch
    from f5_tts.model import CFM, DiT
    from f5_tts.model.utils import get_tokenizer
    from safetensors.torch import save_file

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join([" ", *map(chr, range(33, 127))]) + "\n")
    numbers, count = get_tokenizer(str(folder / "vocab.txt"), "custom")
    sizes = {"dim": 32, "depth": 1, "heads": 2, "ff_mult": 2, "text_dim": 16, "conv_layers": 1}
    network = DiT(**sizes, dim_head=64, text_num_embeds=count, mel_dim=100)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.02)  # the layers that training starts at zero would hide everything before them
    spectrogram = {
        "n_fft": 1024,
        "hop_length": 256,
        "win_length": 1024,
        "n_mel_channels": 100,
        "target_sample_rate": 24000,
        "mel_spec_type": "vocos",
    }
    whole = CFM(transformer=network, mel_spec_kwargs=spectrogram, vocab_char_map=numbers)
    kept = {f"ema_model.{name}": weight.contiguous() for name, weight in whole.state_dict().items()}
    save_file(kept | {"initted": torch.tensor(True), "step": torch.tensor(1250000)}, folder / "model_1250000.safetensors")
