"""Parts of pyannote's pipelines: small networks (ResNet34 has no smaller size, and hears fewer bands instead), and a PLDA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CONFIG = """\
{dependency}
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: {clustering}
    segmentation: {segmentation}
    segmentation_batch_size: 32
    embedding: {embedding}
    embedding_batch_size: 32
    embedding_exclude_overlap: true
    {plda}
params:
  clustering: {settings}
  segmentation: {{min_duration_off: 0.0}}
"""


def save_segmentation(folder: Path) -> None:
    """Three speakers of whom two may speak at once, in windows of 10 s."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(0)
    network = PyanNet(
        lstm={"hidden_size": 16, "num_layers": 2, "bidirectional": True, "monolithic": True},
        linear={"hidden_size": 16, "num_layers": 2},
    )
    network.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        min_duration=None,
        warm_up=(0.0, 0.0),
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    network.build()
    _save(network, folder)


def save_embedding(folder: Path) -> None:
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    torch.manual_seed(0)
    network = WeSpeakerResNet34(num_mel_bins=16)
    network.specifications = Specifications(
        problem=Problem.REPRESENTATION,
        resolution=Resolution.CHUNK,
        duration=5.0,
        min_duration=None,
        warm_up=(0.0, 0.0),
        classes=None,
        permutation_invariant=False,
    )
    network.build()
    _save(network, folder)


def save_plda(folder: Path) -> None:
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    directions = np.linalg.qr(np.random.default_rng(0).standard_normal((256, 128)))[0]
    np.savez(folder / "xvec_transform.npz", mean1=np.zeros(256), mean2=np.zeros(128), lda=directions)
    np.savez(folder / "plda.npz", mu=np.zeros(128), tr=np.eye(128), psi=np.linspace(2, 0.1, 128))


def _save(network: Any, folder: Path) -> None:
    """As Lightning does during training."""
    import pytorch_lightning
    import torch

    saved = {
        "state_dict": network.state_dict(),
        "hyper_parameters": dict(network.hparams),
        "pytorch-lightning_version": pytorch_lightning.__version__,
        "epoch": 0,
        "global_step": 0,
    }
    network.on_save_checkpoint(saved)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(saved, folder / "pytorch_model.bin")
