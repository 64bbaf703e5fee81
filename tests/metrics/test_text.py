from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import NotRunnable
from model_lab.metrics import text
from model_lab.metrics._base import pool
from model_lab.types import Audio, Transcript

sentences = st.lists(st.sampled_from(["cat", "dog", "sat", "mat", "ran", "far"]), max_size=8).map(" ".join)
SOUND = Audio(np.zeros(10, np.float32), 16000)


def distance(truth, answer):
    """Levenshtein, cell by cell."""
    row = list(range(len(answer) + 1))
    for i, wanted in enumerate(truth, 1):
        diagonal, row[0] = row[0], i
        for j, given_token in enumerate(answer, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != given_token))
    return row[-1]


@given(sentences, sentences)
def test_edits_are_the_levenshtein_distance(truth, answer):
    words = text.word_components(Transcript(truth), Transcript(answer))
    assert words["substitutions"] + words["deletions"] + words["insertions"] == distance(truth.split(), answer.split())
    assert words["words"] == len(truth.split())
    characters = text.character_components(Transcript(truth), Transcript(answer))
    assert characters == {"edits": distance(truth, answer), "characters": len(truth)}


@given(sentences.filter(bool))
def test_the_truth_scores_best(truth):
    assert text.WER.score(Transcript(truth), Transcript(truth)) == 0
    assert text.WER.score(Transcript(truth), Transcript("")) == 1
    assert text.ROUND_TRIP_WER.score(text.Prompt(Transcript(truth)), SOUND, Transcript(truth)) == 0


def test_insertions_where_nothing_was_said_count_in_the_pool():
    silent = text.word_components(Transcript(""), Transcript("hello there"))
    assert math.isnan(text.WER.value(silent))
    spoken = text.word_components(Transcript("the cat sat down"), Transcript("the cat sat down"))
    assert text.WER.value(pool([silent, spoken])) == 0.5


@given(sentences, sentences)
def test_a_round_trip_counts_what_the_recogniser_heard(truth, heard):
    prompt = text.Prompt(Transcript(truth, language="en"))
    assert text.ROUND_TRIP_WER.components(prompt, SOUND, Transcript(heard)) == text.word_components(
        prompt.transcript, Transcript(heard)
    )
    assert text.ROUND_TRIP_CER.components(prompt, SOUND, Transcript(heard)) == text.character_components(
        prompt.transcript, Transcript(heard)
    )


def test_the_recogniser_is_asked_once_and_about_the_sound():
    assert text.ROUND_TRIP_WER.judge is text.ROUND_TRIP_CER.judge
    judge = text.ROUND_TRIP_WER.judge
    assert (judge.model, judge.capability, judge.inputs("prompt", SOUND)) == ("faster_whisper", "asr", (SOUND,))


@pytest.mark.parametrize("metric", [text.ROUND_TRIP_WER, text.ROUND_TRIP_CER, text.SECOND_ROUND_TRIP_WER])
def test_a_prompt_the_recogniser_does_not_know_is_not_scored(metric):
    with pytest.raises(NotRunnable, match=f"'de'; {metric.judge.model} hears English alone"):
        metric.components(text.Prompt(Transcript("guten Tag", language="de")), SOUND, Transcript("good dog"))


@given(sentences, sentences)
def test_the_second_recogniser_is_another_and_its_errors_count_alike(truth, heard):
    metric = text.SECOND_ROUND_TRIP_WER
    assert (metric.judge.model, metric.judge.capability, metric.judge.inputs("prompt", SOUND)) == (
        "pocketsphinx",
        "asr",
        (SOUND,),
    )
    prompt = text.VoicePrompt(Transcript(truth, language="en"), voice=SOUND)
    assert metric.components(prompt, SOUND, Transcript(heard)) == text.word_components(prompt.transcript, Transcript(heard))
