from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.music_transcription import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Note

SOUND = Audio(np.zeros(32000, np.float32), 16000)


def test_rows_hold_notes():
    row = {"notes": [[0.5, 1.0, 440], [0, 0.2, 220.5]]}
    assert CAPABILITY.reference(row, None) == [Note(0.5, 1.0, 440.0), Note(0.0, 0.2, 220.5)]
    assert CAPABILITY.reference({"notes": []}, None) == []
    with pytest.raises(KeyError):
        CAPABILITY.reference({}, None)


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ([1.0, 1.0, 440], "is 1.0-1.0 s"),
        ([1.0, 0.5, 440], "is 1.0-0.5 s"),
        ([-1, 0.5, 440], "is -1.0-0.5 s"),
        ([0, float("nan"), 440], "is nan; expected a finite number of seconds"),
        ([0, 1, 0], "is 0; expected 8 to 20000 Hz"),
        ([0, 1, float("inf")], "is inf; expected 8 to 20000 Hz"),
        ([0, 1, "A4"], "is 'A4', text; expected a number"),
        ([0, 1], r"expected \[onset, offset, Hz\]"),
        ({"onset": 0}, r"an object; expected \[onset, offset, Hz\]"),
    ],
)
def test_bad_rows_are_refused(note, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"notes": [note]}, None)


def test_keys_of_midi_are_not_taken_for_hz():
    with pytest.raises(BadManifest, match="notes has whole numbers of 60 to 72, which look like MIDI keys"):
        CAPABILITY.reference({"notes": [[0, 1, 60], [1, 2, 72.0]]}, None)
    assert CAPABILITY.reference({"notes": [[0, 1, 110], [1, 2, 55]]}, None)[1].pitch_hz == 55


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        (Note(1.0, 1.0, 440.0), "not inside 0-2.000 s"),
        (Note(1.0, 2.2, 440.0), "not inside 0-2.000 s"),
        (Note(float("nan"), 1.0, 440.0), "not inside"),
        (Note(0.0, 1.0, 0.0), "pitch is 0.0 Hz"),
        (Note(0.0, 1.0, float("nan")), "pitch is nan Hz"),
        (Note(0.0, 1.0, 440.0, 80.0), "velocity is 80.0; expected 0 to 1"),
    ],
)
def test_problems(note, problem):
    assert problem in CAPABILITY.problems([note], SOUND)[0]
    assert len(CAPABILITY.problems([note] * 50, SOUND)) == 3


def test_the_example_sounds_where_its_notes_are():
    (sound,), truth = CAPABILITY.example().inputs, CAPABILITY.example().reference
    for note in truth:
        first, last = (round(at * sound.sample_rate) for at in (note.onset, note.offset))
        spectrum = np.abs(np.fft.rfft(sound.samples[first:last] * np.hanning(last - first), 1 << 17))
        assert np.argmax(spectrum) * sound.sample_rate / (1 << 17) == pytest.approx(note.pitch_hz, rel=0.01)
        assert np.abs(sound.samples[first - 400 : first]).max() < 1e-6


def test_missing_half_of_the_notes_is_a_surprise():
    example = CAPABILITY.example()
    assert example.surprise(example.reference[:3]) == ""
    assert "finds 2 of 6" in example.surprise(example.reference[:2])


def test_the_truth_scores_best_and_chance_does_not():
    example = CAPABILITY.example()
    for metric in CAPABILITY.metrics:
        assert metric.score(example.reference, CAPABILITY.ideal(example.reference, *example.inputs)) == 1
    chances = [CAPABILITY.chance(np.random.default_rng(seed), *example.inputs) for seed in range(30)]
    assert np.mean([CAPABILITY.primary.score(example.reference, chance) for chance in chances]) < 0.05
