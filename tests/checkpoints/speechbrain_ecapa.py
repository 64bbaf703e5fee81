"""ECAPA-TDNN with few channels, and four speakers in its classifier."""

from __future__ import annotations

from pathlib import Path

from checkpoints.speechbrain_architectures import ECAPA, pretrainer, write

HEAD = """\
classifier: !new:speechbrain.lobes.models.ECAPA_TDNN.Classifier
    input_size: 192
    out_neurons: !ref <out_n_neurons>
mean_var_norm_emb: !new:speechbrain.processing.features.InputNormalization
    norm_type: global
    std_norm: False
modules:
    compute_features: !ref <compute_features>
    mean_var_norm: !ref <mean_var_norm>
    embedding_model: !ref <embedding_model>
    mean_var_norm_emb: !ref <mean_var_norm_emb>
    classifier: !ref <classifier>
"""

FILES = {
    "embedding_model": "embedding_model.ckpt",
    "mean_var_norm_emb": "mean_var_norm_emb.ckpt",
    "classifier": "classifier.ckpt",
    "label_encoder": "label_encoder.txt",
}


def build(folders: dict[str, Path]) -> None:
    body = ECAPA.format(repository="speechbrain/spkrec-ecapa-voxceleb", mels=80, classes=4, numbers=192)
    write(folders["model"], body + HEAD + pretrainer(**FILES), ["id1", "id2", "id3", "id4"], **FILES)
