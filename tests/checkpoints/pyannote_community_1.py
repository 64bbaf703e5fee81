"""The community-1 pipeline: every part in the folder of its own of one repository."""

from __future__ import annotations

from pathlib import Path

from checkpoints.pyannote_parts import CONFIG, save_embedding, save_plda, save_segmentation


def build(folders: dict[str, Path]) -> None:
    folder = folders["pipeline"]
    config = CONFIG.format(
        dependency="dependencies: {pyannote.audio: 4.0.0}",
        clustering="VBxClustering",
        segmentation="$model/segmentation",
        embedding="$model/embedding",
        plda="plda: $model/plda",
        settings="{threshold: 0.6, Fa: 0.07, Fb: 0.8}",
    )
    (folder / "config.yaml").write_text(config)
    save_segmentation(folder / "segmentation")
    save_embedding(folder / "embedding")
    save_plda(folder / "plda")
