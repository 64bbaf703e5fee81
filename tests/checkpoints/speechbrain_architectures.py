"""Small networks in the layout in which SpeechBrain publishes its own: hyperparams.yaml and a file of weights for every part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ECAPA = """\
pretrained_path: {repository}
n_mels: {mels}
out_n_neurons: {classes}
compute_features: !new:speechbrain.lobes.features.Fbank
    n_mels: !ref <n_mels>
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False
embedding_model: !new:speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN
    input_size: !ref <n_mels>
    channels: [16, 16, 16, 16, 48]
    kernel_sizes: [5, 3, 3, 3, 1]
    dilations: [1, 2, 3, 4, 1]
    attention_channels: 8
    res2net_scale: 4
    se_channels: 8
    lin_neurons: {numbers}
label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder
"""

PRETRAINER = """\
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        {loadables}
    paths:
        {paths}
"""


def pretrainer(**files: str) -> str:
    """The part of hyperparams.yaml that says which file holds the weights of which part."""
    loadables = "\n        ".join(f"{part}: !ref <{part}>" for part in files)
    paths = "\n        ".join(f"{part}: !ref <pretrained_path>/{file}" for part, file in files.items())
    return PRETRAINER.format(loadables=loadables, paths=paths)


def write(folder: Path, hyperparams: str, labels: Sequence[str], changes: dict[str, object] | None = None, **files: str) -> None:
    """Build the parts that ``hyperparams`` describe, and save each that is in ``files`` (part -> name of its file)."""
    import torch
    from hyperpyyaml import load_hyperpyyaml

    torch.manual_seed(0)
    (folder / "hyperparams.yaml").write_text(hyperparams)
    parts = load_hyperpyyaml(hyperparams, changes or {})
    for part, file in files.items():
        if part == "label_encoder":
            lines = [f"'{label}' => {number}\n" for number, label in enumerate(labels)]
            (folder / file).write_text("".join(lines) + "================\n'starting_index' => 0\n")
        elif part == "mean_var_norm_emb":
            torch.save({"count": 1, "glob_mean": torch.zeros(192), "glob_std": torch.ones(192)}, folder / file)
        else:
            torch.save(parts[part].state_dict(), folder / file)
