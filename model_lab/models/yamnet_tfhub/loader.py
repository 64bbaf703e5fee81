"""YAMNet as its authors publish it: a TensorFlow SavedModel that takes sound, 16 kHz, and holds the names of its classes.

It is published on Kaggle (formerly TensorFlow Hub) as google/yamnet (TensorFlow 2, version 1). Where the hub has no repository of that
name, that archive unpacked into ``models--google--yamnet/snapshots/main`` of the hub's cache does as well.

A sound's scores are the means over its patches of 0.96 s, one every 0.48 s, and so is its embedding.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import NotRunnable
from model_lab.loader_utils.embedding import unit_vector
from model_lab.types import Audio, FloatArray, Label

_RATE = 16000


def load(card: ModelCard, device: str) -> Bundle:
    import tensorflow as tf
    import tensorflow_hub

    tf.config.threading.set_intra_op_parallelism_threads(threads())
    tf.config.threading.set_inter_op_parallelism_threads(1)
    folder = card.repository("model")
    try:
        network = tensorflow_hub.load(str(folder))
        names = _names(Path(network.class_map_path().numpy().decode()))
    except (OSError, ValueError, AttributeError, tf.errors.OpError) as error:
        raise NotRunnable(
            f"{card.name}: {folder} is not YAMNet's SavedModel ({' '.join(str(error).split())[:200]}); remove it and put that there"
        ) from error

    def inferred(audio: Audio) -> tuple[Any, Any]:
        """The scores and the embedding of all patches."""
        scores, embeddings, _ = network(audio.mono().resample(_RATE).samples)
        return scores.numpy(), embeddings.numpy()

    def classify(audio: Audio) -> list[Label]:
        mean = inferred(audio)[0].mean(axis=0)
        return [Label(names[index], float(mean[index])) for index in np.argsort(-mean, kind="stable")]

    def embed(audio: Audio) -> FloatArray:
        return unit_vector(inferred(audio)[1].mean(axis=0), card.name, audio)

    return Bundle(card, device, {"classify": classify, "embed": embed})


def _names(table: Path) -> list[str]:
    with table.open(encoding="utf-8", newline="") as lines:
        return [row["display_name"] for row in csv.DictReader(lines)]
