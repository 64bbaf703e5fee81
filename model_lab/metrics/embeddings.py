"""Audio embeddings: how well vectors place recordings of the same class near each other, by retrieval and by nearest neighbour.

Conventions
-----------
- An embedding is a vector of any length, the same length for all recordings of one model; similarity is the cosine. A vector of
  zeros has cosine 0 with every other. Cosines are compared rounded to nine decimals, so that equal ones tie.
- Each recording is a query among all recordings of other groups (leave one group out), so that another excerpt of the same
  recording is not an easy match. A recording whose label occurs in no other group is not a query.
- In a bootstrap draw, a recording drawn twice is a query twice and a candidate twice. Draws hold fewer different recordings than
  the pool, among which retrieval is easier: intervals are somewhat high around the value.

Metrics
-------
- `RETRIEVAL_MAP` (``retrieval_map``): mean over queries of the average precision of the other groups' recordings, ranked by
  descending cosine, relevant where the label agrees. Ratio in 0 to 1, higher is better. Manning et al. 2008, section 8.4.
- `NEAREST_NEIGHBOUR` (``nn_accuracy``): queries whose nearest other recording has the same label, over queries. Ratio in 0 to 1,
  higher is better. Cover and Hart 1967.
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
    """Reference of an embedding: the class of the sound.

    Attributes:
        label: Class of the sound; recordings with the same label are relevant to each other.
        group: What the excerpt was taken from, such as a recording; excerpts of one group are not candidates for each other.
    """

    label: str
    group: str


def vector_components(reference: SoundTruth, hypothesis: FloatArray) -> Components:
    """Collect one embedding with its label and group; neighbours are searched in the whole pool.

    Args:
        reference: Label and group of the recording.
        hypothesis: Embedding, float32, shape ``(dimensions,)``.

    Returns:
        ``vectors``: one list of floats; ``labels``: one label; ``groups``: one group.

    Examples:
        >>> vector_components(SoundTruth("dog", "d1"), np.array([1, 0], np.float32))
        {'vectors': [[1.0, 0.0]], 'labels': ['dog'], 'groups': ['d1']}
    """
    return {"vectors": [hypothesis.tolist()], "labels": [reference.label], "groups": [reference.group]}


def retrieval(pooled: Mapping[str, Any]) -> float:
    """Compute the mean average precision of retrieving sounds with the same label.

    Args:
        pooled: Pooled `vector_components`.

    Returns:
        Mean over queries, 0 to 1, higher is better; NaN if no recording is a query.

    Raises:
        ContractBroken: If the embeddings differ in length.

    Examples:
        >>> two_of_each = {"vectors": [[1, 0], [0.6, 0.8], [0.8, 0.6], [0, 1]], "groups": ["1", "2", "3", "4"]}
        >>> retrieval({**two_of_each, "labels": ["dog", "cat", "dog", "cat"]})  # 1, then 1/2 and 1/2, then 1
        0.75
    """
    cosines, relevant = _queries(pooled)
    return float(average_precision(cosines, relevant).mean()) if relevant.size else float("nan")


def nearest_neighbour(pooled: Mapping[str, Any]) -> float:
    """Compute the accuracy of a 1-nearest-neighbour classifier that leaves out the query's own group.

    Args:
        pooled: Pooled `vector_components`.

    Returns:
        Share of queries whose nearest neighbour has their label, 0 to 1, higher is better; of several equally near neighbours, the share
            with the right label counts. NaN if no recording is a query.

    Raises:
        ContractBroken: If the embeddings differ in length.

    Examples:
        >>> pooled = {"vectors": [[1, 0], [0.6, 0.8], [0.8, 0.6], [0, 1]], "groups": ["1", "2", "3", "4"]}
        >>> nearest_neighbour({**pooled, "labels": ["dog", "cat", "dog", "cat"]})
        0.5
    """
    cosines, same_label = _queries(pooled)
    if not same_label.size:
        return float("nan")
    nearest = cosines == cosines.max(axis=0)
    return float(np.mean((nearest & same_label).sum(axis=0) / nearest.sum(axis=0)))


def _queries(pooled: Mapping[str, Any]) -> tuple[Array, Flags]:
    """One column per query: the cosine of every recording (-inf in its own group), and whether its label is the same."""
    if len({len(vector) for vector in pooled["vectors"]}) > 1:
        raise ContractBroken("embeddings of one model differ in length; expected the same number of values for every recording")
    vectors = np.asarray(pooled["vectors"], np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    other_group = _different(pooled["groups"])
    relevant = other_group & ~_different(pooled["labels"])
    is_query = relevant.any(axis=0)
    return np.where(other_group, np.round(unit @ unit.T, 9), -np.inf)[:, is_query], relevant[:, is_query]


def _different(names: list[str]) -> Flags:
    """Of each pair of recordings, whether their names differ, shape ``(n, n)``."""
    indices = np.unique(names, return_inverse=True)[1]
    return np.asarray(indices[:, None] != indices)


def _metric(name: str, title: str, source: str, value: Callable[[Mapping[str, Any]], float]) -> Metric:
    return share(name, title, source, vector_components, value)


RETRIEVAL_MAP = _metric(
    "retrieval_map",
    "mean average precision of retrieving recordings of the same class",
    "Manning et al. 2008, section 8.4; leave-one-group-out",
    retrieval,
)
NEAREST_NEIGHBOUR = _metric(
    "nn_accuracy",
    "nearest other recording is of the same class",
    "Cover and Hart 1967, 1 neighbour; leave-one-group-out",
    nearest_neighbour,
)
