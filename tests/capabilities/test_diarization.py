from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.diarization import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Segment, Turn

SOUND = Audio(np.zeros(160000, np.float32), 16000)
TURNS = [{"start": 0, "end": 4, "speaker": "ann"}, {"start": 3.5, "end": 9, "speaker": "bob"}]
RTTM = """\
SPKR-INFO meeting 1 <NA> <NA> <NA> unknown ann <NA>
SPEAKER meeting 1 0.000 4.000 <NA> <NA> ann <NA> <NA>

SPEAKER meeting 1 3.500 5.500 <NA> <NA> bob <NA> <NA>
"""


def test_turns_and_rttm_tell_the_same(folder, resolve):
    (folder / "meeting.rttm").write_text(RTTM)
    by_turns = CAPABILITY.reference({"audio": "x.wav", "turns": TURNS}, resolve)
    by_rttm = CAPABILITY.reference({"audio": "deep/meeting.wav", "rttm": "meeting.rttm", "uem": [[0, 5]]}, resolve)
    assert by_turns.turns == by_rttm.turns == (Turn(0, 4, "ann"), Turn(3.5, 9, "bob"))
    assert by_turns.uem == ()
    assert by_rttm.uem == (Segment(0, 5),)


@pytest.mark.parametrize(
    ("turns", "problem"),
    [
        ([{"start": 0, "end": 1}], r"turns\[0\] has no 'speaker'"),
        ([{"start": "0", "end": 1, "speaker": "a"}], r"is '0', text; expected a number"),
        ([{"start": 0, "end": float("inf"), "speaker": "a"}], "is inf; expected a finite number"),
        ([{"start": 0, "end": 1, "speaker": ["a"]}], r"is \['a'\], a list; expected text"),
        ([{"start": 0, "end": 1, "speaker": "ann "}], "is 'ann '; expected a name, without spaces around it"),
        ([{"start": 0, "end": 1, "speaker": "Ann"}, {"start": 1, "end": 2, "speaker": "ann"}], "turns has 'Ann' and 'ann'"),
        ([[0, 1, "ann"]], "expected an object with start, end, speaker"),
        ({"ann": [[0, 1]]}, "an object; expected"),
    ],
)
def test_turns_of_another_form_are_refused(turns, problem, resolve):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"audio": "a.wav", "turns": turns}, resolve)


def test_a_row_without_truth_is_a_missing_key(resolve):
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav"}, resolve)


def test_a_turn_that_does_not_last_is_refused(resolve):
    with pytest.raises(BadManifest, match=r"turns\[0\] of ann is 2\.0-1\.0 s"):
        CAPABILITY.reference({"audio": "a.wav", "turns": [{"start": 2, "end": 1, "speaker": "ann"}]}, resolve)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Turn(2, 1, "a")], "start < end"),
        ([Turn(0, 99, "a")], "not inside"),
        ([Turn(1, 2, "a"), Turn(0, 1, "b")], "rising starts"),
        ([Turn(1, 2, "")], "no speaker"),
        ([Segment(1, 2)], "holds a Segment"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


def test_overlap_is_no_problem():
    assert CAPABILITY.problems([Turn(0, 2, "a"), Turn(1, 3, "b")], SOUND) == []


def test_a_speaker_in_silence_is_a_surprise():
    assert "2 speakers" in CAPABILITY.example().surprise([Turn(0, 1, "a"), Turn(1, 2, "b")])


def test_the_truth_scores_best_and_null_and_chance_do_not(resolve):
    truth = CAPABILITY.reference({"audio": "x.wav", "turns": list(reversed(TURNS))}, resolve)
    ideal = CAPABILITY.ideal(truth, SOUND)
    assert CAPABILITY.problems(ideal, SOUND) == []
    for metric in CAPABILITY.metrics:
        assert metric.score(truth, ideal) == metric.best
    assert CAPABILITY.primary.score(truth, CAPABILITY.null(SOUND)) == 1.0
    assert CAPABILITY.primary.score(truth, CAPABILITY.chance(np.random.default_rng(0), SOUND)) > 0.2
