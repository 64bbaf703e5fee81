"""Clips in which nobody speaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab.datasets.recipes import Workshop, non_speech
from model_lab.errors import BadConfig

Make = Callable[..., Any]


@pytest.fixture
def shop(workshop: Make, music: dict[str, Path], tmp_path: Path) -> Workshop:
    (name,) = music
    animals = tmp_path / "tux/stamps/animals"
    animals.mkdir(parents=True)
    soundfile.write(animals / "duck.wav", 0.3 * np.sin(np.arange(9600) / 7), 16000)
    made: Workshop = workshop(
        {"tuxpaint": tmp_path / "tux", **music},
        seed=1,
        seconds=2,
        floors_db=[-60],
        noise_db=[-20],
        places={"tux": {"package": "tuxpaint", "root": "stamps"}, "phone": {"package": name, "root": "usr/share/asterisk/moh"}},
        sounds={"noise": ["tux/animals/duck.wav"]},
        pieces=["phone/song.wav"],
        per_piece=3,
    )
    return made


def test_clips_are_silence_noise_and_music_with_an_empty_text(shop: Workshop) -> None:
    rows = list(non_speech.clips(shop))
    assert [row["id"] for row in rows[:4]] == ["silence-digital", "silence-pink-60dB", "noise-pink-20dB", "noise-duck"]
    assert Counter(row["stratum"] for row in rows) == {"silence": 2, "noise": 2, "music": 3}
    assert {row["text"] for row in rows} == {""}
    assert [row["group"] for row in rows] == [*(row["id"] for row in rows[:4]), *["music-song"] * 3]
    assert len({row["id"] for row in rows}) == len(rows)
    heard = [soundfile.read(shop.folder / row["audio"]) for row in rows]
    assert {(len(sound), rate) for sound, rate in heard} == {(32000, 16000)}
    levels = [20 * np.log10(np.sqrt(np.mean(sound**2)) + 1e-9) for sound, _ in heard[:3]]
    assert levels == pytest.approx([-180.0, -60.0, -20.0], abs=0.1)
    duck = heard[3][0]
    assert np.abs(duck[9600:25600]).max() == 0.0  # 0.6 s, then a second of nothing
    assert duck[25600:30000] == pytest.approx(duck[:4400])
    assert all(np.abs(sound).max() > 0.01 for sound, _ in heard[4:])


def test_a_file_in_no_known_place_is_refused(shop: Workshop) -> None:
    shop.settings["pieces"] = ["zoo/duck.wav"]
    with pytest.raises(BadConfig, match=r"zoo/duck\.wav is in no known place; the card's places are: tux, phone"):
        list(non_speech.clips(shop))
