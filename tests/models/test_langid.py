"""Spoken language from Whisper's encoder: its head, and prompts in languages it knows from other voices."""

from __future__ import annotations

import numpy as np
import pytest

from model_lab import datasets
from model_lab.capabilities import capability
from model_lab.datasets import build
from model_lab.errors import ModelLabError
from model_lab.metrics._base import pool
from model_lab.registry import model_cards
from model_lab.types import Audio
from tests.models.workers import loaded

CARD = model_cards.card("encoder_langid")
DATA = datasets.card("asterisk_languages")


def test_the_head_knows_the_languages_of_the_card() -> None:
    with np.load(CARD.folder / "head.npz") as head:
        assert tuple(head["languages"]) == CARD.languages
        assert head["weights"].shape == (len(CARD.languages), 768) and head["bias"].shape == (len(CARD.languages),)


def test_what_it_learnt_from_is_not_what_it_is_asked_about() -> None:
    learnt = {archive.package for archive in datasets.card("langid_training").source.archives}
    for name in ("asterisk_languages", "ktuberling_languages"):
        assert learnt.isdisjoint(archive.package for archive in datasets.card(name).source.archives)


def test_silence_has_no_language() -> None:
    model = loaded("encoder_langid")
    with pytest.raises(ModelLabError, match="too short or silent"):
        model.langid(Audio(np.zeros(16000, np.float32), 16000))


@pytest.mark.skipif(not build.ready(DATA), reason="asterisk_languages has not been built")
def test_new_voices_are_named_better_than_by_chance() -> None:
    recall = capability("langid").primary
    model = loaded("encoder_langid")
    samples = build.samples(DATA, "smoke")
    parts = [recall.components(sample.reference(), model.langid(sample.inputs[0])) for sample in samples]
    assert recall.value(pool(parts)) > 0.3  # chance among five is 0.2
