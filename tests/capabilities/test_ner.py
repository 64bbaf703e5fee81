from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.ner import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Entity

TEXT = "Ann met Bob in Rome."


def test_entities_of_a_row_get_their_text_and_their_order():
    marks = [{"start": 15, "end": 19, "label": "GPE"}, {"start": 0, "end": 3, "label": "PERSON"}]
    assert CAPABILITY.reference({"text": TEXT, "entities": marks}, None) == (
        Entity("Ann", "PERSON", 0, 3),
        Entity("Rome", "GPE", 15, 19),
    )


@pytest.mark.parametrize(("start", "end"), [(3, 3), (-1, 3), (15, 99)])
def test_a_span_outside_the_text_is_refused(start, end):
    with pytest.raises(BadManifest, match=f"GPE is at {start}-{end} of a text of 20 characters"):
        CAPABILITY.reference({"text": TEXT, "entities": [{"start": start, "end": end, "label": "GPE"}]}, None)


def test_a_row_may_say_which_labels_were_marked():
    row = {"text": TEXT, "entities": [{"start": 0, "end": 3, "label": "PERSON"}], "labels": ["PERSON", "ORG"]}
    truth = CAPABILITY.reference(row, None)
    assert truth.labels == {"PERSON", "ORG"}
    assert CAPABILITY.primary.score(truth, [Entity("Ann", "PERSON", 0, 3), Entity("Rome", "GPE", 15, 19)]) == 1
    assert CAPABILITY.primary.score(truth, [Entity("Ann", "PERSON", 0, 3), Entity("Rome", "ORG", 15, 19)]) < 1


@pytest.mark.parametrize(
    ("labels", "problem"),
    [(["ORG"], "'Ann' is marked PERSON, which is not in labels"), ("ORG", "labels is 'ORG'"), ([3], "labels")],
)
def test_labels_that_do_not_fit_are_refused(labels, problem):
    row = {"text": TEXT, "entities": [{"start": 0, "end": 3, "label": "PERSON"}], "labels": labels}
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference(row, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Entity("Bob", "PERSON", 0, 3)], "where there is 'Ann'"),
        ([Entity("Rome.?", "GPE", 15, 21)], "said to be at 15-21"),
        ([Entity("", "GPE", 3, 3)], "said to be at 3-3"),
        ([Entity("Ann", "", 0, 3)], "no label"),
        ([Entity("Bob", "PERSON", 8, 11), Entity("Ann", "PERSON", 0, 3)], "rising starts"),
        ([{"text": "Ann"}], "holds a dict"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, TEXT)[0]


def test_finding_nothing_is_a_surprise():
    example = CAPABILITY.example()
    assert "finds no entity" in example.surprise([])
    assert [entity.text for entity in example.reference] == ["Barack Obama", "Paris", "2015"]


def test_the_truth_scores_best_and_null_and_chance_do_not():
    example = CAPABILITY.example()
    for metric in CAPABILITY.metrics:
        assert metric.score(example.reference, CAPABILITY.ideal(example.reference, *example.inputs)) == metric.best
    assert CAPABILITY.primary.score(example.reference, CAPABILITY.null(*example.inputs)) == 0
    assert CAPABILITY.primary.score(example.reference, CAPABILITY.chance(np.random.default_rng(0), *example.inputs)) < 0.5
