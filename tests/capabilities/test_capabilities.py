"""What every capability must keep, whatever it asks."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from model_lab.capabilities import capability
from model_lab.errors import NotRunnable
from model_lab.types import Audio

NAMES = (
    "vad",
    "diarization",
    "enhance",
    "classify",
    "tts",
    "pitch",
    "speaker_embed",
    "speaker_verify",
    "ner",
    "tempo",
    "quality",
)
HEAVY = ("scipy", "sklearn", "pyannote", "jiwer", "mir_eval", "pystoi", "fast_bss_eval", "soundfile", "torch")


def sounds():
    """Sound of many kinds: tiny, short, long, stereo, silent, at odd rates."""
    rng = np.random.default_rng(0)
    for frames, rate in ((1, 8000), (160, 16000), (16000, 16000), (100_000, 44100)):
        yield Audio(rng.standard_normal(frames).astype(np.float32) * 0.1, rate)
    yield Audio(rng.standard_normal((2, 48000)).astype(np.float32) * 0.1, 48000)
    yield Audio(np.zeros(32000, np.float32), 16000)


TEXTS = ("", "?", "A", "Ann met Bob in Rome, and 3 of them left on 2 May.", "für größere Häuser")


def questions(name):
    """Inputs of every kind that the capability may be given."""
    kinds = [kind for kind, _ in capability(name).inputs]
    if kinds == ["text"]:
        return [(text,) for text in TEXTS if text or name == "ner"]
    return [(sound,) * len(kinds) for sound in sounds()]


def test_listing_them_imports_no_library():
    listed = f"from model_lab.capabilities import capability\nfor name in {NAMES}: capability(name).example"
    code = f"import sys\n{listed}\nprint([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_null_and_chance_answer_every_question_in_form(name):
    asked = capability(name)
    for inputs in questions(name):
        assert asked.problems(asked.null(*inputs), *inputs) == []
        for seed in range(5):
            assert asked.problems(asked.chance(np.random.default_rng(seed), *inputs), *inputs) == []


@pytest.mark.parametrize("name", NAMES)
def test_chance_is_the_same_for_the_same_dice(name):
    asked = capability(name)
    inputs = asked.example().inputs
    first, second = (asked.chance(np.random.default_rng(7), *inputs) for _ in range(2))
    assert repr(first) == repr(second)


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_of_the_example_is_an_answer_without_surprise(name):
    asked = capability(name)
    example = asked.example()
    if name == "tts":
        with pytest.raises(NotRunnable, match="no human reading"):
            asked.ideal(example.reference, *example.inputs)
        return
    answer = asked.ideal(example.reference, *example.inputs)
    assert asked.problems(answer, *example.inputs) == []
    assert example.surprise(answer) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "tts"])  # whose metrics all need a judge
def test_what_metrics_count_survives_json(name):
    asked = capability(name)
    example = asked.example()
    answer = asked.ideal(example.reference, *example.inputs)
    for metric in (metric for metric in asked.metrics if not metric.judge):
        counted = metric.components(example.reference, answer)
        read = json.loads(json.dumps(counted, allow_nan=False))
        assert read == counted
        assert repr(metric.value(read)) == repr(metric.value(counted))


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_the_same_each_time(name):
    first, second = (capability(name).example().inputs for _ in range(2))
    for one, other in zip(first, second, strict=True):
        if isinstance(one, Audio):
            np.testing.assert_array_equal(one.samples, other.samples)
        else:
            assert one == other


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [None, [3], "text", object(), [None], {"a": None}, np.zeros((2, 2))])
def test_an_answer_of_another_kind_is_a_problem(name, answer):
    inputs = capability(name).example().inputs
    assert capability(name).problems(answer, *inputs) != []


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_columns_and_metrics_have_names_of_their_own(name):
    asked = capability(name)
    columns = {column.name for column in asked.columns}
    assert {column for _, column in asked.inputs} <= columns
    assert len({metric.name for metric in asked.metrics}) == len(asked.metrics)
    assert asked.primary is asked.metrics[0]


@pytest.mark.parametrize("name", NAMES)
def test_best_and_worst_stand_on_the_right_side(name):
    for metric in capability(name).metrics:
        assert (metric.best > metric.worst) is metric.higher_is_better
