from __future__ import annotations

import numpy as np
import pytest

from model_lab.metrics import generation
from model_lab.metrics._base import pool
from model_lab.metrics.generation import MusicPrompt
from model_lab.types import Audio, Beats, Label

SOUND = Audio(np.zeros(16000, np.float32), 16000)
ASKED = MusicPrompt(1.0, 100.0, "A minor", "piano")
OPEN = MusicPrompt(1.0)


@pytest.mark.parametrize(
    ("metric", "judge", "heard", "worth"),
    [
        (generation.TEMPO_ADHERENCE, ("librosa_beat", "tempo"), (Beats(103.0), Beats(50.0), Beats(120.0)), (1, 1, 0)),
        (
            generation.KEY_ADHERENCE,
            ("krumhansl_key", "key"),
            ([Label("A minor", 0.9)], [Label("C major", 0.9), Label("A minor", 0.8)], []),
            (1, 0.3, 0),
        ),
        (
            generation.INSTRUMENT_ADHERENCE,
            ("yamnet", "classify"),
            ([Label("Music", 0.9), Label("Electric piano", 0.1)], [Label("Flute", 0.9)], []),
            (1, 0, 0),
        ),
    ],
)
def test_what_is_asked_for_is_judged_and_pooled(metric, judge, heard, worth):
    assert (metric.judge.model, metric.judge.capability) == judge
    assert metric.judge.inputs(ASKED, SOUND) == (SOUND,)
    parts = [metric.components(ASKED, SOUND, said) for said in heard]
    assert [metric.value(part) for part in parts] == pytest.approx(worth)
    assert metric.value(pool(parts)) == pytest.approx(np.mean(worth))
    assert metric.lacking.startswith("the prompt names no ") and metric.counts(parts[0])
    assert not metric.counts(metric.components(OPEN, SOUND, heard[0]))


def test_the_eleventh_sound_is_too_late():
    for before, worth in ((9, 1.0), (10, 0.0)):
        heard = [*(Label(f"sound {number}", 0.5) for number in range(before)), Label("Piano", 0.4)]
        assert generation.plays_instrument(ASKED, SOUND, heard) == worth


def test_every_instrument_has_names_to_be_heard_by():
    assert all(names and all(name.strip() == name != "" for name in names) for names in generation.INSTRUMENTS.values())


@pytest.mark.parametrize(("seconds", "error"), [(1.0, 0.0), (3.0, 2.0), (0.25, 0.75)])
def test_too_long_and_too_short_count_alike(seconds, error):
    assert generation.DURATION_ERROR.score(MusicPrompt(seconds), SOUND) == error
