from __future__ import annotations

import numpy as np
import pytest

from model_lab.audio import write
from model_lab.capabilities.enhance import CAPABILITY, speech_like
from model_lab.errors import BadManifest
from model_lab.metrics.signals import SI_SDR, SI_SDR_IMPROVEMENT, STOI
from model_lab.types import Audio


def delayed(audio, frames):
    return Audio(np.concatenate([np.zeros(frames, np.float32), audio.samples[: audio.frames - frames]]), audio.sample_rate)


def test_both_sounds_of_a_row_are_mono(folder, resolve):
    write(folder / "stereo.wav", Audio(np.ones((2, 32000), np.float32), 16000))
    pair = CAPABILITY.reference({"audio": "a.wav", "clean": "stereo.wav"}, resolve)
    assert pair.clean.samples.shape == pair.noisy.samples.shape == (32000,)


def test_sounds_of_different_length_are_refused(resolve):
    with pytest.raises(BadManifest, match=r"long.wav lasts 3.000 s, its noisy version 2.000 s"):
        CAPABILITY.reference({"audio": "a.wav", "clean": "long.wav"}, resolve)


def test_a_clean_sound_at_another_rate_can_be_the_answer(folder, resolve):
    write(folder / "clean.wav", speech_like(2.0, 48000))
    pair = CAPABILITY.reference({"audio": "a.wav", "clean": "clean.wav"}, resolve)
    assert pair.clean.sample_rate == 48000
    ideal = CAPABILITY.ideal(pair, pair.noisy)
    assert CAPABILITY.problems(ideal, pair.noisy) == []
    assert SI_SDR.score(pair, ideal) == SI_SDR.best


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Audio(np.zeros((2, 32000), np.float32), 16000), "expected mono"),
        (Audio(np.zeros(31999, np.float32), 16000), "31999 frames at 16000 Hz"),
        (Audio(np.zeros(32000, np.float32), 8000), "32000 frames at 8000 Hz"),
        (Audio(np.full(32000, np.nan, np.float32), 16000), "NaN"),
        (Audio(np.zeros(0, np.float32), 16000), "0 samples"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, Audio(np.zeros((2, 32000), np.float32), 16000))[0]


def test_lag_and_explosion_are_surprises():
    example = CAPABILITY.example()
    (noisy,) = example.inputs
    assert example.surprise(noisy) == ""
    assert example.surprise(delayed(noisy, 15)) == ""
    assert "+1.0 ms late" in example.surprise(delayed(noisy, 16))
    assert "+30.0 ms late" in example.surprise(delayed(example.reference.clean, 480))
    early = Audio(np.roll(noisy.samples, -160), noisy.sample_rate)
    assert "-10.0 ms late" in example.surprise(early)
    assert "dB louder" in example.surprise(Audio(3 * noisy.samples, noisy.sample_rate))


def test_an_answer_unlike_the_voice_has_no_lag_to_speak_of():
    example = CAPABILITY.example()
    assert example.surprise(CAPABILITY.chance(np.random.default_rng(0), *example.inputs)) == ""
    assert example.surprise(Audio(np.zeros(example.inputs[0].frames, np.float32), 16000)) == ""


def test_the_truth_scores_best_doing_nothing_gains_nothing_and_chance_loses():
    example = CAPABILITY.example()
    ideal = CAPABILITY.ideal(example.reference, *example.inputs)
    assert STOI.score(example.reference, ideal) == pytest.approx(1.0)
    assert SI_SDR.score(example.reference, ideal) == SI_SDR.best
    assert SI_SDR.score(example.reference, CAPABILITY.null(*example.inputs)) == pytest.approx(15, abs=0.2)
    assert SI_SDR_IMPROVEMENT.score(example.reference, CAPABILITY.null(*example.inputs)) == 0
    assert SI_SDR_IMPROVEMENT.score(example.reference, CAPABILITY.chance(np.random.default_rng(0), *example.inputs)) < -20


def test_the_judge_hears_the_clean_sound_as_it_is():
    example = CAPABILITY.example()
    answer, clean = CAPABILITY.primary.judge.inputs(example.reference, example.inputs[0])
    assert answer is example.inputs[0]
    assert clean is example.reference.clean
