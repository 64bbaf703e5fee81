"""Real models on real recordings from the development pack: sanity bounds, not benchmarks. Skipped without the pack or the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.metrics._base import pool
from model_lab.types import Segment, Transcript
from tests.conftest import SHARED
from tests.models.workers import loaded

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")


def rows(kind: str, wanted: Callable[[dict[str, Any]], bool], most: int) -> list[dict[str, Any]]:
    lines = (SHARED / kind / "manifest.jsonl").read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if wanted(row)][:most]


def sound(kind: str, row: dict[str, Any]) -> Path:
    return (SHARED / kind / row["audio"]).resolve()


@pytest.mark.parametrize(("name", "bound"), [("faster_whisper", 0.12), ("pocketsphinx", 0.5)])
def test_recognisers_understand_english(name: str, bound: float) -> None:
    wer = capability("asr").primary
    clips = rows("asr", lambda row: row["language"] == "en", 8)
    model = loaded(name)
    parts = [wer.components(Transcript(row["text"], language="en"), model.asr(sound("asr", row))) for row in clips]
    assert wer.value(pool(parts)) < bound


@pytest.mark.parametrize(("name", "bound"), [("silero_vad", 0.35), ("webrtc_vad", 0.9)])
def test_detectors_find_speech(name: str, bound: float) -> None:
    asked = capability("vad")
    clips = rows("vad", lambda row: bool(row["speech_segments"]), 10)
    model = loaded(name)
    parts = []
    for row in clips:
        truth = {"speech": row["speech_segments"], "audio": str(sound("vad", row))}
        parts.append(asked.primary.components(asked.reference(truth, Path), model.vad(sound("vad", row))))
    assert asked.primary.value(pool(parts)) < bound


@pytest.mark.parametrize("name", ["deepfilternet", "rnnoise"])
def test_enhancers_take_noise_away_and_keep_time(name: str) -> None:
    pairs = rows("enhancement", lambda row: row["snr_db"] <= 5, 4)
    gains = []
    model = loaded(name)
    for row in pairs:
        noisy, clean = audio.read(sound("enhancement", row)).mono(), audio.read(SHARED / "enhancement" / row["clean"]).mono()
        better = model.enhance(noisy)
        assert (better.frames, better.sample_rate) == (noisy.frames, noisy.sample_rate)
        gains.append(_si_sdr(clean.samples, better.samples) - _si_sdr(clean.samples, noisy.samples))
    assert np.mean(gains) > 2.0


def _si_sdr(clean: np.ndarray, heard: np.ndarray) -> float:
    target = clean * (clean @ heard) / (clean @ clean)
    return float(10 * np.log10((target @ target) / ((heard - target) @ (heard - target))))


def test_yamnet_hears_dogs_and_rain() -> None:
    names = {
        "dog bark": {"Dog", "Bark", "Bow-wow", "Animal", "Domestic animals, pets"},
        "rain": {"Rain", "Raindrop", "Rain on surface", "Water"},
    }
    clips = rows("audio_classification", lambda row: row["label"].lower() in names, 12)
    assert clips
    model = loaded("yamnet")
    hits = [model.classify(sound("audio_classification", row))[0].name in names[row["label"].lower()] for row in clips]
    assert np.mean(hits) > 0.6


def test_voices_are_told_apart() -> None:
    lines = (SHARED / "speaker_verification" / "trials.tsv").read_text("utf-8").splitlines()
    trials = [line.split("\t") for line in lines[1:]]
    files = {row["id"]: sound("speaker_verification", row) for row in rows("speaker_verification", lambda row: True, 1000)}
    model = loaded("resemblyzer")
    pairs = {
        wanted: [(files[first], files[second]) for first, second, target in trials if target == wanted][:6] for wanted in "10"
    }
    same, other = ([model.speaker_verify(*pair) for pair in pairs[wanted]] for wanted in "10")
    assert np.mean(same) > np.mean(other) + 0.1


def test_a_sentence_survives_synthesis_and_recognition() -> None:
    text = "The quick brown fox jumps over the lazy dog near the old stone bridge."
    wer = capability("asr").primary
    voice = loaded("kokoro")
    ear = loaded("faster_whisper")
    heard = ear.asr(voice.tts(text))
    assert wer.score(Transcript(text, language="en"), heard) <= 0.15


def test_silence_is_not_speech() -> None:
    from model_lab.types import Audio

    silence = Audio(np.zeros(3 * 16000, np.float32), 16000)
    for name in ("silero_vad", "webrtc_vad", "energy_vad"):
        model = loaded(name)
        found: list[Segment] = model.vad(silence)
        assert found == []
