"""References at another speed: exact on what can be computed by hand, as one walk over the fields' names had them, and the oracle stays right."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
import pytest

from model_lab import capabilities, datasets
from model_lab.audio.speed import speed
from model_lab.capabilities import capability
from model_lab.datasets import build, perturbations
from model_lab.metrics.alignment import WordTimes
from model_lab.metrics.keywords import KeywordTruth
from model_lab.metrics.segments import SpeakerTruth, SpeechTruth
from model_lab.metrics.signals import Mixture, NoisyPair
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import Audio, Beats, Note, PitchTrack, Segment, Transcript, Turn, Word

AT_SPEED = sorted(one.name for one in capabilities.capabilities() if one.perturbable.at_speed)
TIMES = frozenset(("start", "end", "onset", "offset", "duration", "times", "speech"))
FREQUENCIES = frozenset(("f0_hz", "pitch_hz", "formants_hz", "tempo_bpm"))


def moved(name: str, reference: Any, factor: float) -> Any:
    return capability(name).perturbable.at_speed(reference, factor)  # type: ignore[misc]


def walked(part: Any, factor: float) -> Any:
    """The rule that all capabilities had in common once: what a field is called says what becomes of it."""
    if isinstance(part, Audio):
        return speed(part, factor)
    if isinstance(part, np.ndarray):
        return scaled(part, factor)
    if isinstance(part, (list, tuple)):
        return type(part)(walked(item, factor) for item in part)
    if isinstance(part, dict):
        return {key: walked(item, factor) for key, item in part.items()}
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return part
    values = {each.name: getattr(part, each.name) for each in dataclasses.fields(part)}
    return dataclasses.replace(part, **{name: field(name, value, factor) for name, value in values.items()})


def field(name: str, value: Any, factor: float) -> Any:
    if name in TIMES:
        return scaled(value, 1 / factor)
    if name in FREQUENCIES:
        return scaled(value, factor)
    return value if isinstance(value, np.ndarray) else walked(value, factor)


def scaled(value: Any, by: float) -> Any:
    if isinstance(value, np.ndarray):
        return (value * by).astype(value.dtype)
    if isinstance(value, tuple):
        return tuple(number * by for number in value)
    return None if value is None else value * by


def plain(part: Any) -> Any:
    """A reference as values that can be compared, arrays bit by bit with their type."""
    if isinstance(part, np.ndarray):
        return (part.dtype.str, part.shape, part.tobytes())
    if isinstance(part, dict):
        return {key: plain(item) for key, item in part.items()}
    if isinstance(part, (list, tuple)):
        return (type(part).__name__, [plain(item) for item in part])
    if dataclasses.is_dataclass(part):
        return (type(part).__name__, {each.name: plain(getattr(part, each.name)) for each in dataclasses.fields(part)})
    return part


SEGMENTS = (Segment(0.3, 1.7, "ann"), Segment(2.1, 3.3, "bob"))
WORDS = (Word("hi", 0.3, 0.7), Word("there", 0.7, 1.1))
NOISE = Audio((0.1 * np.random.default_rng(0).standard_normal(4001)).astype(np.float32), 8000)
FILLED = {
    "alignment": WordTimes(WORDS, 3.7),
    "asr": ReferenceTranscript("hi there", WORDS, "en", 3.7),
    "asr_stream": SpokenTruth(ReferenceTranscript("hi there", WORDS, "en"), (0.3, 1.1)),
    "diarization": SpeakerTruth((Turn(0.3, 1.7, "ann"), Turn(1.1, 3.3, "bob")), SEGMENTS),
    "enhance": NoisyPair(NOISE, NOISE),
    "formants": np.array([501.3, 1499.7], np.float32),
    "kws": KeywordTruth(SEGMENTS, 3.7),
    "music_transcription": [Note(0.3, 0.7, 441.3, 0.4), Note(0.7, 1.3, 329.6)],
    "phones": Transcript("h a\u026a", WORDS),
    "pitch": PitchTrack(*(np.array(values, np.float32) for values in ([0.01, 0.03], [101.3, 0], [1, 0]))),
    "separate": Mixture(NOISE, {"hiss": NOISE}),
    "tempo": Beats(121.3, np.array([0.51, 1.01], np.float32)),
    "vad": SpeechTruth(SEGMENTS, 3.7),
}
"""References that have everything which a reference of the capability can have."""

BUILT = {
    "rhythms": "tempo",
    "synthetic_vowels": "formants",
    "tones": "pitch",
}
"""Datasets that need nothing but this machine."""


@pytest.mark.parametrize("factor", [0.5, 1.1, 1.7])
@pytest.mark.parametrize("name", AT_SPEED)
def test_every_capability_moves_its_reference_as_the_walk_over_names_did(name: str, factor: float) -> None:
    for reference in (capability(name).example().reference, *([FILLED[name]] if name in FILLED else [])):
        assert plain(moved(name, reference, factor)) == plain(walked(reference, factor))


def test_what_depends_on_speed_has_a_reference_above_that_moves() -> None:
    for name, reference in FILLED.items():
        assert plain(moved(name, reference, 1.1)) != plain(reference)
    unmoved = [name for name in AT_SPEED if name not in FILLED]
    assert all(moved(name, reference := capability(name).example().reference, 1.1) is reference for name in unmoved)


@pytest.mark.parametrize("dataset", sorted(BUILT))
def test_references_of_datasets_move_as_the_walk_over_names_moved_them(dataset: str) -> None:
    build.materialise(datasets.card(dataset))
    samples = build.samples(datasets.card(dataset), "smoke")[:8]
    assert {sample.capability.name for sample in samples} == {BUILT[dataset]}
    for sample in samples:
        reference = sample.reference()
        assert plain(perturbations.reference(sample.capability, reference, "speed:1.1")) == plain(walked(reference, 1.1))


def test_times_are_divided_and_frequencies_multiplied() -> None:
    assert moved("vad", SpeechTruth((Segment(1.0, 2.0, "x"),), 4.0), 2.0) == SpeechTruth((Segment(0.5, 1.0, "x"),), 2.0)
    speakers = moved("diarization", SpeakerTruth((Turn(1.0, 3.0, "ann"),), (Segment(0.0, 4.0),)), 2.0)
    assert speakers == SpeakerTruth((Turn(0.5, 1.5, "ann"),), (Segment(0.0, 2.0),))
    spoken = moved("asr_stream", SpokenTruth(ReferenceTranscript("hi", (Word("hi", 1.0, 2.0),), "en"), (1.0, 2.0)), 2.0)
    assert spoken == SpokenTruth(ReferenceTranscript("hi", (Word("hi", 0.5, 1.0),), "en"), (0.5, 1.0))
    assert moved("asr_stream", SpokenTruth(ReferenceTranscript("", duration=2.0), None), 2.0) == SpokenTruth(
        ReferenceTranscript("", duration=1.0), None
    )
    track = moved("pitch", PitchTrack(*(np.array(values, np.float32) for values in ([0, 1], [100, 0], [1, 0]))), 2.0)
    assert (track.times.tolist(), track.f0_hz.tolist(), track.voiced.tolist()) == ([0.0, 0.5], [200.0, 0.0], [1.0, 0.0])
    assert track.f0_hz.dtype == np.float32
    beats = moved("tempo", Beats(120.0, np.array([0.5, 1.0], np.float32)), 2.0)
    assert (beats.tempo_bpm, beats.times.tolist()) == (240.0, [0.25, 0.5])
    assert moved("formants", np.array([500.0, 1500.0], np.float32), 1.5).tolist() == [750.0, 2250.0]


def test_sound_in_a_reference_is_played_at_the_same_speed() -> None:
    pair = moved("enhance", NoisyPair(NOISE, NOISE), 1.25)
    assert pair.clean.frames == 3201
    assert np.array_equal(pair.clean.samples, speed(NOISE, 1.25).samples)


def test_only_speed_moves_a_reference_and_chains_move_it_by_all_their_speeds() -> None:
    asked, truth = capability("vad"), SpeechTruth((Segment(1.0, 2.0),), 4.0)
    for condition in ("", "noise:10+telephone", "speed:2+noise:10+speed:0.5"):
        assert perturbations.reference(asked, truth, condition) == truth
    assert perturbations.reference(asked, truth, "speed:2") == SpeechTruth((Segment(0.5, 1.0),), 2.0)
    assert perturbations.reference(asked, None, "speed:2") is None


@pytest.mark.parametrize("name", AT_SPEED)
def test_the_reference_of_every_capability_answers_the_faster_example(name: str) -> None:
    """What the oracle says of the faster sound keeps the contract there, and scores as the clean reference does on the clean sound."""
    asked = capability(name)
    example = asked.example()
    kinds = [kind for kind, _ in asked.inputs]

    def at(factor: float) -> tuple[tuple[object, ...], object]:
        inputs = tuple(
            speed(value, factor) if kind == "audio" and isinstance(value, Audio) else value
            for kind, value in zip(kinds, example.inputs, strict=True)
        )
        return inputs, moved(name, example.reference, factor)

    values = []
    for factor in (1.0, 1.25):
        inputs, reference = at(factor)
        answer = asked.ask(partial(asked.ideal, reference), *inputs)
        assert asked.problems(answer, *inputs) == []
        if asked.primary.judge is None:
            values.append(asked.primary.score(reference, answer))
    assert values == pytest.approx(values[:1] * len(values), abs=0.02, nan_ok=True)


def test_all_capabilities_that_hear_are_decided_upon() -> None:
    hearing = {one.name for one in capabilities.capabilities() if one.hears}
    assert hearing - set(AT_SPEED) == {"key", "quality", "voice_clone"}
