"""Recipes that sort recordings of a package: speakers, wheels and PocketSphinx's tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from model_lab import audio
from model_lab.datasets.recipes import Workshop, speakers, sphinx, wheels

Make = Callable[..., Any]
LANGUAGES = ["en", "es", "fr", "ru"]


def tone(path: Path, seconds: float, level: float = 0.3, rate: int = 16000, **how: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, level * np.sin(np.arange(round(seconds * rate)) / 7), rate, **how)


def test_labelled_speakers(workshop: Make, fake_prompts: Make) -> None:
    settings = {"seed": 1, "per_language": 3, "shortest": 2.0, "longest": 8.0, "languages": LANGUAGES}
    rows = list(speakers.labelled(workshop(fake_prompts("en es fr ru", 5), **settings)))
    assert Counter(row["speaker"] for row in rows) == {"allison": 6, "june": 3, "ivrvoice": 3}


def test_trials_are_balanced_and_never_set_one_woman_against_herself(workshop: Make, fake_prompts: Make) -> None:
    settings = {"seed": 1, "per_kind": 6, "shortest": 2.0, "longest": 8.0, "languages": LANGUAGES}
    shop: Workshop = workshop(fake_prompts("en es fr ru", 6), **settings)
    rows = list(speakers.trials(shop))
    kinds = Counter((row["stratum"], row["same"]) for row in rows)
    assert set(kinds.values()) == {6} and ("en/es", True) in kinds
    assert {kind for kind, same in kinds if not same} == {"en/fr", "en/ru", "fr/ru"}
    assert len({frozenset((row["audio"], row["audio_b"])) for row in rows}) == len(rows)
    assert all(row["audio"] != row["audio_b"] for row in rows)
    assert all((shop.folder / row[column]).is_file() for row in rows for column in ("audio", "audio_b"))


def test_phone_call(workshop: Make, tmp_path: Path) -> None:
    sample = tmp_path / "wheel/pyannote/audio/sample"
    tone(sample / "sample.wav", 5.0)
    lines = ["SPEAKER sample 1 0.5 1.0 <NA> <NA> ann <NA> <NA>", "SPEAKER sample 1 1.2 0.8 <NA> <NA> bob <NA> <NA>", ""]
    lines += ["SPEAKER sample 1 3.0 0.25 <NA> <NA> ann <NA> <NA>"]
    (sample / "sample.rttm").write_text("\n".join(lines))
    shop: Workshop = workshop({"pyannote.audio": tmp_path / "wheel"})
    (row,) = wheels.phone_call_turns(shop)
    assert row["turns"] == [
        {"start": 0.5, "end": 1.5, "speaker": "ann"},
        {"start": 1.2, "end": 2.0, "speaker": "bob"},
        {"start": 3.0, "end": 3.25, "speaker": "ann"},
    ]
    (row,) = wheels.phone_call_speech(shop)
    assert row["speech"] == [[0.5, 2.0], [3.0, 3.25]]


def test_one_recording(workshop: Make, tmp_path: Path) -> None:
    tone(tmp_path / "wheel/w/a.wav", 1.0, rate=48000)
    shop: Workshop = workshop({"w": tmp_path / "wheel"}, id="a", package="w", path="w/a.wav", text="it was")
    assert [(row["id"], row["text"], shop.seconds[row["audio"]]) for row in wheels.recording(shop)] == [("a", "it was", 1.0)]


def test_sphinx_transcripts(workshop: Make, tmp_path: Path) -> None:
    data = tmp_path / "deb/usr/share/pocketsphinx/test/data"
    tone(data / "librivox/book-01.wav", 1.0)
    tone(data / "cards/001.wav", 1.0)
    (data / "librivox/transcription").write_text("<s> a more a amiable man </s> (book-01)\n")
    (data / "cards/cards.transcription").write_text("<s> ten of clubs  </s> (001)\n")
    (np.arange(16000, dtype="<i2")).tofile(data / "goforward.raw")
    shop: Workshop = workshop({"pocketsphinx-testdata": tmp_path / "deb"}, spelling={"a more a amiable": "a more amiable"})
    rows = {row["id"]: row for row in sphinx.transcripts(shop)}
    assert {name: row["text"] for name, row in rows.items()} == {
        "librivox-book-01": "a more amiable man",
        "cards-001": "ten of clubs",
        "command-goforward": "go forward ten meters",
    }
    assert (rows["cards-001"]["speech_start"], rows["cards-001"]["speech_end"]) == (0.0, 1.0)
    raw = audio.read(shop.folder / rows["command-goforward"]["audio"])
    assert raw.sample_rate == 16000 and np.array_equal(raw.samples * 32768, np.arange(16000))
