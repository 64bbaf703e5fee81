"""Diarization from parts: cutting and joining, and two real speakers."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.loader_utils.diarization import _turns, _windows
from model_lab.types import Audio
from tests.conftest import SHARED
from tests.models.workers import loaded

RATE = 16000
LENGTH, HOP = 25600, 6400


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_windows_cover_speech_and_decide_each_moment_once(start: int, lasting: int) -> None:
    windows = _windows(start, start + lasting, LENGTH, HOP)
    assert windows[0].begin == start and windows[-1].until == start + lasting
    assert all(one.until == other.begin for one, other in pairwise(windows))
    assert all(start <= window.start < window.end <= start + lasting for window in windows)
    assert all(window.start <= window.begin < window.until <= window.end for window in windows)


def test_touching_windows_of_one_speaker_are_one_turn() -> None:
    windows = [*_windows(0, 64000, LENGTH, HOP), *_windows(80000, 96000, LENGTH, HOP)]
    turns = _turns(windows, np.array([5, 5, 5, 2, 2, 2, 2, 5]))
    assert [turn.speaker for turn in turns] == ["speaker_1", "speaker_2", "speaker_1"]
    assert (turns[0].start, turns[0].end, turns[1].end, turns[2].start) == (0.0, turns[1].start, 4.0, 5.0)


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
@pytest.mark.parametrize(
    ("name", "confused", "miscounted"), [("heuristic_diarization", 0.25, 2), ("spectral_diarization", 0.15, 0)]
)
def test_two_voices_in_turn_are_told_apart(name: str, confused: float, miscounted: int) -> None:
    voices = {}
    for line in (SHARED / "speaker_verification" / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        voices.setdefault(row["speaker"], (SHARED / "speaker_verification" / row["audio"]).resolve())
    parts, turns, at = [], [], 0.0
    for speaker in list(voices)[:2] * 3:
        sound = audio.read(voices[speaker]).mono().resample(RATE)
        parts += [sound.samples, np.zeros(RATE // 2, np.float32)]
        turns.append({"start": at, "end": at + sound.duration, "speaker": speaker})
        at += sound.duration + 0.5
    asked = capability("diarization")
    truth = asked.reference({"audio": "x.wav", "turns": turns}, None)
    model = loaded(name)
    talk = Audio(np.concatenate(parts), RATE)
    answer = model.diarization(talk)
    assert model.diarization(talk) == answer
    assert asked.metric("confusion_share").score(truth, answer) < confused
    assert asked.metric("speaker_count_error").score(truth, answer) <= miscounted
