"""Detectors of speech: pure parts, and real speech and silence through the bench."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab.capabilities import capability
from model_lab.errors import ModelLabError
from model_lab.metrics._base import pool
from model_lab.models.omnivad.loader import joined
from model_lab.types import Audio, Segment
from tests.conftest import SHARED
from tests.models.workers import loaded

NAMES = ("omnivad", "silero_faster_whisper")


@pytest.mark.parametrize(
    ("spans", "segments"),
    [
        ([], []),
        ([(0.5, 1.0), (2.0, 3.0)], [Segment(0.5, 1.0), Segment(2.0, 3.0)]),
        ([(0.5, 30.5), (30.5, 31.0)], [Segment(0.5, 31.0)]),
        ([(0.5, 99.0)], [Segment(0.5, 40.0)]),
        ([(40.5, 41.0)], []),
    ],
)
def test_segments_touch_nowhere_and_end_with_the_sound(spans: list[tuple[float, float]], segments: list[Segment]) -> None:
    assert joined(spans, 40.0) == segments


@pytest.mark.parametrize("name", NAMES)
def test_silence_and_hiss_are_not_speech(name: str) -> None:
    noise = (0.01 * np.random.default_rng(0).standard_normal(3 * 16000)).astype(np.float32)
    model = loaded(name)
    assert model.vad(Audio(np.zeros(3 * 16000, np.float32), 16000)) == []
    assert model.vad(Audio(noise, 16000)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_threshold_is_a_probability(name: str) -> None:
    with pytest.raises(ModelLabError, match=r"threshold is 1\.5"):
        loaded(name, threshold=1.5).vad(Audio(np.zeros(16000, np.float32), 16000))


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
@pytest.mark.parametrize("name", NAMES)
def test_speech_is_found(name: str) -> None:
    asked = capability("vad")
    lines = (SHARED / "vad" / "manifest.jsonl").read_text("utf-8").splitlines()
    clips = [row for row in map(json.loads, lines) if row["speech_segments"]][:10]
    parts = []
    model = loaded(name)
    for row in clips:
        path = (SHARED / "vad" / row["audio"]).resolve()
        truth = asked.reference({"speech": row["speech_segments"], "audio": str(path)}, Path)
        parts.append(asked.primary.components(truth, model.vad(path)))
    assert asked.primary.value(pool(parts)) < 0.35
