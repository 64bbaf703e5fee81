"""Emotion by rules of prosody: the rules themselves, and synthetic voices that obey them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab.capabilities.enhance import speech_like
from model_lab.errors import ModelLabError
from model_lab.models.prosody_emotion.loader import PROFILES, scores, standardised
from model_lab.models.prosody_emotion.prosody import NAMES
from model_lab.registry import model_cards
from model_lab.types import Audio
from tests.models.workers import loaded

CARD = model_cards.card("prosody_emotion")
NORMS = json.loads((CARD.folder / "norms.json").read_text("utf-8"))


@pytest.mark.parametrize("emotion", PROFILES)
def test_a_profile_is_named_by_its_emotion(emotion: str) -> None:
    answer = scores(list(PROFILES[emotion]), 1.0)
    assert answer[0].name == emotion
    assert sum(label.score for label in answer) == pytest.approx(1)
    assert {label.name for label in answer} == set(PROFILES)


def test_softness_flattens_the_scores() -> None:
    sharp, soft = (scores(list(PROFILES["sad"]), softness)[0].score for softness in (0.1, 10.0))
    assert sharp > soft > 1 / len(PROFILES)


def test_speech_at_the_norms_is_neutral_whatever_the_voice() -> None:
    usual = {name: NORMS[name][0] for name in NAMES}
    man = usual | {"pitch": float(12 * np.log2(120.0))}
    for measured in (usual, man):
        assert standardised(measured, NORMS) == pytest.approx([0.0] * len(NAMES), abs=1e-9)
    raised = standardised({name: NORMS[name][0] + NORMS[name][1] for name in NAMES}, NORMS)
    assert raised == pytest.approx([1.0] * len(NAMES))


def test_it_hears_voices_and_refuses_what_has_none(tmp_path: Path) -> None:
    model = loaded("prosody_emotion")
    assert {label.name for label in model.emotion(speech_like())} == set(PROFILES)
    with pytest.raises(ModelLabError, match=r"no voice found in 1\.00 s"):
        model.emotion(Audio(np.zeros(16000, np.float32), 16000))
