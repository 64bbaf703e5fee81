"""Truth at another speed: exact on what can be computed by hand, and the oracle stays right on every capability."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from model_lab import capabilities
from model_lab.capabilities import capability
from model_lab.datasets import perturbations
from model_lab.datasets.degradations import speed
from model_lab.datasets.speed_change import sped
from model_lab.metrics.segments import SpeakerTruth, SpeechTruth
from model_lab.metrics.signals import NoisyPair
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import Said
from model_lab.types import Audio, Beats, PitchTrack, Segment, Turn, Word


def test_times_are_divided_and_frequencies_multiplied_wherever_they_stand() -> None:
    speech = sped(SpeechTruth((Segment(1.0, 2.0, "x"),), 4.0), 2.0)
    assert speech == SpeechTruth((Segment(0.5, 1.0, "x"),), 2.0)
    speakers = sped(SpeakerTruth((Turn(1.0, 3.0, "ann"),), (Segment(0.0, 4.0),)), 2.0)
    assert speakers == SpeakerTruth((Turn(0.5, 1.5, "ann"),), (Segment(0.0, 2.0),))
    spoken = sped(SpokenTruth(Said("hi", (Word("hi", 1.0, 2.0),), "en"), (1.0, 2.0)), 2.0)
    assert spoken == SpokenTruth(Said("hi", (Word("hi", 0.5, 1.0),), "en"), (0.5, 1.0))
    assert sped(SpokenTruth(Said(""), None), 2.0).speech is None
    track = sped(PitchTrack(*(np.array(values, np.float32) for values in ([0, 1], [100, 0], [1, 0]))), 2.0)
    assert (track.times.tolist(), track.f0_hz.tolist(), track.voiced.tolist()) == ([0.0, 0.5], [200.0, 0.0], [1.0, 0.0])
    assert track.f0_hz.dtype == np.float32
    beats = sped(Beats(120.0, np.array([0.5, 1.0], np.float32)), 2.0)
    assert (beats.tempo_bpm, beats.times.tolist()) == (240.0, [0.25, 0.5])
    assert sped(np.array([500.0, 1500.0], np.float32), 1.5).tolist() == [750.0, 2250.0]
    assert sped({"a": ["dog", None, 3]}, 2.0) == {"a": ["dog", None, 3]}


def test_sound_in_a_truth_is_played_at_the_same_speed() -> None:
    noise = Audio((0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32), 8000)
    pair = sped(NoisyPair(noise, noise), 1.25)
    assert pair.clean.frames == 6400
    assert np.array_equal(pair.clean.samples, speed(noise, 1.25).samples)


def test_only_speed_moves_a_truth_and_chains_move_it_by_all_their_speeds() -> None:
    turn = Turn(1.0, 2.0, "ann")
    assert perturbations.truth(turn, "") == perturbations.truth(turn, "noise:10+telephone") == turn
    assert perturbations.truth(turn, "speed:2+noise:10+speed:0.5") == turn
    assert perturbations.truth(turn, "speed:2") == Turn(0.5, 1.0, "ann")


@pytest.mark.parametrize("name", sorted(perturbations.SPED))
def test_the_truth_of_every_capability_answers_the_faster_example(name: str) -> None:
    """What the oracle says of the faster sound keeps the contract there, and scores as the clean truth does on the clean sound."""
    asked = capability(name)
    example = asked.example()
    kinds = [kind for kind, _ in asked.inputs]

    def at(factor: float) -> tuple[tuple[object, ...], object]:
        inputs = tuple(
            speed(given, factor) if kind == "audio" and isinstance(given, Audio) else given
            for kind, given in zip(kinds, example.inputs, strict=True)
        )
        return inputs, sped(example.reference, factor)

    values = []
    for factor in (1.0, 1.25):
        inputs, reference = at(factor)
        answer = asked.ask(partial(asked.ideal, reference), *inputs)
        assert asked.problems(answer, *inputs) == []
        if asked.primary.judge is None:
            values.append(asked.primary.score(reference, answer))
    assert values == pytest.approx(values[:1] * len(values), abs=0.02, nan_ok=True)


def test_all_capabilities_that_hear_are_decided_upon() -> None:
    hears = {name for name in capabilities.names() if any(kind == "audio" for kind, _ in capability(name).inputs)}
    assert hears - perturbations.SPED == {"key", "quality", "voice_clone"}
