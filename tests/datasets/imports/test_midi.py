"""Music with MIDI files."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from model_lab.formats import midi
from model_lab.types import Note
from tests.datasets.imports.annotated import require_perfect, rows, sound


@pytest.fixture
def data(tmp_path: Path) -> Path:
    sound(tmp_path / "piano" / "a.wav")
    (tmp_path / "piano" / "a.mid").write_bytes(midi.write([Note(0.5, 1.0, 440.0, 0.8), Note(1.0, 2.0, 261.6256, 0.8)]))
    return tmp_path / "piano"


def test_notes(data: Path) -> None:
    (row,) = rows(data, "music_transcription")
    assert [[round(number, 2) for number in note] for note in row["notes"]] == [[0.5, 1.0, 440.0], [1.0, 2.0, 261.63]]


def test_a_broken_file_is_a_sentence(data: Path) -> None:
    (data / "a.mid").write_bytes(b"MThd and nothing")
    with pytest.raises(BadManifest, match=r"a.mid"):
        rows(data, "music_transcription")


def test_the_oracle_is_perfect(data: Path, tmp_path: Path) -> None:
    require_perfect(data, "music_transcription", tmp_path / "runs")
