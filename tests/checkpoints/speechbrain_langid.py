"""ECAPA-TDNN with few channels, and four languages in its classifier, one of them under its old code."""

from __future__ import annotations

from pathlib import Path

from checkpoints.speechbrain_architectures import ECAPA, pretrainer, write

HEAD = """\
classifier: !new:speechbrain.lobes.models.Xvector.Classifier
    input_shape: [null, null, 256]
    activation: !name:torch.nn.LeakyReLU
    lin_blocks: 1
    lin_neurons: 16
    out_neurons: !ref <out_n_neurons>
modules:
    compute_features: !ref <compute_features>
    mean_var_norm: !ref <mean_var_norm>
    embedding_model: !ref <embedding_model>
    classifier: !ref <classifier>
"""

LANGUAGES = ["en: English", "iw: Hebrew", "no: Norwegian", "th: Thai"]
FILES = {"embedding_model": "embedding_model.ckpt", "classifier": "classifier.ckpt", "label_encoder": "label_encoder.txt"}


def build(folders: dict[str, Path]) -> None:
    body = ECAPA.format(repository="speechbrain/lang-id-voxlingua107-ecapa", mels=60, classes=len(LANGUAGES), numbers=256)
    write(folders["model"], body + HEAD + pretrainer(**FILES), LANGUAGES, **FILES)
