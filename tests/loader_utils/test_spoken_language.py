from __future__ import annotations

import numpy as np
import pytest

from model_lab.errors import ModelLabError
from model_lab.loader_utils.spoken_language import identifier
from model_lab.types import Audio, FloatArray, Label

RATE, WINDOW = 1000, 2000
heard: list[int] = []


def _probabilities(samples: FloatArray) -> dict[str, float]:
    """English where the window is quiet, German where it is loud."""
    heard.append(len(samples))
    loud = float(np.abs(samples).mean() > 0.2)
    return {"en": 0.75 - 0.5 * loud, "de": 0.25 + 0.5 * loud}


def _sound(*levels: float) -> Audio:
    """One second at each level."""
    return Audio(np.repeat(np.asarray(levels, np.float32), RATE), RATE)


def test_windows_count_by_how_much_they_hold() -> None:
    heard.clear()
    labels = identifier("some", _probabilities, RATE, WINDOW)(_sound(0.1, 0.1, 0.5))
    assert heard == [2000, 1000]
    # two thirds en .75, de .25; one third the other way round
    assert [label.name for label in labels] == ["en", "de"]
    assert [label.score for label in labels] == pytest.approx([1.75 / 3, 1.25 / 3])


def test_the_most_probable_language_is_first() -> None:
    first, second = identifier("some", _probabilities, RATE, WINDOW)(_sound(0.5, 0.5))
    assert (first, second) == (Label("de", 0.75), Label("en", 0.25))


@pytest.mark.parametrize("sound", [_sound(0.0, 0.0), Audio(np.full(400, 0.5, np.float32), RATE)])
def test_silence_and_a_moment_have_no_language(sound: Audio) -> None:
    with pytest.raises(ModelLabError, match=r"some: .* s of sound are too short or silent; expected speech of 0\.5 s or more"):
        identifier("some", _probabilities, RATE, WINDOW)(sound)
