"""Kokoro with the fewest layers that its code allows: some of its widths are fixed, so that it stays at 235 MB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OPTIONS: dict[str, Any] = {"speed": 2.0}
PHONEMES = '$;:,.!?—…"()“” ̃ʣʥʦʨᵝꭧAIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ'


def build(folders: dict[str, Path]) -> None:
    import torch
    from kokoro import KModel

    folder = folders["model"]
    torch.manual_seed(0)
    config = {
        "istftnet": {
            "upsample_kernel_sizes": [20, 12],
            "upsample_rates": [10, 6],
            "gen_istft_n_fft": 20,
            "gen_istft_hop_size": 5,
            "resblock_kernel_sizes": [3],
            "resblock_dilation_sizes": [[1, 3, 5]],
            "upsample_initial_channel": 512,
        },
        "hidden_dim": 512,
        "n_layer": 1,
        "max_dur": 6,
        "n_mels": 80,
        "n_token": 178,
        "style_dim": 128,
        "text_encoder_kernel_size": 5,
        "dropout": 0.1,
        "plbert": {
            "hidden_size": 32,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "max_position_embeddings": 512,
            "num_hidden_layers": 1,
            "dropout": 0.0,
        },
        "vocab": {phoneme: number for number, phoneme in enumerate(dict.fromkeys(PHONEMES))},
    }
    (folder / "config.json").write_text(json.dumps(config))
    weights = folder / "kokoro-v1_0.pth"
    torch.save({}, weights)
    model = KModel(repo_id="hexgrad/Kokoro-82M", config=str(folder / "config.json"), model=str(weights))
    with torch.no_grad():
        model.decoder.generator.conv_post.bias[:11] = -5  # logarithms of spectra: else it is louder than full scale
    plain = {
        name for name, part in model.named_modules() if isinstance(part, torch.nn.InstanceNorm1d)
    }  # published without weights
    published: dict[str, dict[str, torch.Tensor]] = {name: {} for name, _ in model.named_children()}
    for key, value in model.state_dict().items():
        part, _, inside = key.partition(".")
        if key.rpartition(".")[0] not in plain:
            published[part][f"module.{inside}"] = value
    torch.save(published, weights)
    (folder / "voices").mkdir()
    for voice in ("af_heart", "bm_george", "ef_dora"):
        torch.save(torch.randn(510, 1, 256), folder / "voices" / f"{voice}.pt")
