"""Fingerprinters: how they compare, and real music where the development pack is present. Bounds, not benchmarks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from model_lab.loader_utils.lru_by_audio import LruByAudio
from model_lab.models.chromaprint import loader as chromaprint
from model_lab.models.spectral_peaks import loader as landmarks
from model_lab.types import Audio
from tests.conftest import SHARED
from tests.models.workers import loaded

NAMES = ("chromaprint", "spectral_peaks")


def test_fingerprints_are_kept_by_content_and_not_without_end() -> None:
    taken = []
    remembered = LruByAudio(lambda audio: taken.append(audio) or len(taken), most=2)  # type: ignore[func-returns-value]
    one, other, third = (Audio(np.full(4, value, np.float32), 8000) for value in (0.1, 0.2, 0.3))
    assert [remembered(one), remembered(Audio(one.samples.copy(), 8000)), remembered(other)] == [1, 1, 2]
    assert remembered(Audio(one.samples, 16000)) == 3
    assert [remembered(third), remembered(third), remembered(one)] == [4, 4, 5]


def test_words_are_matched_at_any_offset_with_two_wrong_bits() -> None:
    rng = np.random.default_rng(0)
    entry = rng.integers(0, 2**32, 300, dtype=np.uint32)
    excerpt = entry[200:260] ^ np.uint32(0b101)
    assert chromaprint._alike(excerpt, entry) == 1.0
    assert chromaprint._alike(excerpt ^ np.uint32(0b1000), entry) < 0.1
    assert chromaprint._alike(excerpt[:0], entry) == 0.0


def test_landmarks_agree_with_a_loop() -> None:
    rng = np.random.default_rng(1)
    entry = landmarks.Landmarks(np.sort(rng.integers(0, 40, 200)), rng.integers(0, 50, 200))
    excerpt = landmarks.Landmarks(np.sort(rng.integers(0, 40, 30)), rng.integers(0, 20, 30))
    best = 0
    for offset in range(-60, 60):
        agreeing = [
            {
                index
                for index, (name, frame) in enumerate(zip(excerpt.hashes, excerpt.frames, strict=True))
                if any(name == n and f - frame == shift for n, f in zip(entry.hashes, entry.frames, strict=True))
            }
            for shift in (offset, offset + 1)
        ]
        best = max(best, sum(map(len, agreeing)))
    assert landmarks._alike(excerpt, entry) == pytest.approx(min(1.0, best / 30))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_silent_or_short_matches_nothing(name: str) -> None:
    rng = np.random.default_rng(0)
    library = {"noise": Audio(0.1 * rng.standard_normal(160000).astype(np.float32), 16000)}
    model = loaded(name)
    for query in (np.zeros(80000, np.float32), np.zeros(1, np.float32)):
        assert model.fingerprint(Audio(query, 16000), library)[0].score < 0.1


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
@pytest.mark.parametrize("name", NAMES)
def test_real_music_is_found(name: str) -> None:
    rows = [json.loads(line) for line in (SHARED / "fingerprint" / "manifest.jsonl").read_text("utf-8").splitlines()]
    paths = {row["id"]: (SHARED / "fingerprint" / row["audio"]).resolve() for row in rows}
    library = {row["id"]: paths[row["id"]] for row in rows if row["role"] == "reference"}
    clean = [row for row in rows if row["role"] == "query" and row.get("degradation") == "clean" and row.get("match")]
    model = loaded(name)
    answers = [(row["match"], model.fingerprint(paths[row["id"]], library)) for row in clean]
    assert clean and all(answer[0].name == match and answer[0].score > 0.1 for match, answer in answers)
