"""The 3.1 pipeline: its settings, its networks and the PLDA that it does not use are in repositories of their own."""

from __future__ import annotations

from pathlib import Path

from checkpoints.pyannote_parts import CONFIG, save_embedding, save_plda, save_segmentation


def build(folders: dict[str, Path]) -> None:
    config = CONFIG.format(
        dependency="version: 3.1.0",
        clustering="AgglomerativeClustering",
        segmentation="pyannote/segmentation-3.0",
        embedding="pyannote/wespeaker-voxceleb-resnet34-LM",
        plda="",
        settings="{method: centroid, min_cluster_size: 12, threshold: 0.7045654963945799}",
    )
    (folders["pipeline"] / "config.yaml").write_text(config)
    save_segmentation(folders["segmentation"])
    save_embedding(folders["embedding"])
    save_plda(folders["plda"] / "plda")
