from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier

from model_lab.errors import ContractBroken
from model_lab.metrics import embeddings
from model_lab.metrics._base import pool


@st.composite
def pools(draw):
    """Vectors of small integers (many equal cosines), with few labels and groups; one label in each group."""
    size = draw(st.integers(1, 14))
    vector = st.lists(st.integers(-2, 2).map(float), min_size=3, max_size=3)
    groups = draw(st.lists(st.integers(0, 7), min_size=size, max_size=size))
    labels = draw(st.lists(st.sampled_from("abc"), min_size=8, max_size=8))
    return {
        "vectors": draw(st.lists(vector, min_size=size, max_size=size)),
        "labels": [labels[group] for group in groups],
        "groups": [str(group) for group in groups],
    }


@st.composite
def pools_without_ties(draw):
    """Directions drawn at random: no two cosines are equal."""
    pooled = draw(pools())
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return pooled | {"vectors": rng.standard_normal((len(pooled["labels"]), 4)).tolist()}


def others(pooled):
    """Of each recording that has one of its label in another group: its index, and those of all recordings of other groups."""
    labels, groups = np.array(pooled["labels"]), np.array(pooled["groups"])
    for index in range(len(labels)):
        apart = np.flatnonzero(groups != groups[index])
        if (labels[apart] == labels[index]).any():
            yield index, apart


def cosines(pooled):
    vectors = np.array(pooled["vectors"])
    lengths = np.linalg.norm(vectors, axis=1)
    products = vectors @ vectors.T / np.where(np.outer(lengths, lengths) > 0, np.outer(lengths, lengths), 1)
    return np.round(products, 9)


@given(pools())
def test_retrieval_agrees_with_scikit_learn_question_by_question(pooled):
    labels, near = np.array(pooled["labels"]), cosines(pooled)
    expected = [average_precision_score(labels[apart] == labels[index], near[index, apart]) for index, apart in others(pooled)]
    found = embeddings.retrieval(pooled)
    assert math.isnan(found) if not expected else found == pytest.approx(np.mean(expected))


@given(pools_without_ties())
def test_nearest_neighbour_agrees_with_scikit_learn(pooled):
    labels, vectors = np.array(pooled["labels"]), np.array(pooled["vectors"])
    right = []
    for index, apart in others(pooled):
        known = KNeighborsClassifier(1, metric="cosine", algorithm="brute").fit(vectors[apart], labels[apart])
        right.append(known.predict(vectors[[index]])[0] == labels[index])
    found = embeddings.nearest_neighbour(pooled)
    assert math.isnan(found) if not right else found == pytest.approx(np.mean(right))


@given(pools(), st.randoms())
def test_the_order_of_recordings_and_the_length_of_vectors_do_not_matter(pooled, random):
    order = list(range(len(pooled["labels"])))
    random.shuffle(order)
    shuffled = {name: [values[index] for index in order] for name, values in pooled.items()}
    scaled = shuffled | {"vectors": [[3 * value for value in vector] for vector in shuffled["vectors"]]}
    for metric in (embeddings.RETRIEVAL_MAP, embeddings.NEAREST_NEIGHBOUR):
        assert metric.value(scaled) == pytest.approx(metric.value(pooled), nan_ok=True)
        assert math.isnan(metric.value(pooled)) or 0 <= metric.value(pooled) <= 1


def test_equal_vectors_find_no_more_than_there_is():
    pooled = {"vectors": [[1.0, 2.0, 3.0]] * 6, "labels": list("aabbbb"), "groups": list("123456")}
    share_of_others = [1 / 5] * 2 + [3 / 5] * 4
    assert embeddings.retrieval(pooled) == pytest.approx(np.mean(share_of_others))
    assert embeddings.nearest_neighbour(pooled) == pytest.approx(np.mean(share_of_others))


def test_excerpts_of_the_same_recording_are_not_found():
    pooled = {"vectors": [[1, 0], [1, 0], [0, 1], [0.6, 0.8]], "labels": list("aaab"), "groups": list("1123")}
    assert embeddings.nearest_neighbour(pooled) == 0  # 1 and 2 find b first, 3 too
    assert embeddings.retrieval(pooled) == pytest.approx(np.mean([1 / 2, 1 / 2, (1 / 2 + 2 / 3) / 2 + 1 / 12]))


def test_a_recording_drawn_twice_does_not_find_itself():
    once = {"vectors": [[1, 0], [0.8, 0.6], [0, 1]], "labels": list("abb"), "groups": list("123")}
    twice = {name: [*values, values[0]] for name, values in once.items()}
    assert math.isnan(embeddings.retrieval({name: values[:1] * 2 for name, values in once.items()}))
    assert embeddings.nearest_neighbour(twice) == pytest.approx(0.5)  # a does not ask: nobody else is a


def test_without_like_recordings_nothing_is_defined():
    pooled = {"vectors": [[1, 0], [0, 1]], "labels": list("ab"), "groups": list("12")}
    assert math.isnan(embeddings.retrieval(pooled)) and math.isnan(embeddings.nearest_neighbour(pooled))


def test_vectors_of_different_lengths_are_refused():
    parts = [embeddings.vector_components(embeddings.SoundTruth("a", str(size)), np.ones(size, np.float32)) for size in (2, 3)]
    with pytest.raises(ContractBroken, match="differ in length"):
        embeddings.RETRIEVAL_MAP.value(pool(parts))
