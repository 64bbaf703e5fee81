from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.emotion import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio, Label

SOUND = Audio(np.zeros(16000, np.float32), 16000)
CLASSES = {"wut": ["angry", "anger"], "freude": ["happy"], "trauer": ["sad"]}


def truth(label):
    return CAPABILITY.reference({"audio": "a.wav", "label": label, "classes": CLASSES}, None)


def test_an_emotion_that_is_no_class_is_refused_with_the_nearest():
    with pytest.raises(BadManifest, match="did you mean 'trauer'"):
        truth("trauern")


def test_a_dataset_says_what_models_call_its_emotions():
    assert CAPABILITY.primary.score(truth("wut"), [Label("anger", 0.9), Label("sad", 0.1)]) == 1
    assert CAPABILITY.primary.score(truth("wut"), [Label("sad", 0.9), Label("anger", 0.1)]) == 0
    assert CAPABILITY.primary.score(truth("wut"), [Label("calm", 1.0)]) == 0


def test_baselines_stand_at_both_ends():
    def score(answer):
        parts = [CAPABILITY.primary.components(truth(label), answer(truth(label))) for label in list(CLASSES) * 100]
        return CAPABILITY.primary.value(pool(parts))

    rng = np.random.default_rng(0)
    assert score(lambda known: CAPABILITY.ideal(known, SOUND)) == 1
    assert score(lambda known: CAPABILITY.null(SOUND)) == 0
    assert score(lambda known: CAPABILITY.chance(rng, SOUND)) == pytest.approx(1 / 3, abs=0.08)
