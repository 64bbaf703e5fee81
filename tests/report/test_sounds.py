from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from model_lab import audio
from model_lab.errors import BadAudio
from model_lab.report.sounds import LONGEST_S, Sounds, _spectrogram, drawn
from model_lab.types import Audio


def _noise(*shape: int, level: float = 0.1, rate: int = 8000) -> Audio:
    return Audio((level * np.random.default_rng(0).uniform(-1, 1, shape)).astype(np.float32), rate)


def test_a_sound_is_kept_to_16_bits_and_drawn(tmp_path: Path) -> None:
    given = _noise(2, 4000)
    sound = Sounds(tmp_path).add(given)
    kept = audio.read(tmp_path / sound.flac)
    assert (kept.sample_rate, kept.samples.shape, sound.seconds, sound.remarks) == (8000, (2, 4000), 0.5, ())
    assert np.abs(kept.samples - given.samples).max() < 1e-4
    ElementTree.parse(tmp_path / sound.picture)


def test_equal_sounds_are_one_file_and_different_ones_are_not(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path)
    first, again, faster = sounds.add(_noise(800)), sounds.add(_noise(800)), sounds.add(_noise(800, rate=16000))
    assert first == again and first.flac != faster.flac
    assert len(list(tmp_path.iterdir())) == 4


def test_what_the_file_leaves_out_is_said(tmp_path: Path) -> None:
    long = int(LONGEST_S) * 200 + 800
    sound = Sounds(tmp_path).add(_noise(3, long, level=4.0, rate=200))
    kept = audio.read(tmp_path / sound.flac)
    assert kept.samples.shape == (2, LONGEST_S * 200) and sound.seconds == LONGEST_S + 4
    cut, channels, level = sound.remarks
    assert cut == "cut: the first 60 s of 64.00 s" and channels == "the first 2 of 3 channels" and "peaks at 4.00" in level


@pytest.mark.parametrize(
    "given",
    [_noise(1), Audio(np.zeros(8000, np.float32), 8000), Audio(np.ones(5000, np.float32), 48000)],
    ids=["one frame", "silence", "no sound but a level"],
)
def test_every_sound_can_be_drawn_and_always_the_same(given: Audio, recwarn: pytest.WarningsRecorder) -> None:
    assert drawn(given) == drawn(given)
    assert not recwarn.list


def test_a_picture_of_a_long_sound_stays_small() -> None:
    assert len(drawn(_noise(2, 60 * 44100, rate=44100))) < 150_000


def test_a_file_that_is_no_sound_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("no sound")
    with pytest.raises(BadAudio, match="not audio"):
        Sounds(tmp_path / "sounds").of_file(tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("frames", "rate"), [(1, 8000), (100, 16000), (16000, 16000), (12345, 200), (12345, 44100), (20 * 48000, 48000)]
)
def test_the_spectrogram_is_that_of_a_sliding_hann_window(frames: int, rate: int) -> None:
    """The transform written out with NumPy. Levels are whole numbers: one that lies on the border of two may fall to either side."""
    sound = Audio(np.random.default_rng(frames).standard_normal(frames).astype(np.float32) * 0.1, rate)
    width = 2 ** max(4, round(np.log2(0.032 * rate)))
    padded = np.pad(sound.samples, (0, max(0, width - frames)))
    hop = max(width // 8, len(padded) // 480)
    starts = range(0, len(padded) - width + 1, hop)
    power = np.array([np.abs(np.fft.rfft(padded[start : start + width] * np.hanning(width))) ** 2 for start in starts]).T
    rows = np.stack([band.mean(axis=0) for band in np.array_split(power, min(96, len(power)))])
    decibels = 10 * np.log10(np.maximum(rows / max(rows.max(), 1e-20), 1e-8))
    expected = np.round((decibels / 80 + 1) * 31)
    levels = _spectrogram(sound)
    assert levels.shape == expected.shape
    assert np.abs(levels - expected).max() <= 1 and (levels != expected).mean() < 1e-3
