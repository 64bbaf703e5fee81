"""Samples under a condition: the same questions and truth, other sound, made once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.capabilities.enhance import speech_like
from model_lab.datasets import manifest, perturbations, perturbed
from model_lab.datasets.manifest import Sample
from model_lab.datasets.perturbed import TALKERS, PerturbedSample
from model_lab.errors import BadConfig, StoreError
from model_lab.types import Audio

Make = Callable[..., list[Sample]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make(capability, rows)``: samples over files ``0.wav`` to ``9.wav``, each of its own level."""

    def made(asks: str, rows: Sequence[dict[str, Any]]) -> list[Sample]:
        for number in range(10):
            voice = speech_like(0.5 + 0.004 * number)
            audio.write(tmp_path / f"{number}.wav", Audio(voice.samples * np.float32(0.1 * (number + 1)), voice.sample_rate))
        path = tmp_path / "data.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return manifest.read(path, capability(asks))

    return made


def under(
    samples: list[Sample], condition: str, seed: int = 0, everyone: Sequence[Sample] | None = None
) -> list[PerturbedSample]:
    return perturbed.perturbed(samples, condition, seed, lambda: samples if everyone is None else everyone)


ASR = [{"audio": f"{n}.wav", "text": "the cat", "duration": 2.0, "group": f"speaker{n % 5}"} for n in range(10)]


def test_the_question_is_the_same_and_its_sound_is_not(make: Make) -> None:
    clean = make("asr", ASR)
    for before, after in zip(clean, under(clean, "noise:10"), strict=True):
        assert (after.id, after.group, after.row, after.duration) == (before.id, before.group, before.row, before.duration)
        assert after.reference() == before.reference()
        expected = perturbations.perturb(audio.read(before.inputs[0]), perturbations.parse("noise:10"), f"{before.id}\naudio")
        assert np.array_equal(audio.read(after.inputs[0]).samples, expected.samples)


def test_files_are_made_once_and_found_again(make: Make) -> None:
    clean = make("asr", ASR)
    first = [sample.inputs[0] for sample in under(clean, "loss:20")]
    stamps = [path.stat().st_mtime_ns for path in first]
    again = [sample.inputs[0] for sample in under(clean, "loss:20.0")]
    assert again == first and [path.stat().st_mtime_ns for path in again] == stamps
    assert len(set(first)) == 10
    assert {path.suffix for path in first[0].parent.iterdir()} == {".wav"}


def test_other_content_seeds_and_conditions_have_other_files(make: Make, tmp_path: Path) -> None:
    clean = make("asr", ASR[:1])
    first = under(clean, "noise:10")[0].inputs[0]
    assert under(clean, "noise:10", seed=1)[0].inputs[0] != first
    assert under(clean, "noise:5")[0].inputs[0] != first
    audio.write(tmp_path / "0.wav", speech_like(0.3))
    assert under(manifest.read(tmp_path / "data.jsonl", capability("asr")), "noise:10")[0].inputs[0] != first


def test_at_another_speed_the_duration_is_measured_anew(make: Make) -> None:
    (sample,) = under(make("asr", ASR[:1]), "speed:2")
    assert sample.duration == pytest.approx(0.25)


def test_both_sounds_of_a_trial_are_perturbed_apart(make: Make) -> None:
    (sample,) = under(make("speaker_verify", [{"id": "t", "audio": "3.wav", "audio_b": "3.wav", "same": True}]), "noise:0")
    first, second = (audio.read(path).samples for path in sample.inputs)
    assert not np.array_equal(first, second)


def test_the_truth_is_that_of_the_clean_sound(make: Make) -> None:
    """An improvement is over the clean mixture: over the perturbed one, doing nothing would be as good as before."""
    (sample,) = under(make("enhance", [{"id": "e", "audio": "1.wav", "clean": "2.wav"}]), "gain:-20")
    truth = sample.reference()
    assert np.array_equal(truth.noisy.samples, audio.read(sample.folder / "1.wav").samples)
    assert np.array_equal(truth.clean.samples, audio.read(sample.folder / "2.wav").samples)
    assert not np.array_equal(audio.read(sample.inputs[0]).samples, truth.noisy.samples)


def test_a_voice_to_be_cloned_is_perturbed_and_compared_with_as_it_was(make: Make) -> None:
    (sample,) = under(make("voice_clone", [{"id": "v", "text": "good day", "voice": "4.wav"}]), "noise:0")
    assert sample.inputs[0] == "good day" and sample.inputs[1] != sample.folder / "4.wav"
    assert np.array_equal(sample.reference().voice.samples, audio.read(sample.folder / "4.wav").samples)


def test_what_things_are_looked_up_in_stays_as_it_is(make: Make) -> None:
    row = {"id": "f", "audio": "5.wav", "library": {"a": "6.wav", "b": "7.wav"}, "match": "a"}
    (sample,) = under(make("fingerprint", [row]), "noise:0")
    assert sample.inputs[0] != sample.folder / "5.wav"
    assert sample.inputs[1] == {"a": sample.folder / "6.wav", "b": sample.folder / "7.wav"}


def test_babble_is_of_other_groups_and_of_as_many_as_there_are(make: Make) -> None:
    clean = make("asr", ASR)
    for sample in clean:
        others = {path.name: int(path.stem) % 5 for path in perturbed._talkers(sample, clean, 0)}
        assert len(others) == TALKERS
        assert set(others.values()) == set(range(5)) - {int(sample.group[-1])}


def test_babble_does_not_depend_on_how_much_is_asked(make: Make) -> None:
    """A sample of a small tier is the same in a larger one: answers to it are used again there."""
    clean = make("asr", ASR)
    alone = under(clean[:1], "babble:5", everyone=clean)
    assert alone[0].inputs == under(clean, "babble:5", everyone=clean)[0].inputs
    assert alone[0].inputs != under(clean[:1], "babble:5", seed=1, everyone=clean)[0].inputs


def test_babble_needs_other_recordings(make: Make) -> None:
    clean = make("asr", [{**row, "group": "one" if number < 7 else "other"} for number, row in enumerate(ASR)])
    with pytest.raises(
        BadConfig, match="babble for 0 is made of 6 recordings of other groups, and its dataset has 3; use --perturb noise"
    ):
        under(clean, "noise:10+babble:10")


def test_a_file_that_is_no_sound_is_left_to_fail_as_it_does(make: Make, tmp_path: Path) -> None:
    clean = make("asr", ASR[:2])
    (tmp_path / "0.wav").write_bytes(b"no sound")
    first, second = under(clean, "noise:10")
    assert first.inputs[0] == clean[0].inputs[0] and second.inputs[0] != clean[1].inputs[0]


def test_a_cache_that_cannot_be_written_ends_in_a_sentence(make: Make, own_cache: Path) -> None:
    clean = make("asr", ASR[:1])
    own_cache.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"cannot be written .* name another cache with MODEL_LAB_CACHE"):
        under(clean, "noise:10")
