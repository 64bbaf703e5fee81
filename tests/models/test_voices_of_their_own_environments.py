"""What the loaders of parler_tts and f5_tts do before and after their networks: nothing of a text or a voice is lost unsaid."""

from __future__ import annotations

import numpy as np
import pytest

from model_lab.errors import BadAudio
from model_lab.models.f5_tts import loader as f5_tts
from model_lab.models.parler_tts import loader as parler_tts

RATE = 24000


def tone(seconds: float) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * 200 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.float32)


def test_a_reference_loses_the_silence_around_it() -> None:
    kept = f5_tts.reference(np.concatenate([silence(1), tone(2), silence(3)]), "f5_tts")
    assert len(kept) / RATE == pytest.approx(2.05, abs=0.03)


def test_a_long_reference_ends_at_a_pause() -> None:
    kept = f5_tts.reference(np.concatenate([silence(0.5), tone(9), silence(0.3), tone(20)]), "f5_tts")
    assert 9.0 <= len(kept) / RATE <= 9.4


def test_a_long_reference_without_a_pause_is_not_longer_than_twelve_seconds() -> None:
    assert 6 <= len(f5_tts.reference(tone(30), "f5_tts")) / RATE <= 12.1


@pytest.mark.parametrize("sound", [silence(5), tone(0.2), tone(0)])
def test_a_reference_without_a_voice_is_refused(sound: np.ndarray) -> None:
    with pytest.raises(BadAudio, match=r"f5_tts: the recording of the voice holds 0\.\d\d s of sound"):
        f5_tts.reference(sound, "f5_tts")


def test_pieces_of_speech_are_faded_into_each_other() -> None:
    joined = f5_tts._joined([np.ones(RATE, np.float32), np.ones(RATE, np.float32), np.ones(10, np.float32)])
    assert len(joined) == 2 * RATE - f5_tts._FADE
    assert np.allclose(joined, 1)


@pytest.mark.parametrize("text", ["", "  ", "Hello.", "One sentence. " * 100, "word " * 500, "x" * 1000, "First!\nSecond?"])
def test_a_text_is_read_whole_in_pieces_that_are_not_too_long(text: str) -> None:
    pieces = list(parler_tts._pieces(text))
    assert all(0 < len(piece) <= 300 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    if len(text) > 700:
        assert len(pieces) <= 1 + len(text) // 200
