"""Windows of the working copy, and overlapping chunks crossfade into one sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.errors import BadAudio
from model_lab.pipelines.chunks import plan
from model_lab.pipelines.decode import RATE
from model_lab.pipelines.working_copy import WorkingCopy, crossfade
from model_lab.types import Audio

NOISE = (0.1 * np.random.default_rng(0).standard_normal(25 * RATE + 77)).astype(np.float32)


@pytest.fixture
def sound(tmp_path: Path) -> WorkingCopy:
    audio.write(tmp_path / "noise.wav", Audio(NOISE, RATE))
    return WorkingCopy(tmp_path / "noise.wav", "noise")


def test_a_window_holds_its_samples(sound: WorkingCopy) -> None:
    assert sound.duration == len(NOISE) / RATE
    np.testing.assert_array_equal(sound.read(1.5, 2.25).samples, NOISE[24000:36000])
    np.testing.assert_array_equal(sound.read(25.0, 99.0).samples, NOISE[25 * RATE :])


def test_the_quietest_moment_is_found(tmp_path: Path) -> None:
    quiet = NOISE.copy()
    quiet[RATE * 7 : RATE * 7 + 1600] = 0.0
    audio.write(tmp_path / "quiet.wav", Audio(quiet, RATE))
    assert WorkingCopy(tmp_path / "quiet.wav", "").quietest(5.0, 10.0) == pytest.approx(7.05)


def test_what_is_left_as_it_was_comes_back(sound: WorkingCopy, tmp_path: Path) -> None:
    chunks = plan(sound.duration, 10.0, 2.0)
    assert len(chunks) == 3
    found = crossfade(tmp_path / "same.wav", "same", ((chunk, sound.read(chunk.start, chunk.end)) for chunk in chunks))
    np.testing.assert_allclose(audio.read(found.path).samples, NOISE, atol=1e-6)


def test_chunks_that_differ_are_faded_over_what_they_share(sound: WorkingCopy, tmp_path: Path) -> None:
    chunks = plan(sound.duration, 10.0, 2.0)
    flat = (
        (chunk, Audio(np.full(sound.read(chunk.start, chunk.end).frames, float(n), np.float32), RATE))
        for n, chunk in enumerate(chunks)
    )
    samples = audio.read(crossfade(tmp_path / "flat.wav", "flat", flat).path).samples
    assert len(samples) == len(NOISE)
    assert samples[round(chunks[1].begin * RATE)] == pytest.approx(0.5, abs=0.01)
    assert np.abs(np.diff(samples)).max() < 1e-3


def test_an_answer_of_another_length_is_refused(sound: WorkingCopy, tmp_path: Path) -> None:
    [chunk] = plan(sound.duration, 30.0, 2.0)
    with pytest.raises(BadAudio, match="has 16000 samples; expected 400077"):
        crossfade(tmp_path / "short.wav", "short", [(chunk, Audio(NOISE[:RATE], RATE))])
    assert not (tmp_path / "short.wav").exists()
