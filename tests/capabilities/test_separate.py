from __future__ import annotations

import numpy as np
import pytest

from model_lab.audio import write
from model_lab.capabilities.separate import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics.signals import STEM_SDR, STEM_SI_SDR, STEM_SI_SDR_IMPROVEMENT
from model_lab.types import Audio

MONO = Audio(np.full(32000, 0.1, np.float32), 16000)
STEREO = Audio(np.full((2, 32000), 0.1, np.float32), 16000)


def test_mixture_and_stems_of_a_row_are_mono(folder, resolve):
    write(folder / "stereo.wav", STEREO)
    truth = CAPABILITY.reference({"audio": "stereo.wav", "stems": {"voice": "stereo.wav", "music": "b.wav"}}, resolve)
    assert list(truth.stems) == ["voice", "music"]
    assert {stem.samples.shape for stem in (truth.sound, *truth.stems.values())} == {(32000,)}


def test_stems_of_another_length_and_no_stems_are_refused(resolve):
    with pytest.raises(BadManifest, match=r"stem 'voice' lasts 3.000 s, its mixture 2.000 s"):
        CAPABILITY.reference({"audio": "a.wav", "stems": {"voice": "long.wav"}}, resolve)
    with pytest.raises(BadManifest, match=r"column 'stems' is \{\}"):
        CAPABILITY.reference({"audio": "a.wav", "stems": {}}, resolve)


def test_stems_at_another_rate_can_be_the_answer(folder, resolve):
    tone = np.sin(2 * np.pi * 440 * np.arange(96000) / 48000).astype(np.float32)
    write(folder / "fine.wav", Audio(tone, 48000))
    truth = CAPABILITY.reference({"audio": "a.wav", "stems": {"voice": "fine.wav", "music": "b.wav"}}, resolve)
    ideal = CAPABILITY.ideal(truth, truth.sound)
    assert CAPABILITY.problems(ideal, truth.sound) == []
    assert STEM_SI_SDR.score(truth, ideal) == STEM_SI_SDR.best


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({}, "expected a dict of stem names and Audio"),
        ({"": MONO}, "expected a name"),
        ({1: MONO}, "expected a name"),
        ({"voice": MONO, "music": None}, "stem 'music' is a NoneType"),
        ({"voice": STEREO}, "expected mono"),
        ({"voice": Audio(np.zeros(31999, np.float32), 16000)}, "31999 frames at 16000 Hz"),
        ({"voice": Audio(np.zeros(32000, np.float32), 8000)}, "32000 frames at 8000 Hz"),
        ({"voice": Audio(np.full(32000, np.nan, np.float32), 16000)}, "NaN"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, STEREO)[0]


def test_stems_need_not_add_up():
    assert CAPABILITY.problems({"voice": MONO}, STEREO) == []


def test_chance_shares_the_mixture_out():
    stems = CAPABILITY.chance(np.random.default_rng(0), *CAPABILITY.example().inputs)
    np.testing.assert_allclose(stems["1"].samples + stems["2"].samples, CAPABILITY.example().inputs[0].samples, atol=1e-6)


def test_the_truth_scores_best_doing_nothing_gains_nothing_and_chance_loses():
    example = CAPABILITY.example()
    ideal = CAPABILITY.ideal(example.reference, *example.inputs)
    assert STEM_SI_SDR.score(example.reference, ideal) == STEM_SI_SDR.best
    assert STEM_SDR.score(example.reference, ideal) == STEM_SDR.best
    assert STEM_SI_SDR_IMPROVEMENT.score(example.reference, CAPABILITY.null(*example.inputs)) == 0
    assert STEM_SI_SDR_IMPROVEMENT.score(example.reference, CAPABILITY.chance(np.random.default_rng(0), *example.inputs)) < 0
