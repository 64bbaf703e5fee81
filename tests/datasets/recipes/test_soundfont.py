"""Music with exact truth: what is written beside the sound is what was played."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio, datasets
from model_lab.capabilities import capability
from model_lab.datasets.recipes import Workshop, soundfont
from model_lab.loader_utils import fluidsynth
from model_lab.metrics.music import KEYS, key_of
from model_lab.types import Audio

Make = Callable[..., Any]
SETTINGS = {"seed": 1, "seconds": 6.0, "jitter_ms": 12, "accent": 15}
SMALL = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch) -> list[list[fluidsynth.Part]]:
    """What would be rendered; the sound is silence."""
    seen: list[list[fluidsynth.Part]] = []

    def render(parts: list[fluidsynth.Part], path: Path, seconds: float) -> Audio:
        assert path.name == "FluidR3_GM.sf2"
        seen.append(parts)
        return Audio(np.zeros((2, round(100 * seconds)), np.float32), 100)

    monkeypatch.setattr(soundfont, "render", render)
    return seen


@pytest.fixture
def shop(workshop: Make, tmp_path: Path) -> Callable[..., Workshop]:
    return lambda **settings: workshop({soundfont.PACKAGE: tmp_path}, **SETTINGS | settings)


def test_every_note_that_is_played_is_in_the_truth(shop: Make, scores: list[list[fluidsynth.Part]]) -> None:
    asked = capability("music_transcription")
    rows = list(soundfont.notes(shop(copies=2)))
    assert len({row["id"] for row in rows}) == len(rows) == 12
    assert set(Counter(row["stratum"] for row in rows).values()) == {2}
    for row, parts in zip(rows, scores, strict=True):
        struck = sorted((strike.onset, strike.offset, strike.key) for part in parts for strike in part.strikes)
        truth = asked.reference(row, Path)
        assert len(truth) == len(struck) > 4
        keys = [round(69 + 12 * np.log2(note.pitch_hz / 440)) for note in truth]
        assert sorted((note.onset, note.offset, key) for note, key in zip(truth, keys, strict=True)) == struck
        assert all(part.program is not None and part.strikes for part in parts)
        assert max(offset for _, offset, _ in struck) <= SETTINGS["seconds"]


def test_pieces_stand_in_all_keys(shop: Make, scores: list[list[fluidsynth.Part]]) -> None:
    rows = list(soundfont.keys(shop(copies=2)))
    assert Counter(row["key"] for row in rows) == dict.fromkeys(KEYS, 2)
    assert len({row["id"] for row in rows}) == 48
    for row, parts in zip(rows, scores, strict=True):
        struck = [strike.key % 12 for part in parts for strike in part.strikes]
        tonic = KEYS.index(key_of(row["key"])) % 12
        assert struck.count(tonic) >= max(Counter(struck).values()) / 3
        third = (tonic + (4 if "major" in row["key"] else 3)) % 12
        assert struck.count(third) > struck.count((2 * tonic + 7 - third) % 12)  # the third of the other mode


def test_beats_are_where_drums_or_bass_are(shop: Make, scores: list[list[fluidsynth.Part]]) -> None:
    tempi = {name: [60, 180] for name in soundfont._GROOVES}
    rows = list(soundfont.grooves(shop(seconds=12.0, drift=0.004, tempi_bpm=tempi)))
    assert len(rows) == 12
    for row, (kit, line) in zip(rows, scores, strict=True):
        assert (kit.program, line.program) == (None, 33)
        tempo = float(row["id"].rsplit("-", 1)[1].removesuffix("bpm"))
        found = capability("tempo").reference(row, Path)
        assert found.tempo_bpm == pytest.approx(tempo, rel=0.03)
        onsets = np.array([strike.onset for strike in (*kit.strikes, *line.strikes)])
        missed = [np.abs(onsets - beat).min() for beat in found.times]
        assert max(missed) <= 0.013
        assert 12 - 1.2 * 60 / tempo < found.times[-1] < 12


def test_the_same_seed_writes_the_same_scores(shop: Make, scores: list[list[fluidsynth.Part]]) -> None:
    first, second, other = (list(soundfont.notes(shop(copies=1, seed=seed))) for seed in (5, 5, 6))
    assert [row["notes"] for row in first] == [row["notes"] for row in second] != [row["notes"] for row in other]


@pytest.mark.system
@pytest.mark.skipif(not (shutil.which("fluidsynth") and SMALL.is_file()), reason="needs fluidsynth and timgm6mb-soundfont")
def test_notes_sound_where_the_truth_says(workshop: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfont, "SOUNDFONT", str(SMALL))
    shop: Workshop = workshop({soundfont.PACKAGE: tmp_path}, **SETTINGS | {"copies": 1})
    row = next(row for row in soundfont.notes(shop) if row["stratum"] == "guitar")
    sound = audio.read(shop.folder / row["audio"])
    assert sound.duration == SETTINGS["seconds"] and sound.sample_rate == 44100
    for onset, _, pitch_hz in row["notes"][1:12]:
        first = round((onset + 0.02) * sound.sample_rate)
        before, after = (_partial(sound.samples[at : at + 4096], sound.sample_rate, pitch_hz) for at in (first - 8000, first))
        assert after > before


def _partial(samples: np.ndarray[Any, Any], rate: int, hertz: float) -> float:
    """How strong the fundamental is."""
    t = np.arange(len(samples)) / rate
    return float(np.abs(np.sum(samples * np.hanning(len(samples)) * np.exp(-2j * np.pi * hertz * t))))


@pytest.mark.parametrize("name", ["soundfont_notes", "soundfont_keys", "grooves"])
def test_cards_share_one_soundfont_with_the_composer(name: str) -> None:
    from model_lab.registry import model_cards

    weights, (archive,) = model_cards.card("composer").weights, datasets.card(name).source.archives
    assert (archive.package, archive.sha256) == (weights.package, weights.sha256)
    assert archive.take == tuple(file.path for file in weights.files.values()) == (soundfont.SOUNDFONT,)
