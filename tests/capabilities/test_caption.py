from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.caption import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)
ROW = {"id": "d", "audio": "d.wav", "captions": ["A dog barks at a cat.", "Barking"]}


def test_the_truth_is_all_captions_and_which_recording_it_is():
    truth = CAPABILITY.reference(ROW, None)
    assert truth.captions == ("A dog barks at a cat.", "Barking") and truth.recording == "d"


@pytest.mark.parametrize("captions", [[], "A dog.", ["A dog.", ""], ["..."], [3]])
def test_captions_that_are_none_are_refused(captions):
    with pytest.raises(BadManifest, match="at least one, each with words"):
        CAPABILITY.reference(ROW | {"captions": captions}, None)


def test_an_empty_caption_keeps_the_form_and_scores_nothing():
    assert CAPABILITY.problems("", SOUND) == []
    truths = [
        CAPABILITY.reference(ROW, None),
        CAPABILITY.reference(ROW | {"id": "e", "captions": ["Rain falls on a roof"]}, None),
    ]
    for metric in CAPABILITY.metrics:
        ideal = metric.value(pool(metric.components(truth, CAPABILITY.ideal(truth, SOUND)) for truth in truths))
        null = metric.value(pool(metric.components(truth, CAPABILITY.null(SOUND)) for truth in truths))
        assert 0 == null < ideal <= metric.best
