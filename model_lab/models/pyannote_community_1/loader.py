"""pyannote's community-1 pipeline: powerset segmentation, WeSpeaker embeddings, VBx clustering, all in one repository."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.pyannote import diarizer


def load(card: ModelCard, device: str) -> Bundle:
    folder = card.repository("pipeline")
    parts = (folder / name for name in ("segmentation", "embedding", "plda"))
    return Bundle(card, device, {"diarization": diarizer(card, device, folder, *parts)})
