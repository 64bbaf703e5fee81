from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator

from model_lab.metrics import entities
from model_lab.metrics._base import pool
from model_lab.types import Entity

LABELS = ["PERSON", "GPE", "DATE"]


@st.composite
def flat(draw):
    """Entities that do not overlap each other, in order."""
    edges = sorted(draw(st.lists(st.integers(0, 40), unique=True, max_size=16)))
    spans = zip(edges[::2], edges[1::2], strict=False)
    return [Entity("?" * (end - start), draw(st.sampled_from(LABELS)), start, end) for start, end in spans]


def rows(found):
    return [{"label": entity.label, "start": entity.start, "end": entity.end - 1} for entity in found]


@given(flat(), flat())
def test_counts_agree_with_nervaluate(truth, answer):
    result = Evaluator([rows(truth)], [rows(answer)], tags=LABELS, loader="dict").evaluate()["overall"]
    exact = entities.exact_components(truth, answer)
    assert exact["true_positives"] == result["strict"].correct
    assert exact["true_positives"] + exact["false_positives"] == result["strict"].actual
    assert exact["true_positives"] + exact["false_negatives"] == result["strict"].possible
    partial = entities.partial_components(truth, answer)
    assert (partial["equal"], partial["overlapping"]) == (result["partial"].correct, result["partial"].partial)
    for metric, strategy in ((entities.ENTITY_F1, "strict"), (entities.PARTIAL_F1, "partial")):
        value = metric.score(truth, answer)
        assert math.isnan(value) or value == pytest.approx(result[strategy].f1)
    for metric, ratio in ((entities.PRECISION, result["strict"].precision), (entities.RECALL, result["strict"].recall)):
        value = metric.score(truth, answer)
        assert math.isnan(value) or value == pytest.approx(ratio)


@given(flat(), flat(), st.randoms())
def test_the_order_of_entities_does_not_matter(truth, answer, random):
    shuffled = random.sample(answer, len(answer))
    assert entities.exact_components(truth, shuffled) == entities.exact_components(truth, answer)
    assert entities.partial_components(truth, shuffled) == entities.partial_components(truth, answer)


@given(flat(), flat(), flat(), flat())
def test_texts_pool_as_one_long_text(first, second, first_answer, second_answer):
    def later(found):
        return [Entity(entity.text, entity.label, entity.start + 100, entity.end + 100) for entity in found]

    for count in (entities.exact_components, entities.partial_components):
        together = count(first + later(second), first_answer + later(second_answer))
        assert pool([count(first, first_answer), count(second, second_answer)]) == together


@given(flat().filter(bool))
def test_the_truth_scores_best_and_nothing_scores_worst(truth):
    for metric in (entities.ENTITY_F1, entities.PARTIAL_F1, entities.RECALL):
        assert metric.score(truth, truth) == metric.best == 1
        assert metric.score(truth, []) == metric.worst == 0
    assert math.isnan(entities.PRECISION.score(truth, []))


@given(flat(), flat(), st.sets(st.sampled_from(LABELS), min_size=1))
def test_labels_that_were_not_marked_count_neither_way(truth, answer, labels):
    marked = entities.Marked(entity for entity in truth if entity.label in labels)
    plain = tuple(marked)
    marked.labels = frozenset(labels)
    kept = [entity for entity in answer if entity.label in labels]
    for count in (entities.exact_components, entities.partial_components):
        assert count(marked, answer) == count(plain, kept)
        assert count(entities.Marked(truth), answer) == count(truth, answer)


def test_the_same_entity_twice_counts_once():
    ann = Entity("Ann", "PERSON", 0, 3)
    assert entities.exact_components([ann], [ann, ann]) == {"true_positives": 1, "false_positives": 1, "false_negatives": 0}


def test_a_wrong_label_is_no_exact_match_and_a_whole_partial_one():
    truth, answer = [Entity("Ann", "PERSON", 0, 3)], [Entity("Ann", "GPE", 0, 3)]
    assert entities.ENTITY_F1.score(truth, answer) == 0
    assert entities.PARTIAL_F1.score(truth, answer) == 1


def test_nothing_to_find_and_nothing_found_is_not_defined():
    assert math.isnan(entities.ENTITY_F1.score([], []))
