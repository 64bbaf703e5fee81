"""How well vectors of sounds put like with like: retrieval and nearest neighbour, by cosine.

Every recording asks for those of its label among all recordings of other groups, so that no excerpt of the same recording is an
easy answer. A recording whose label is in no other group cannot be answered and does not ask. A recording drawn twice (bootstrap)
asks twice, and is there twice for others to find. Cosines that agree to nine decimals are equal.
Draws hold fewer different recordings than the pool, among which finding is easier: intervals lie somewhat high around the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.errors import ContractBroken
from model_lab.metrics._base import Components, Metric, share
from model_lab.metrics.labels import average_precision
from model_lab.types import FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[np.float64]"
Flags: TypeAlias = "npt.NDArray[np.bool_]"


@dataclass(frozen=True)
class SoundTruth:
    """What sound it is, and the group (a recording, say) whose other excerpts do not count as found."""

    label: str
    group: str


def vector_components(reference: SoundTruth, hypothesis: FloatArray) -> Components:
    """One vector, its label and its group; neighbours are looked for in the whole pool.

    >>> vector_components(SoundTruth("dog", "d1"), np.array([1, 0], np.float32))
    {'vectors': [[1.0, 0.0]], 'labels': ['dog'], 'groups': ['d1']}
    """
    return {"vectors": [hypothesis.tolist()], "labels": [reference.label], "groups": [reference.group]}


def retrieval(pooled: Mapping[str, Any]) -> float:
    """The mean, over the recordings that ask, of the average precision of their ranking of the others; NaN if none asks.

    >>> two_of_each = {"vectors": [[1, 0], [0.6, 0.8], [0.8, 0.6], [0, 1]], "groups": ["1", "2", "3", "4"]}
    >>> retrieval({**two_of_each, "labels": ["dog", "cat", "dog", "cat"]})  # 1, then 1/2 and 1/2, then 1
    0.75
    """
    cosines, like = _questions(pooled)
    return float(average_precision(cosines, like).mean()) if like.size else float("nan")


def nearest_neighbour(pooled: Mapping[str, Any]) -> float:
    """The share, of the recordings that ask, whose nearest other has their label; NaN if none asks.

    Of several that are equally near, the share with the right label counts.

    >>> pooled = {"vectors": [[1, 0], [0.6, 0.8], [0.8, 0.6], [0, 1]], "groups": ["1", "2", "3", "4"]}
    >>> nearest_neighbour({**pooled, "labels": ["dog", "cat", "dog", "cat"]})
    0.5
    """
    cosines, like = _questions(pooled)
    if not like.size:
        return float("nan")
    nearest = cosines == cosines.max(axis=0)
    return float(np.mean((nearest & like).sum(axis=0) / nearest.sum(axis=0)))


def _questions(pooled: Mapping[str, Any]) -> tuple[Array, Flags]:
    """One column for each recording that asks: the cosine of every recording (-inf in its own group), and whether it is alike."""
    if len({len(vector) for vector in pooled["vectors"]}) > 1:
        raise ContractBroken("embeddings of one model differ in length; expected the same number of values for every recording")
    vectors = np.asarray(pooled["vectors"], np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    apart = _different(pooled["groups"])
    like = apart & ~_different(pooled["labels"])
    asks = like.any(axis=0)
    return np.where(apart, np.round(unit @ unit.T, 9), -np.inf)[:, asks], like[:, asks]


def _different(names: list[str]) -> Flags:
    """Of each pair of recordings, whether their names differ, shape ``(n, n)``."""
    indices = np.unique(names, return_inverse=True)[1]
    return np.asarray(indices[:, None] != indices)


def _metric(name: str, title: str, source: str, value: Callable[[Mapping[str, Any]], float]) -> Metric:
    return share(name, title, source, vector_components, value)


RETRIEVAL_MAP = _metric(
    "retrieval_map",
    "mean average precision of finding like sounds",
    "Manning et al. 2008, section 8.4; leave-one-group-out",
    retrieval,
)
NEAREST_NEIGHBOUR = _metric(
    "nn_accuracy", "nearest other recording is alike", "Cover and Hart 1967, 1 neighbour; leave-one-group-out", nearest_neighbour
)
