"""pyannote's 3.1 pipeline: powerset segmentation, WeSpeaker embeddings, agglomerative clustering, from four repositories."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.pyannote import diarizer


def load(card: ModelCard, device: str) -> Bundle:
    pipeline, segmentation, embedding, plda = map(card.repository, ("pipeline", "segmentation", "embedding", "plda"))
    return Bundle(card, device, {"diarization": diarizer(card, device, pipeline, segmentation, embedding, plda / "plda")})
