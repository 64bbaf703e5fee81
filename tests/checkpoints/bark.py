"""Bark of one layer in each of its three networks, with one preset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OPTIONS: dict[str, Any] = {"max_semantic_tokens": 24}
PRESET = "v2/en_speaker_6"


def build(folders: dict[str, Path]) -> None:
    import numpy as np
    import torch
    from transformers import BarkConfig, BarkModel, BarkProcessor, BertTokenizer
    from transformers.models.bark.generation_configuration_bark import (
        BarkCoarseGenerationConfig,
        BarkFineGenerationConfig,
        BarkSemanticGenerationConfig,
    )

    folder = folders["model"]
    torch.manual_seed(0)
    layer = {"hidden_size": 16, "num_layers": 1, "num_heads": 2, "block_size": 1024}
    config = BarkConfig(
        semantic_config=layer | {"input_vocab_size": 129600, "output_vocab_size": 10048},
        coarse_acoustics_config=layer | {"input_vocab_size": 12096, "output_vocab_size": 12096},
        fine_acoustics_config=layer
        | {"input_vocab_size": 1056, "output_vocab_size": 1056, "n_codes_total": 8, "n_codes_given": 1},
        codec_config={
            "model_type": "encodec",
            "num_filters": 4,
            "hidden_size": 16,
            "codebook_dim": 16,
            "codebook_size": 1024,
            "num_lstm_layers": 1,
            "target_bandwidths": [6.0],
            "sampling_rate": 24000,
        },
    )
    BarkModel(config).save_pretrained(folder)
    stages = {
        "semantic_config": BarkSemanticGenerationConfig(),
        "coarse_acoustics_config": BarkCoarseGenerationConfig(),
        "fine_acoustics_config": BarkFineGenerationConfig(),
    }
    settings = {name: {key: value for key, value in vars(stage).items() if key[0] != "_"} for name, stage in stages.items()}
    whole = {"model_type": "bark", "sample_rate": 24000, "codebook_size": 1024} | settings
    (folder / "generation_config.json").write_text(json.dumps(whole, default=str))

    letters = "abcdefghijklmnopqrstuvwxyz"
    signs = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *".,!?", *(f"##{letter}" for letter in letters)]
    BarkProcessor(BertTokenizer(vocab={sign: number for number, sign in enumerate(signs)})).save_pretrained(folder)
    rng = np.random.default_rng(0)
    prompts = {
        "semantic_prompt": rng.integers(0, 10000, 20),
        "coarse_prompt": rng.integers(0, 1024, (2, 30)),
        "fine_prompt": rng.integers(0, 1024, (8, 30)),
    }
    files = {name: f"speaker_embeddings/{PRESET}_{name}.npy" for name in prompts}
    (folder / "speaker_embeddings" / "v2").mkdir(parents=True)
    for name, prompt in prompts.items():
        np.save(folder / files[name], prompt)
    (folder / "speaker_embeddings_path.json").write_text(json.dumps({"repo_or_path": "suno/bark", PRESET: files}))
