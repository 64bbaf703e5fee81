from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.langid import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio, Label

SOUND = Audio(np.zeros(16000, np.float32), 16000)
LANGUAGES = ["en", "fr", "it"]


def truth(language):
    return CAPABILITY.reference({"audio": "a.wav", "language": language, "languages": LANGUAGES}, None)


def test_a_language_that_is_not_listed_is_refused():
    with pytest.raises(BadManifest, match="'de' is not among the languages; expected one of en, fr, it"):
        truth("de")


def test_the_choice_is_among_the_languages_of_the_dataset():
    answer = [Label("de", 0.6), Label("fr", 0.3), Label("en", 0.1)]
    assert CAPABILITY.primary.score(truth("fr"), answer) == 1
    assert CAPABILITY.primary.score(truth("en"), answer) == 0
    assert CAPABILITY.primary.score(truth("it"), answer) == 0


def test_every_language_weighs_the_same():
    spoken = ["en"] * 8 + ["fr"] * 2
    parts = [CAPABILITY.primary.components(truth(language), [Label("en", 1.0)]) for language in spoken]
    assert CAPABILITY.primary.value(pool(parts)) == 0.5
    assert CAPABILITY.metric("top1").value(pool(parts)) == 0.8


def test_baselines_stand_at_both_ends():
    def score(answer):
        parts = [CAPABILITY.primary.components(truth(language), answer(truth(language))) for language in LANGUAGES * 100]
        return CAPABILITY.primary.value(pool(parts))

    rng = np.random.default_rng(0)
    assert score(lambda known: CAPABILITY.ideal(known, SOUND)) == 1
    assert score(lambda known: CAPABILITY.null(SOUND)) == 0
    assert score(lambda known: CAPABILITY.chance(rng, SOUND)) == pytest.approx(1 / 3, abs=0.08)


def test_languages_are_the_same_by_any_of_their_names():
    named = {"audio": "a.wav", "language": "eng", "languages": ["English", "zh-Hans", "iw"]}
    found = CAPABILITY.reference(named, None)
    assert CAPABILITY.primary.score(found, [Label("en-GB", 0.9)]) == 1
    assert CAPABILITY.primary.score(found, [Label("silence", 0.9), Label("he", 0.1)]) == 0
    hebrew = CAPABILITY.reference({**named, "language": "he"}, None)
    assert CAPABILITY.primary.score(hebrew, [Label("heb", 0.9)]) == 1
    with pytest.raises(BadManifest, match="column 'languages': 'jp' names no language"):
        CAPABILITY.reference({**named, "languages": ["en", "jp"]}, None)
