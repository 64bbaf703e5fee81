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
    [(["ORG"], "'Ann' is marked PERSON, which is not in labels"), ("ORG", "'labels' is 'ORG', text"), ([3], "labels")],
)
def test_labels_that_do_not_fit_are_refused(labels, problem):
    row = {"text": TEXT, "entities": [{"start": 0, "end": 3, "label": "PERSON"}], "labels": labels}
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference(row, None)


SMILE = "\U0001f600 \u00c5nn met Bob"


@pytest.mark.parametrize(
    ("start", "end", "hint"),
    [
        (3, 6, "(they count UTF-16 units, as JavaScript counts them); expected offsets in characters"),
        (5, 9, "(they count bytes of UTF-8); expected"),
        (2, 4, "(the end is included in them); expected"),
        (3, 6, "expected offsets in characters"),
        (10, 13, "'\u00c5nn', and 10-13 of the text is 'Bob'; expected"),
    ],
)
def test_offsets_that_do_not_fit_the_text_of_the_entity_are_refused(start, end, hint):
    mark = {"start": start, "end": end, "label": "PERSON", "text": "\u00c5nn"}
    with pytest.raises(BadManifest) as refused:
        CAPABILITY.reference({"text": SMILE, "entities": [mark]}, None)
    assert hint in str(refused.value)
    assert CAPABILITY.reference({"text": SMILE, "entities": [mark | {"start": 2, "end": 5}]}, None)[0].text == "\u00c5nn"


def test_offsets_that_count_from_one_are_told():
    mark = {"start": 9, "end": 12, "label": "PERSON", "text": "Bob"}
    with pytest.raises(BadManifest, match="they count from 1"):
        CAPABILITY.reference({"text": TEXT, "entities": [mark]}, None)


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ({"start": 0.9, "end": 2.9, "label": "PERSON"}, "is 0.9; expected a whole number of characters"),
        ({"start": "0", "end": 3, "label": "PERSON"}, "is '0', text; expected a number"),
        ({"start": False, "end": 3, "label": "PERSON"}, "is False, a boolean; expected a number"),
        ({"start_char": 0, "end_char": 3, "label": "PERSON"}, "has no 'start', only start_char, end_char, label"),
        ({"start": 0, "end": 3, "label": ""}, "its label, is ''; expected a name"),
        ({"start": 0, "end": 3, "label": ["PERSON"]}, "its label, is"),
        ({"start": 0, "end": 3, "label": "PERSON", "text": 3}, "its text, is 3, a number"),
        ([0, 3, "PERSON"], "expected an object with start, end, label"),
        ({"start": 0, "end": 3, "label": "PER"}, "is marked 'PER'; expected 'PERSON'"),
        ({"start": 0, "end": 3, "label": "person"}, "is marked 'person'; expected 'PERSON'"),
        ({"start": 3, "end": 7, "label": "PERSON"}, "3-7 of the text, is ' met'; expected an entity without spaces around it"),
    ],
)
def test_marks_of_another_form_are_refused(mark, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"text": TEXT, "entities": [mark]}, None)


def test_an_entity_is_marked_once():
    mark = {"start": 0, "end": 3, "label": "PERSON"}
    with pytest.raises(BadManifest, match="'Ann' at 0 is marked PERSON twice; expected each entity once"):
        CAPABILITY.reference({"text": TEXT, "entities": [mark, {"start": 8, "end": 11, "label": "PERSON"}, mark]}, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Entity("Bob", "PERSON", 0, 3)], "where the text has 'Ann'"),
        ([Entity("Rome.?", "GPE", 15, 21)], "placed at 15-21"),
        ([Entity("", "GPE", 3, 3)], "placed at 3-3"),
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
