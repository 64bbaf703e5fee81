from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.summarize import CAPABILITY
from model_lab.errors import BadManifest


@pytest.mark.parametrize("summary", ["", "  ", "...", 3, ["a"]])
def test_a_summary_without_words_is_refused(summary):
    with pytest.raises(BadManifest, match="expected words"):
        CAPABILITY.reference({"text": "A text.", "summary": summary}, None)


@pytest.mark.parametrize("summary", ["文字", "Москва", "हिन्दी"])
def test_a_summary_is_in_any_script(summary):
    assert CAPABILITY.reference({"text": "A text.", "summary": summary}, None) == summary


def test_saying_nothing_or_everything_is_a_surprise():
    example = CAPABILITY.example()
    (text,) = example.inputs
    assert "in 0; expected fewer, and at least one" in example.surprise("")
    assert "expected fewer" in example.surprise(text)
    assert example.surprise(text.split(". ")[0]) == ""


def test_chance_takes_three_sentences_in_their_order():
    text = "One is here. Two is there! Is three? Four."
    for seed in range(10):
        chosen = CAPABILITY.chance(np.random.default_rng(seed), text)
        kept = [sentence for sentence in ("One is here.", "Two is there!", "Is three?", "Four.") if sentence in chosen]
        assert " ".join(kept) == chosen and len(kept) == 3


def test_the_truth_scores_best_and_null_worst():
    example = CAPABILITY.example()
    for metric in CAPABILITY.metrics:
        assert metric.score(example.reference, CAPABILITY.ideal(example.reference, *example.inputs)) == metric.best
        assert metric.score(example.reference, CAPABILITY.null(*example.inputs)) == metric.worst
