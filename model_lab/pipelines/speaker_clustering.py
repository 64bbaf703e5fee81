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
    groups = _merged([[number] for number in sure], likeness[np.ix_(sure, sure)], same_voice)
    for number in (number for number, voice in enumerate(voices) if not voice.sure):
        found = max(groups, key=lambda group: likeness[number, group].mean(), default=[])
        if found and likeness[number, found].min() > -np.inf:
            found.append(number)
        else:
            groups.append([number])
    order = sorted(groups, key=min)
    return [next(name for name, group in enumerate(order) if number in group) for number in range(len(voices))]


def _merged(groups: list[list[int]], likeness: npt.NDArray[np.float64], least: float) -> list[list[int]]:
    """``groups`` joined while two of them are as like as ``least``; of those joined, the mean over both (Lance and Williams 1967)."""
    while groups and likeness.max() >= least:
        kept, gone = sorted(int(place) for place in np.unravel_index(likeness.argmax(), likeness.shape))
        sizes = np.array([len(groups[kept]), len(groups[gone])])
        likeness[kept] = likeness[:, kept] = sizes @ likeness[[kept, gone]] / sizes.sum()
        likeness = np.delete(np.delete(likeness, gone, 0), gone, 1)
        groups[kept] += groups.pop(gone)
    return groups
