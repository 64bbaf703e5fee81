"""WeSpeaker's ResNet34 as pyannote publishes it."""

from __future__ import annotations

from pathlib import Path

from checkpoints.pyannote_parts import save_embedding


def build(folders: dict[str, Path]) -> None:
    save_embedding(folders["model"])
