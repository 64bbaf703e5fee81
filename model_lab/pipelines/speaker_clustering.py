"""Speakers of different chunks recognised as one, by their voices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_lab.types import FloatArray


@dataclass(frozen=True)
class ChunkSpeaker:
    """Somebody heard in a chunk. ``vector`` has length 1; ``sure``: it was heard long enough to be told from others."""

    chunk: int
    vector: FloatArray
    sure: bool = True


def linked(voices: Sequence[ChunkSpeaker], same_voice: float) -> list[int]:
    """The number of everyone's speaker, from 0 on, in order of appearance.

    Agglomerative clustering with average linkage: the two groups whose voices have the highest mean cosine become one while it is at
    least ``same_voice``. Voices of one chunk stay apart: whoever listened to the chunk told them apart. A voice that is not sure makes
    no group of its own while there is one that it may join.
    """
    if not voices:
        return []
    likeness = np.array([[a.vector @ b.vector if a.chunk != b.chunk else -np.inf for b in voices] for a in voices])
    sure = [number for number, voice in enumerate(voices) if voice.sure]
    groups = [[sure[place] for place in group] for group in _clustered(likeness[np.ix_(sure, sure)], same_voice)]
    for number in (number for number, voice in enumerate(voices) if not voice.sure):
        nearest = max(groups, key=lambda group: likeness[number, group].mean(), default=[])
        if nearest and likeness[number, nearest].min() > -np.inf:
            nearest.append(number)
        else:
            groups.append([number])
    order = sorted(groups, key=min)
    return [next(name for name, group in enumerate(order) if number in group) for number in range(len(voices))]


def _clustered(likeness: npt.NDArray[np.float64], least: float) -> list[list[int]]:
    """Groups of rows by average linkage, down to a mean likeness of ``least``; a pair at -inf is never in one group."""
    count = len(likeness)
    if count < 2:
        return [[place] for place in range(count)]
    from sklearn.cluster import AgglomerativeClustering

    apart = (
        4.0 * count**2
    )  # one such pair lifts the mean distance of any two groups above every threshold; scikit-learn takes no inf
    distances = np.where(np.isneginf(likeness), apart, 1.0 - likeness)
    np.fill_diagonal(distances, 0.0)
    clustering = AgglomerativeClustering(
        n_clusters=None,
        metric="precomputed",
        linkage="average",
        distance_threshold=np.nextafter(1.0 - least, np.inf),  # scikit-learn joins below the threshold, not at it
    )
    labels = clustering.fit_predict(distances)
    return [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
