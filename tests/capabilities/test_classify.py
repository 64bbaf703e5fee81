from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.classify import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio, Label

SOUND = Audio(np.zeros(16000, np.float32), 16000)
CLASSES = {"dog": ["Dog", "Bark"], "rain": ["Rain", "Raindrop"], "clock": ["Tick"]}


def truths():
    return [
        CAPABILITY.reference({"audio": "a.wav", "label": label, "classes": CLASSES}, None)
        for label in ("dog", "rain", "clock", "dog")
    ]


def test_a_label_that_is_no_class_is_refused_with_the_nearest():
    with pytest.raises(BadManifest, match="did you mean 'rain'"):
        CAPABILITY.reference({"audio": "a.wav", "label": "rian", "classes": CLASSES}, None)


def test_a_recording_may_have_several_classes():
    several = CAPABILITY.reference({"audio": "a.wav", "label": ["rain", "dog"], "classes": CLASSES}, None)
    assert several.labels == ("rain", "dog")
    mean_average_precision, top1 = CAPABILITY.metrics[:2]
    parts = pool(mean_average_precision.components(truth, CAPABILITY.ideal(truth, SOUND)) for truth in [several, *truths()])
    assert mean_average_precision.value(parts) == top1.value(parts) == 1.0
    assert top1.score(several, [Label("Bark", 0.9)]) == 1.0 and top1.score(several, [Label("Tick", 0.9)]) == 0.0


def test_a_list_of_one_class_counts_as_the_class():
    [truth] = {
        CAPABILITY.reference({"audio": "a.wav", "label": label, "classes": CLASSES}, None).labels for label in ("dog", ["dog"])
    }
    assert truth == ("dog",)
    listed = CAPABILITY.reference({"audio": "a.wav", "label": ["dog"], "classes": CLASSES}, None)
    assert CAPABILITY.metrics[0].components(listed, [Label("Dog", 0.5)])["truth"] == [1]


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ([], r"column 'label' is \[\], a list; expected a text, or texts that differ"),
        (["dog", "dog"], "expected a text, or texts that differ"),
        (["dog", "rian"], "did you mean 'rain'"),
        (["dog", True], "item 1, is True, a boolean"),
        (True, "is True, a boolean"),
    ],
)
def test_what_is_no_list_of_classes_is_refused(label, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"audio": "a.wav", "label": label, "classes": CLASSES}, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Label("Dog", 1.5)], "expected 0 to 1"),
        ([Label("Dog", float("nan"))], "expected 0 to 1"),
        ([Label("Dog", 0.1), Label("Rain", 0.2)], "not in descending order"),
        ([Label("Dog", 0.2), Label("Dog", 0.1)], "listed twice"),
        ([("Dog", 0.2)], "holds a tuple"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


def test_the_truth_scores_best_and_null_does_not():
    for metric in (metric for metric in CAPABILITY.metrics if metric.name != "ece"):  # neither answer is a distribution
        assert metric.value(pool(metric.components(truth, CAPABILITY.ideal(truth, SOUND)) for truth in truths())) == metric.best
        assert metric.value(pool(metric.components(truth, CAPABILITY.null(SOUND)) for truth in truths())) < 0.5


def test_chance_scores_on_common_names_alone():
    rng = np.random.default_rng(0)
    parts = [CAPABILITY.primary.components(truth, CAPABILITY.chance(rng, SOUND)) for truth in truths() * 20]
    assert CAPABILITY.primary.value(pool(parts)) < 0.6
