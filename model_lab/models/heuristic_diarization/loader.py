"""Voice embeddings clustered as in Wang et al. 2018 (the ``icassp2018`` settings of spectralcluster): always 2 to 7 speakers."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.diarization import diarizer


def load(card: ModelCard, device: str) -> Bundle:
    from spectralcluster.configs import icassp2018_clusterer

    return Bundle(card, device, {"diarization": diarizer(card, device, icassp2018_clusterer.predict)})
