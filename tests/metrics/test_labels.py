from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, recall_score

from model_lab.errors import BadManifest
from model_lab.metrics import labels
from model_lab.metrics._base import pool
from model_lab.types import Label

CLASSES = 4


@st.composite
def pools(draw):
    """Pools with many tied scores, absent classes and samples without a choice."""
    size = draw(st.integers(1, 25))
    vector = st.lists(st.integers(0, 4).map(lambda level: level / 4), min_size=CLASSES, max_size=CLASSES)
    return {
        "scores": draw(st.lists(vector, min_size=size, max_size=size)),
        "truth": draw(st.lists(st.integers(0, CLASSES - 1), min_size=size, max_size=size)),
        "chosen": draw(st.lists(st.integers(-1, CLASSES - 1), min_size=size, max_size=size)),
    }


@given(pools())
def test_mean_average_precision_agrees_with_scikit_learn(pooled):
    scores, truth = np.array(pooled["scores"]), np.array(pooled["truth"])
    expected = np.mean([average_precision_score(truth == label, scores[:, label]) for label in np.unique(truth)])
    assert labels.mean_average_precision(pooled) == pytest.approx(expected)


@given(pools())
def test_top1_and_f1_agree_with_scikit_learn(pooled):
    truth, chosen = pooled["truth"], pooled["chosen"]
    assert labels.top1(pooled) == pytest.approx(accuracy_score(truth, chosen))
    expected = f1_score(truth, chosen, labels=np.unique(truth), average="macro", zero_division=0)
    assert labels.macro_f1(pooled) == pytest.approx(expected)
    recall = recall_score(truth, chosen, labels=np.unique(truth), average="macro", zero_division=0)
    assert labels.average_recall(pooled) == pytest.approx(recall)


@given(pools(), st.randoms())
def test_the_order_of_samples_does_not_matter(pooled, random):
    order = list(range(len(pooled["truth"])))
    random.shuffle(order)
    shuffled = {name: [values[index] for index in order] for name, values in pooled.items()}
    for metric in (labels.MEAN_AVERAGE_PRECISION, labels.TOP1, labels.MACRO_F1, labels.AVERAGE_RECALL):
        assert metric.value(shuffled) == pytest.approx(metric.value(pooled))
        assert 0 <= metric.value(pooled) <= 1


@given(st.lists(st.integers(0, CLASSES - 1), min_size=1))
def test_the_truth_scores_best(truth):
    pooled = {"scores": np.eye(CLASSES)[truth].tolist(), "truth": truth, "chosen": truth}
    assert [
        metric.value(pooled) for metric in (labels.MEAN_AVERAGE_PRECISION, labels.TOP1, labels.MACRO_F1, labels.AVERAGE_RECALL)
    ] == [1, 1, 1, 1]


TRUTH = labels.ClassTruth("rain", {"rain": ("Rain", "Raindrop"), "dog": ("Bark",)})


def test_names_match_whatever_their_case_and_the_class_itself_is_a_name():
    assert labels.class_components(TRUTH, [Label("RAINDROP", 0.5), Label("DOG", 0.25)]) == {
        "scores": [[0.25, 0.5]],
        "truth": [1],
        "chosen": [1],
    }


def test_of_tied_classes_the_first_in_the_answer_is_chosen():
    assert labels.class_components(TRUTH, [Label("Bark", 0.5), Label("Rain", 0.5)])["chosen"] == [0]


def test_an_answer_without_any_known_name_chooses_nothing():
    for answer in ([], [Label("Speech", 0.9)]):
        assert labels.class_components(TRUTH, answer) == {"scores": [[0.0, 0.0]], "truth": [1], "chosen": [-1]}


def test_an_empty_answer_scores_no_more_than_the_share_of_the_class():
    parts = [labels.class_components(TRUTH, []), labels.class_components(labels.ClassTruth("dog", TRUTH.classes), [])]
    assert labels.MEAN_AVERAGE_PRECISION.value(pool(parts)) == 0.5
    assert labels.TOP1.value(pool(parts)) == 0


def test_rows_with_different_classes_are_refused():
    with pytest.raises(BadManifest, match="2 and 3 classes"):
        labels.MEAN_AVERAGE_PRECISION.value({"scores": [[0, 1], [0, 1, 0]], "truth": [0, 1], "chosen": [0, 1]})


def test_a_star_in_a_name_is_any_text():
    truth = labels.ClassTruth("owl", {"owl": ("* Owl", "*-Owl"), "duck": ("*_Mallard",)})
    answer = [Label(name, 0.5) for name in ("Howl", "Owlet Sparrow", "Strix aluco_Tawny owl.")]
    assert labels.class_components(truth, answer)["chosen"] == [-1]
    for name, index in (("Strix aluco_Tawny Owl", 1), ("BUBO BUBO_EURASIAN EAGLE-OWL", 1), ("Owl", 1), ("Anas_Mallard", 0)):
        assert labels.class_components(truth, [Label(name, 0.5)])["chosen"] == [index]


def test_other_signs_in_a_name_are_themselves():
    truth = labels.ClassTruth("cat", {"cat": ("Roar (a.b)",)})
    assert labels.class_components(truth, [Label("Roar (axb)", 0.5)])["chosen"] == [-1]
    assert labels.class_components(truth, [Label("roar (A.B)", 0.5)])["chosen"] == [0]
