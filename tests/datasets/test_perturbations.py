"""Conditions: how they are written and refused, and what every chain of steps keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_lab import capabilities
from model_lab.capabilities import Capability, capability
from model_lab.capabilities.enhance import speech_like
from model_lab.datasets import perturbations
from model_lab.datasets.perturbations import Chain, Parameter, Perturbation, Step, parse, perturb, refusal, written
from model_lab.errors import BadConfig, ContractBroken, UnknownName
from model_lab.types import Audio

PERTURBATIONS = perturbations.perturbations()

DRAWN = {"noise", "babble", "reverb", "loss"}
"""Those that draw from chance."""

TALKERS = [speech_like(seconds).resample(12000) for seconds in (0.2, 0.3, 0.5)]


def values(kind: Perturbation) -> st.SearchStrategy[float]:
    wanted = kind.parameter
    if wanted is None:
        return st.just(0.0)
    return st.sampled_from(wanted.among) if wanted.among else st.floats(wanted.low, wanted.high).map(lambda value: value + 0.0)


def steps(kinds: set[str]) -> st.SearchStrategy[Step]:
    return st.sampled_from(sorted(kinds)).flatmap(
        lambda name: values(PERTURBATIONS[name]).map(lambda value: Step(PERTURBATIONS[name], value))
    )


def chains(kinds: set[str]) -> st.SearchStrategy[Chain]:
    return st.lists(steps(kinds), min_size=1, max_size=4).map(tuple)


@st.composite
def sounds(draw: st.DrawFn) -> Audio:
    rate, seconds, channels = (
        draw(st.sampled_from([8000, 16000, 44100])),
        draw(st.floats(0.01, 0.4)),
        draw(st.sampled_from([0, 1, 2])),
    )
    mono = speech_like(0.5).resample(rate).samples[: max(1, round(seconds * rate))]
    return Audio(np.stack([mono * (1 + n) / 2 for n in range(channels)]) if channels else mono, rate)


@given(chains(set(PERTURBATIONS)))
def test_what_is_written_is_read_again(chain: Chain) -> None:
    assert parse(written(chain)) == chain


@given(chains(set(PERTURBATIONS)), chains(set(PERTURBATIONS)))
def test_every_condition_has_a_folder_name_of_its_own_that_every_disk_takes(one: Chain, other: Chain) -> None:
    names = [perturbations.folder_name(written(chain)) for chain in (one, other)]
    assert (names[0] == names[1]) == (one == other)
    assert all(re.fullmatch(r"[a-z0-9.+-]+", name) for name in names)


@given(chains(set(PERTURBATIONS) - {"speed"}), sounds())
@settings(max_examples=60)
def test_a_chain_keeps_frames_rate_and_channels_and_is_the_same_every_time(chain: Chain, clean: Audio) -> None:
    before = clean.samples.copy()
    heard = perturb(clean, chain, "a", 0, TALKERS)
    assert (heard.samples.shape, heard.samples.dtype, heard.sample_rate) == (clean.samples.shape, np.float32, clean.sample_rate)
    assert np.isfinite(heard.samples).all()
    assert np.array_equal(heard.samples, perturb(clean, chain, "a", 0, TALKERS).samples)
    assert np.array_equal(clean.samples, before)


@given(chains({"speed", "gain", "noise", "mp3"}), sounds())
@settings(max_examples=30)
def test_speed_changes_the_length_by_its_factor_and_nothing_else_does(chain: Chain, clean: Audio) -> None:
    heard, frames = perturb(clean, chain, "a"), clean.frames
    for step in chain:
        frames = max(1, round(frames / step.value)) if step.kind.name == "speed" else frames
    assert (heard.frames, heard.sample_rate, heard.samples.ndim) == (frames, clean.sample_rate, clean.samples.ndim)


@pytest.mark.parametrize("name", sorted(PERTURBATIONS))
def test_chance_comes_from_the_sample_and_the_seed(name: str) -> None:
    clean, chain = speech_like(1.0), parse(f"{name}:30" if name == "loss" else name)
    first, *others = (perturb(clean, chain, sample, seed, TALKERS).samples for sample, seed in (("a", 0), ("b", 0), ("a", 1)))
    assert [bool(np.array_equal(first, other)) for other in others] == [name not in DRAWN] * 2


def test_two_steps_of_one_kind_draw_apart() -> None:
    """Noise twice at 0 dB is two independent noises: their powers add up, where the same noise twice would have four times it."""
    clean = speech_like(2.0)
    once, twice = (perturb(clean, parse(text), "a").samples - clean.samples for text in ("noise:0", "noise:0+noise:0"))
    assert float((twice**2).mean() / (once**2).mean()) < 3.5


def test_values_left_out_are_the_defaults_and_all_spellings_are_one() -> None:
    assert written(parse("noise")) == written(parse("noise:10")) == written(parse(" noise:1e1 ")) == "noise:10"
    assert written(parse("reverb:.4+telephone+gain:-20.50")) == "reverb:0.4+telephone+gain:-20.5"
    assert written(parse("gain:-0")) == "gain:0"
    assert perturbations.canonical(["noise", "noise:10", "gsm"]) == ("noise:10", "gsm")


@pytest.mark.parametrize(
    ("condition", "error", "said"),
    [
        ("nois:10", UnknownName, r"no perturbation 'nois' \(did you mean 'noise'\?\); see: model-lab list perturbations"),
        ("noise:10+", UnknownName, "no perturbation ''"),
        ("", UnknownName, "no perturbation ''"),
        ("noise:100", BadConfig, "gives noise the value '100'; expected -20 to 60 dB"),
        ("noise:", BadConfig, "gives noise the value ''; expected -20 to 60 dB"),
        ("noise:nan", BadConfig, "expected -20 to 60 dB"),
        ("loss:ten", BadConfig, "gives loss the value 'ten'; expected 0 to 60 %"),
        ("mp3:33", BadConfig, "expected one of 8, 16, 24, 32"),
        ("telephone:8", BadConfig, "gives telephone the value '8'; it takes none: write telephone"),
        ("+".join(["gsm"] * 9), BadConfig, "has 9 steps; expected at most 8"),
    ],
)
def test_a_wrong_condition_is_told_what_it_may_be(condition: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        parse(condition)


SPEECH = {
    *("alignment", "asr", "asr_stream", "diarization", "emotion", "end_of_turn", "enhance", "kws", "langid", "phones"),
    *("speaker_embed", "speaker_verify", "translate", "vad", "voice_clone"),
}
AT_SPEED = {
    *("alignment", "asr", "asr_stream", "caption", "classify", "diarization", "embed", "emotion", "enhance", "fingerprint"),
    *("formants", "kws", "langid", "music_transcription", "phones", "pitch", "separate", "speaker_embed", "speaker_verify"),
    *("end_of_turn", "tempo", "translate", "vad"),
}
"""As the tables beside the perturbations had them, before every capability said it itself."""


def test_conditions_are_refused_where_the_reference_would_be_wrong() -> None:
    assert refusal("noise:10+telephone", capability("pitch")) == ""
    assert "it takes no sound" in refusal("noise:10", capability("ner"))
    assert "its reference at another speed is unknown" in refusal("noise:10+speed:1.1", capability("key"))
    assert "is not speech" in refusal("babble:10", capability("classify"))
    assert "its reference is the noise level itself" in refusal("gain:-20", capability("quality"))


def test_every_capability_takes_what_it_took_before() -> None:
    hearing = [asked for asked in capabilities.capabilities() if asked.hears]
    for condition, taken in (
        ("babble:10", SPEECH),
        ("speed:1.1", AT_SPEED),
        ("noise:10", {asked.name for asked in hearing} - {"quality"}),
    ):
        assert {asked.name for asked in hearing if not refusal(condition, asked)} == taken


def test_defaults_are_in_range() -> None:
    wanted = [kind.parameter for kind in PERTURBATIONS.values() if kind.parameter]
    assert all(each.low <= each.default <= each.high and (not each.among or each.default in each.among) for each in wanted)


def later(asked: Capability, reference: Any, seconds: float) -> Any:
    return reference + seconds


DELAY = Perturbation(
    "delay",
    "silence before it",
    "",
    lambda audio, value, scene: Audio(np.pad(audio.samples, (round(value * audio.sample_rate), 0)), audio.sample_rate),
    Parameter("how much silence", "s", 0, 1, 0.5),
    refusal=lambda asked: "" if asked.name == "vad" else "only starts of speech can wait",
    reference=later,
    changes_length=True,
)


@pytest.fixture
def delay(tmp_path: Path) -> Iterator[Path]:
    """The file of a perturbation from outside, which is registered."""
    code = tmp_path / "delay.py"
    code.write_text("first")
    perturbations.register(DELAY, [code])
    yield code
    perturbations.unregister("delay")


def test_a_perturbation_from_outside_is_one_like_the_others(delay: Path) -> None:
    assert [*perturbations.perturbations()][-1] == "delay"
    chain = parse("delay+gain:-6")
    assert written(chain) == "delay:0.5+gain:-6" and perturbations.changes_length(chain)
    assert perturb(speech_like(1.0), chain, "a").duration == 1.5
    assert refusal("delay", capability("vad")) == ""
    assert refusal("delay", capability("asr")) == "asr cannot be evaluated with --perturb delay: only starts of speech can wait"
    assert perturbations.reference(capability("vad"), 1.0, "delay:0.25+noise:10+delay") == 1.75


def test_its_code_is_in_the_revision_of_the_conditions_that_name_it_and_in_no_other(delay: Path) -> None:
    own, first = perturbations.revision("noise:10"), perturbations.revision("noise:10+delay")
    assert own == perturbations.revision() != first == perturbations.revision("delay:0.1")
    delay.write_text("second")
    perturbations.register(DELAY, [delay])
    assert perturbations.revision("delay") != first and perturbations.revision("noise:10") == own


def test_a_name_that_is_taken_is_refused(delay: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("")
    with pytest.raises(ContractBroken, match=r"'delay' of .*other\.py is already that of .*delay\.py; rename one of them"):
        perturbations.register(DELAY, [other])
    with pytest.raises(ContractBroken, match=r"'noise' of .* is already that of the package itself"):
        perturbations.register(replace(DELAY, name="noise"), [other])
    assert perturbations.perturbations()["noise"].summary.startswith("pink noise")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "de+lay"}, "called 'de\\+lay'; expected small letters"),
        ({"apply": None}, "apply is None; expected a function"),
        ({"parameter": Parameter("silence", "s", 0, 1, 2)}, "whose default is in its range"),
    ],
)
def test_what_cannot_be_a_perturbation_is_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match=said):
        perturbations.register(replace(DELAY, **changes), [tmp_path / "delay.py"])
    with pytest.raises(ContractBroken, match="the code of perturbation 'delay' cannot be read"):
        perturbations.register(DELAY, [tmp_path / "delay.py"])
    with pytest.raises(ContractBroken, match=r"expected a datasets\.perturbations\.Perturbation"):
        perturbations.register("delay", [tmp_path / "delay.py"])  # type: ignore[arg-type]
    assert "delay" not in perturbations.perturbations()
