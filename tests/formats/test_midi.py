"""MIDI: notes come back; the standard's own example is read as the standard explains it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import BadManifest
from model_lab.formats.midi import hertz, key, read, write
from model_lab.types import Note

STANDARD = bytes.fromhex(
    "4D546864 00000006 0000 0001 0060"
    "4D54726B 0000003B"
    "00FF580404021808 00FF510307A120 00C005 00C12E 00C246"
    "00923060 003C60 60914340 60904C20 8140823040 003C40 00814340 00804C40 00FF2F00"
)
"""Standard MIDI Files 1.0, the example of format 0: three channels, 96 ticks per quarter note, 120 beats per minute."""


@st.composite
def notes(draw: st.DrawFn) -> list[Note]:
    """Notes that do not overlap on one key."""
    found = []
    for number in draw(st.lists(st.integers(0, 127), max_size=6, unique=True)):
        edges = sorted(draw(st.lists(st.integers(0, 600_000), min_size=2, max_size=8, unique=True)))
        for on, off in zip(edges[::2], edges[1::2], strict=False):
            found.append(Note(on / 1000, off / 1000, hertz(number), draw(st.integers(1, 127)) / 127))
    return sorted(found, key=lambda note: (note.onset, note.pitch_hz))


def back(content: bytes) -> tuple[Note, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mid"
        path.write_bytes(content)
        return read(path)


def rounded(found: tuple[Note, ...]) -> list[Note]:
    return [Note(round(note.onset, 6), round(note.offset, 6), note.pitch_hz, note.velocity) for note in found]


@given(notes())
def test_notes_come_back(played: list[Note]) -> None:
    assert rounded(back(write(played))) == played


@given(st.floats(0, 127))
def test_keys_and_frequencies(number: float) -> None:
    assert key(hertz(number)) == pytest.approx(number, abs=1e-9)


def test_the_example_of_the_standard() -> None:
    assert rounded(back(STANDARD)) == [
        Note(0.0, 2.0, hertz(48), 96 / 127),
        Note(0.0, 2.0, hertz(60), 96 / 127),
        Note(0.5, 2.0, hertz(67), 64 / 127),
        Note(1.0, 2.0, hertz(76), 32 / 127),
    ]


def test_tempo_tracks_drums_and_keys_that_stay_down(tmp_path: Path) -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=100)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000, time=100)]))
    melody = [("note_on", 60, 64, 0), ("note_on", 60, 32, 150), ("note_off", 60, 0, 50), ("note_on", 62, 64, 0)]
    file.tracks.append(mido.MidiTrack([mido.Message(kind, note=n, velocity=v, time=t) for kind, n, v, t in melody]))
    file.tracks.append(
        mido.MidiTrack([mido.Message("note_on", channel=9, note=35, time=300), mido.Message("note_off", channel=9)])
    )
    file.save(tmp_path / "a.mid")
    assert rounded(read(tmp_path / "a.mid")) == [
        Note(0.0, 1.0, hertz(60), 64 / 127),
        Note(1.0, 1.5, hertz(60), 32 / 127),
        Note(1.5, 2.5, hertz(62), 64 / 127),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a MIDI file"),
        (b"RIFF....", "is not a MIDI file"),
        (STANDARD[:40], "is not a MIDI file"),
        (STANDARD.replace(bytes.fromhex("0000 0001 0060"), bytes.fromhex("0002 0001 0060")), "of type 2"),
        (STANDARD.replace(bytes.fromhex("0000 0001 0060"), bytes.fromhex("0000 0001 E728")), "counts frames of film"),
    ],
)
def test_what_is_not_midi_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(BadManifest, match=problem):
        read(tmp_path / "a.mid")
    with pytest.raises(BadManifest, match="cannot be read"):
        read(tmp_path / "none.mid")
