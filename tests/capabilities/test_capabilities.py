"""What every capability must keep, whatever it asks."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from model_lab.capabilities import capability, names
from model_lab.errors import BadManifest, NotRunnable
from model_lab.types import Audio, encode

NAMES = names()
TRUTH_IS_NO_ANSWER = ("tts", "voice_clone", "music_gen")
HEAVY = ("scipy", "sklearn", "pyannote", "jiwer", "sacrebleu", "mir_eval", "pystoi", "fast_bss_eval", "soundfile", "torch")


def sounds():
    """Sound of many kinds: tiny, short, long, stereo, silent, at odd rates."""
    rng = np.random.default_rng(0)
    for frames, rate in ((1, 8000), (160, 16000), (16000, 16000), (100_000, 44100)):
        yield Audio(rng.standard_normal(frames).astype(np.float32) * 0.1, rate)
    yield Audio(rng.standard_normal((2, 48000)).astype(np.float32) * 0.1, 48000)
    yield Audio(np.zeros(32000, np.float32), 16000)


TEXTS = ("", "?", "A", "Ann met Bob in Rome, and 3 of them left on 2 May.", "für größere Häuser")


def questions(name):
    """Inputs of every kind that the capability may be given: its example's, with other sounds and texts in their places."""
    inputs = capability(name).example().inputs
    yield inputs
    for sound, text in zip(sounds(), itertools.cycle(TEXTS), strict=False):
        yield tuple(_other(value, sound, text) for value in inputs)


def _other(value, sound, text):
    if isinstance(value, Audio):
        return sound
    return (text or "A") if isinstance(value, str) else value


def test_listing_them_imports_no_library():
    listed = f"from model_lab.capabilities import capability\nfor name in {NAMES}: capability(name).example"
    code = f"import sys\n{listed}\nprint([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_null_and_chance_answer_every_question_in_form(name):
    asked = capability(name)
    for inputs in questions(name):
        assert asked.problems(asked.ask(asked.null, *inputs), *inputs) == []
        for seed in range(5):
            answer = asked.ask(partial(asked.chance, np.random.default_rng(seed)), *inputs)
            assert asked.problems(answer, *inputs) == []


@pytest.mark.parametrize("name", NAMES)
def test_chance_is_the_same_for_the_same_dice(name):
    asked = capability(name)
    inputs = asked.example().inputs
    first, second = (asked.settled(asked.ask(partial(asked.chance, np.random.default_rng(7)), *inputs)) for _ in range(2))
    assert repr(first) == repr(second)


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_of_the_example_is_an_answer_without_surprise(name):
    asked = capability(name)
    example = asked.example()
    if name in TRUTH_IS_NO_ANSWER:  # as a text without a human reading
        with pytest.raises(NotRunnable, match="to answer with"):
            asked.ask(partial(asked.ideal, example.reference), *example.inputs)
        return
    answer = asked.ask(partial(asked.ideal, example.reference), *example.inputs)
    assert asked.problems(answer, *example.inputs) == []
    assert example.surprise(answer) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TRUTH_IS_NO_ANSWER])
def test_what_metrics_count_survives_json(name):
    asked = capability(name)
    example = asked.example()
    answer = asked.ask(partial(asked.ideal, example.reference), *example.inputs)
    for metric in (metric for metric in asked.metrics if not metric.judge):
        counted = metric.components(example.reference, answer)
        read = json.loads(json.dumps(counted, allow_nan=False))
        assert read == counted
        assert repr(metric.value(read)) == repr(metric.value(counted))


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_the_same_each_time(name):
    first, second = (capability(name).example().inputs for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert encode(one, np.ndarray.tolist) == encode(other, np.ndarray.tolist)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [None, [3], "text", object(), [None], {"a": None}, np.zeros((2, 2))])
def test_an_answer_of_another_kind_is_a_problem(name, answer):
    inputs = capability(name).example().inputs
    if isinstance(answer, str) and capability(name).answer.startswith("str"):
        return
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


@pytest.mark.parametrize("name", ["asr", "asr_stream", "tts"])
@pytest.mark.parametrize("tag", ["en-US", "eng", "EN", "English", "en"])
def test_a_language_is_known_by_any_of_its_names(name: str, tag: str) -> None:
    row = {"text": "yes", "language": tag, "speech_start": 0.0, "speech_end": 1.0}
    truth = capability(name).reference(row, Path)
    assert getattr(truth, "transcript", truth).language == "en"


@pytest.mark.parametrize("name", ["asr", "asr_stream", "tts"])
@pytest.mark.parametrize(("tag", "said"), [("jp", r"did you mean 'ja'"), ("", "names no language"), (7, "is of type int")])
def test_a_language_that_is_none_is_refused(name: str, tag: object, said: str) -> None:
    row = {"text": "yes", "language": tag, "speech_start": 0.0, "speech_end": 1.0}
    with pytest.raises(BadManifest, match=f"column 'language': .*{said}"):
        capability(name).reference(row, Path)


@pytest.mark.parametrize("name", names())
def test_the_primary_metric_says_which_difference_matters_and_why(name: str) -> None:
    primary = capability(name).primary
    assert primary.margin is not None and primary.margin > 0 and len(primary.margin_reason) > 10
    assert primary.margin < abs(primary.best - primary.worst) / 5  # a difference that matters is small on the metric's scale
