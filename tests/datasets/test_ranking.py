"""Data that ranks by a metric of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab import datasets
from model_lab.capabilities import capability
from model_lab.errors import BadConfig
from tests.conftest import forget

ASR = capability("asr")


def test_the_metric_of_the_card_comes_first_and_thresholds_of_another_are_dropped() -> None:
    asked = datasets.ranking(ASR, "non_speech")
    assert asked.primary.name == "invented_words"
    assert asked.grading is None and asked.in_words == ""
    assert {metric.name for metric in asked.metrics} == {metric.name for metric in ASR.metrics}
    assert len(asked.metrics) == len(ASR.metrics)


@pytest.mark.parametrize("dataset", ["asterisk_en", "never-heard-of", "speech_or_music"])
def test_other_data_ranks_by_the_capability_s_primary_metric(dataset: str) -> None:
    assert datasets.ranking(ASR, dataset) is ASR
    assert ASR.ranked_by("") is ASR.ranked_by("wer") is ASR


def test_a_metric_that_the_capability_does_not_have_is_refused(extension: Path) -> None:
    card = (datasets.card("non_speech").folder / "non_speech.yaml").read_text("utf-8")
    (extension / "datasets").mkdir()
    (extension / "datasets/mine.yaml").write_text(card.replace("primary: invented_words", "primary: invented_word"), "utf-8")
    forget()
    with pytest.raises(BadConfig, match=r"asr has no metric 'invented_word' \(did you mean 'invented_words'\?\)"):
        datasets.card("mine")
