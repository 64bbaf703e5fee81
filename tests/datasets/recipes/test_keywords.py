"""Keywords between prompts, on tones in place of voices."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.datasets.recipes import Workshop, keywords
from model_lab.errors import BadConfig, ModelLabError
from tests.datasets.conftest import bursts, prompts_package

Make = Callable[..., Any]
SPELT = {"bravo": "b_p", "delta": "d_p"}


@pytest.fixture
def spelt(tmp_path: Path) -> dict[str, Path]:
    """Packages of en and fr: twelve prompts, one of which says a keyword, and the spelling alphabet."""
    archives: dict[str, Path] = {}
    for number, language in enumerate(("en", "fr")):
        texts = {f"prompt-{n}": f"This is sentence {n}." for n in range(11)} | {"river": "The Delta of the Nile"}
        texts |= {f"phonetic/{name}": word for word, name in SPELT.items()}
        sounds = {key: bursts([(0.1, 0.9), (1.3, 2.0)], 2.2 + 0.01 * n, 150.0 + 90 * number) for n, key in enumerate(texts)}
        sounds |= {f"phonetic/{name}": bursts([(0.1, 0.7)], 0.9, 400.0 + 90 * number) for name in SPELT.values()}
        archives |= prompts_package(tmp_path / "packages", language, texts, sounds)
    return archives


def settings(**more: Any) -> dict[str, Any]:
    return {"seed": 1, "seconds": 6.0, "per_recording": 2, "languages": ["en", "fr"], "keywords": SPELT} | more


def test_keywords_stand_where_the_truth_says_and_nowhere_else(workshop: Make, spelt: dict[str, Path]) -> None:
    shop: Workshop = workshop(spelt, **settings())
    rows = list(keywords.spelling_alphabet(shop))
    assert Counter(row["language"] for row in rows) == {"en": 3, "fr": 3} and len({row["id"] for row in rows}) == 6
    for row in rows:
        sound = audio.read(shop.folder / row["audio"])
        assert sound.sample_rate == 16000 and sound.duration > 6
        assert len(row["spoken"]) == 2 and {keyword for keyword, _, _ in row["spoken"]} <= set(SPELT)
        pitch = 400 if row["language"] == "en" else 490
        for _, start, end in row["spoken"]:
            assert end - start == pytest.approx(0.6, abs=0.05)
            inside = sound.samples[round((start + 0.05) * 16000) : round((end - 0.05) * 16000)]
            loudest = np.argmax(np.abs(np.fft.rfft(inside * np.hanning(len(inside))))) * 16000 / len(inside)
            assert loudest == pytest.approx(pitch, abs=5)


def test_enrolment_is_by_the_other_speakers_alone(workshop: Make, spelt: dict[str, Path]) -> None:
    shop: Workshop = workshop(spelt, **settings())
    for row in keywords.spelling_alphabet(shop):
        other = "fr" if row["language"] == "en" else "en"
        assert row["keywords"] == {word: [f"audio/enrolled/{other}-phonetic-{name}.flac"] for word, name in SPELT.items()}
        assert all((shop.folder / path).is_file() for paths in row["keywords"].values() for path in paths)


def test_prompts_that_say_a_keyword_are_left_out() -> None:
    class Said:
        def __init__(self, text: str, name: str = "x", duration: float = 2.0) -> None:
            self.text, self.name, self.duration = text, name, duration

    said: Any = Said
    assert keywords._is_speech(said("Press one, or the pound key."), {"delta", "x-ray"})
    assert not keywords._is_speech(said("The DELTA."), {"delta"})
    assert keywords._is_speech(said("Deltas"), {"delta"})
    assert not keywords._is_speech(said("An x-ray, please"), {"x-ray"})
    assert not keywords._is_speech(said("one", duration=0.2), set())
    assert not keywords._is_speech(said("alpha", name="phonetic/a_p"), set())


def test_every_prompt_is_used_once_at_most() -> None:
    class Lasting:
        duration = 2.0

    prompts: Any = [Lasting() for _ in range(10)]
    lots = list(keywords._portions(prompts, seconds=5.0, fewest=2))
    assert [len(lot) for lot in lots] == [3, 3, 3]
    assert len({id(one) for lot in lots for one in lot}) == 9
    assert [len(lot) for lot in keywords._portions(prompts, seconds=1.0, fewest=4)] == [4, 4]


@pytest.mark.skipif(not (shutil.which("flite") and shutil.which("espeak-ng")), reason="flite or espeak-ng is not installed")
def test_wake_words_are_spoken_by_voices_that_are_not_enrolled(workshop: Make, fake_prompts: Make) -> None:
    voices = {"voices": ["flite rms", "espeak-ng en-us"], "enrolled": ["flite slt"], "keywords": ["alexa"], "languages": ["en"]}
    shop: Workshop = workshop(fake_prompts("en", 8), **settings(**voices))
    rows = list(keywords.wake_words(shop))
    assert rows and all(row["keywords"] == {"alexa": ["audio/enrolled/alexa-flite-slt.flac"]} for row in rows)
    lengths = {round(end - start, 2) for row in rows for _, start, end in row["spoken"]}
    assert len(lengths) == 2 and all(0.3 < length < 1.2 for length in lengths)


def test_a_voice_has_one_use_and_a_program_is_known(workshop: Make) -> None:
    with pytest.raises(BadConfig, match="flite slt would be enrolled and tested"):
        list(keywords.wake_words(workshop(seed=1, voices=["flite slt"], enrolled=["flite slt"], keywords=["alexa"])))
    with pytest.raises(ModelLabError, match="no program 'mbrola'"):
        keywords._spoken("mbrola us1", "alexa")
