from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyannote.core import Annotation, Timeline
from pyannote.core import Segment as Span
from pyannote.metrics.detection import DetectionPrecisionRecallFMeasure
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

from model_lab.metrics import segments
from model_lab.metrics._base import pool
from model_lab.types import Segment, Turn

FRAMES = 60
STEP = 0.1


@st.composite
def masks(draw):
    """Speech or not, in frames of 0.1 s."""
    return np.array(draw(st.lists(st.booleans(), min_size=FRAMES, max_size=FRAMES)))


def runs(mask):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(start * STEP, end * STEP) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def speech(mask):
    return tuple(Segment(*span) for span in runs(mask))


def turns(masks_by_speaker):
    return tuple(Turn(*span, speaker) for speaker, mask in masks_by_speaker.items() for span in runs(mask))


@st.composite
def conversations(draw, names):
    return {name: draw(masks()) for name in draw(st.lists(st.sampled_from(names), min_size=1, unique=True))}


def most_correct_mapping(truth, answer):
    """Every one-to-one mapping of speakers, tried; the one that agrees on most frames."""
    hypothesised = [*answer, *[None] * len(truth)]
    return max(
        (dict(zip(truth, chosen, strict=False)) for chosen in itertools.permutations(hypothesised, len(truth))),
        key=lambda mapping: sum((truth[name] & answer[other]).sum() for name, other in mapping.items() if other),
    )


@given(masks(), masks())
def test_detection_agrees_with_counting_frames(truth, answer):
    found = segments.detection_components(segments.SpeechTruth(speech(truth), FRAMES * STEP), speech(answer))
    expected = {
        "miss": (truth & ~answer).sum(),
        "false_alarm": (~truth & answer).sum(),
        "speech": truth.sum(),
        "nonspeech": (~truth).sum(),
    }
    assert found == pytest.approx({name: count * STEP for name, count in expected.items()}, abs=1e-6)


@given(masks(), masks())
def test_detection_f1_agrees_with_pyannote(truth, answer):
    score = segments.DETECTION_F1.score(segments.SpeechTruth(speech(truth), FRAMES * STEP), speech(answer))
    if not (truth & answer).any():
        assert math.isnan(score) or score == pytest.approx(0.0, abs=1e-9)
        return
    sides = [Annotation(), Annotation()]
    for side, mask in zip(sides, (truth, answer), strict=True):
        for start, end in runs(mask):
            side[Span(start, end)] = "speech"
    measure = DetectionPrecisionRecallFMeasure()
    assert score == pytest.approx(measure(*sides, uem=Timeline([Span(0, FRAMES * STEP)])))


@given(masks(), masks())
def test_detection_values_keep_their_bounds(truth, answer):
    counts = segments.detection_components(segments.SpeechTruth(speech(truth), FRAMES * STEP), speech(answer))
    for metric in (segments.DETECTION_F1, segments.MISS_RATE, segments.FALSE_ALARM_RATE, segments.DETECTION_ERROR_RATE):
        value = metric.value(counts)
        low, high = sorted((metric.best, metric.worst))
        assert math.isnan(value) or low - 1e-9 <= value <= high + 1e-9


@given(masks(), masks(), masks(), masks())
def test_detection_pools_as_one_long_recording(first, second, first_answer, second_answer):
    long = segments.detection_components(
        segments.SpeechTruth(speech(np.append(first, second)), 2 * FRAMES * STEP), speech(np.append(first_answer, second_answer))
    )
    parts = [
        segments.detection_components(segments.SpeechTruth(speech(truth), FRAMES * STEP), speech(answer))
        for truth, answer in ((first, first_answer), (second, second_answer))
    ]
    assert pool(parts) == pytest.approx(long, abs=1e-6)


def test_a_recording_without_speech_adds_false_alarms_alone():
    silent = segments.detection_components(segments.SpeechTruth((), 4.0), [Segment(1, 2)])
    assert silent == {"miss": 0.0, "false_alarm": 1.0, "speech": 0.0, "nonspeech": 4.0}
    assert math.isnan(segments.DETECTION_ERROR_RATE.value(silent))
    assert segments.FALSE_ALARM_RATE.value(silent) == 0.25
    spoken = segments.detection_components(segments.SpeechTruth((Segment(0, 2),), 2.0), [Segment(0, 2)])
    assert segments.DETECTION_ERROR_RATE.value(pool([silent, spoken])) == 0.5


def test_detections_outside_the_recording_do_not_count():
    counts = segments.detection_components(segments.SpeechTruth((Segment(0, 1),), 1.0), [Segment(-0.05, 1.08)])
    assert segments.DETECTION_ERROR_RATE.value(counts) == 0.0


@settings(max_examples=60)
@given(conversations("ab"), conversations("xyz"))
def test_diarization_agrees_with_counting_frames_under_every_mapping(truth, answer):
    found = segments.diarization_components(segments.SpeakerTruth(turns(truth)), turns(answer))
    mapping = most_correct_mapping(truth, answer)
    speaking, claimed = np.sum(list(truth.values()), axis=0), np.sum(list(answer.values()), axis=0)
    correct = np.sum([truth[name] & answer[other] for name, other in mapping.items() if other] or [np.zeros(FRAMES)], axis=0)
    expected = {
        "confusion": (np.minimum(speaking, claimed) - correct).sum(),
        "miss": np.maximum(speaking - claimed, 0).sum(),
        "false_alarm": np.maximum(claimed - speaking, 0).sum(),
        "speech": speaking.sum(),
    }
    assert found == pytest.approx({name: count * STEP for name, count in expected.items()}, abs=1e-6)


@settings(max_examples=60)
@given(conversations("ab"), conversations("xyz"))
def test_jaccard_agrees_with_counting_frames(truth, answer):
    found = segments.jaccard_components(segments.SpeakerTruth(turns(truth)), turns(answer))
    spoken = {name: mask for name, mask in truth.items() if mask.any()}

    def error(mapping):
        return sum(
            1 - (spoken[name] & answer[other]).sum() / (spoken[name] | answer[other]).sum() if other else 1.0
            for name, other in mapping.items()
        )

    # pyannote maps by co-occurrence, which several mappings may share: its error is that of one of them
    def agreement(mapping):
        return sum((spoken[name] & answer[other]).sum() for name, other in mapping.items() if other)

    choices = [
        dict(zip(spoken, some, strict=False)) for some in itertools.permutations([*answer, *[None] * len(spoken)], len(spoken))
    ]
    best = max(map(agreement, choices))
    assert found["speakers"] == len(spoken)
    assert any(found["error"] == pytest.approx(error(choice), abs=1e-6) for choice in choices if agreement(choice) == best)


@settings(max_examples=30)
@given(conversations("ab"), conversations("xy"))
def test_names_of_speakers_and_order_of_turns_do_not_matter(truth, answer):
    reference = segments.SpeakerTruth(turns(truth))
    renamed = [Turn(turn.start, turn.end, {"x": "b", "y": "a"}[turn.speaker]) for turn in reversed(turns(answer))]
    for metric in (segments.DER, segments.DER_COLLAR, segments.SPEAKER_COUNT_ERROR):
        assert metric.components(reference, renamed) == pytest.approx(metric.components(reference, turns(answer)), abs=1e-6)


@given(conversations("abc"))
def test_the_truth_is_the_best_answer(truth):
    reference = segments.SpeakerTruth(turns(truth))
    for metric in (segments.DER, segments.DER_COLLAR, segments.DER_COLLAR_NIST, segments.JER, segments.SPEAKER_COUNT_ERROR):
        value = metric.score(reference, reference.turns)
        assert math.isnan(value) or value == pytest.approx(metric.best, abs=1e-9)


@pytest.mark.parametrize(
    ("collar", "skip", "metric"),
    [(0.0, False, "DER"), (0.0, True, "DER_SINGLE"), (0.25, True, "DER_COLLAR"), (0.5, True, "DER_COLLAR_NIST")],
)
def test_rates_are_those_of_pyannote(collar, skip, metric):
    truth = segments.SpeakerTruth((Turn(0, 4, "ann"), Turn(3, 7.3, "bob"), Turn(9, 11, "ann")))
    answer = [Turn(0.4, 3.8, "1"), Turn(3.8, 8, "2"), Turn(9.1, 10, "2"), Turn(10, 11.2, "3")]
    sides = [Annotation(), Annotation()]
    for side, given_turns in zip(sides, (truth.turns, answer), strict=True):
        for turn in given_turns:
            side[Span(turn.start, turn.end)] = turn.speaker
    rate = DiarizationErrorRate(collar=collar, skip_overlap=skip)(*sides, uem=Timeline([Span(0, 12)]))
    assert getattr(segments, metric).score(truth, answer) == pytest.approx(rate)
    assert segments.JER.score(truth, answer) == pytest.approx(JaccardErrorRate()(*sides, uem=Timeline([Span(0, 12)])))


@given(conversations("abc"), conversations("xyz"))
def test_the_worst_speaker_is_the_largest_term_of_the_jaccard_error(truth, answer):
    reference = segments.SpeakerTruth(turns(truth))
    worst, terms = segments.worst_speaker_error(reference, turns(answer)), segments.jaccard_components(reference, turns(answer))
    if terms["speakers"]:
        assert terms["error"] / terms["speakers"] - 1e-9 <= worst <= min(1.0, terms["error"]) + 1e-9
        assert worst == pytest.approx(terms["error"]) or terms["speakers"] > 1
    else:
        assert worst is None


def test_the_two_collars_differ_by_what_their_titles_say():
    truth = segments.SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 8, "bob")))

    def shifted(by):
        return [Turn(0, 4 + by, "1"), Turn(4 + by, 8, "2")]

    assert segments.DER.score(truth, shifted(0.1)) == pytest.approx(0.1 / 8)
    assert segments.DER_COLLAR.score(truth, shifted(0.12)) == pytest.approx(0.0, abs=1e-9)
    # without 0.125 s at 0 and 8 and twice that at 4, 7.5 s are scored, of which 0.2 - 0.125 s are confused
    assert segments.DER_COLLAR.score(truth, shifted(0.2)) == pytest.approx(0.075 / 7.5)
    assert segments.DER_COLLAR_NIST.score(truth, shifted(0.24)) == pytest.approx(0.0, abs=1e-9)
    assert segments.DER_COLLAR_NIST.score(truth, shifted(0.3)) == pytest.approx(0.05 / 7)


def test_overlap_is_scored_without_a_collar_and_skipped_with_one():
    truth = segments.SpeakerTruth((Turn(0, 4, "ann"), Turn(3, 8, "bob")))
    answer = [Turn(0, 3, "1"), Turn(3, 8, "2")]
    assert segments.DER.score(truth, answer) == pytest.approx(1 / 9)
    assert segments.DER_COLLAR.score(truth, answer) == pytest.approx(0.0, abs=1e-9)


def test_only_the_uem_is_scored():
    truth = segments.SpeakerTruth((Turn(0, 4, "ann"),), uem=(Segment(0, 2),))
    assert segments.DER.components(truth, [Turn(0, 1, "1"), Turn(3, 9, "1")]) == pytest.approx(
        {"confusion": 0, "miss": 1, "false_alarm": 0, "speech": 2}
    )


def test_shares_add_up_to_the_error_rate():
    truth = segments.SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 6, "bob")))
    answer = [Turn(1, 5, "1"), Turn(5, 8, "2")]
    shares = (segments.CONFUSION_SHARE, segments.MISS_SHARE, segments.FALSE_ALARM_SHARE)
    assert sum(share.score(truth, answer) for share in shares) == pytest.approx(segments.DER.score(truth, answer))


def test_nobody_speaks_and_nobody_is_heard():
    assert segments.diarization_components(segments.SpeakerTruth(()), []) == {
        "confusion": 0,
        "miss": 0,
        "false_alarm": 0,
        "speech": 0,
    }
    assert math.isnan(segments.DER.score(segments.SpeakerTruth(()), [Turn(0, 1, "1")]))
    assert math.isnan(segments.JER.score(segments.SpeakerTruth(()), []))


@settings(max_examples=60)
@given(conversations("ab"), conversations("xyz"), st.data())
def test_a_speaker_cut_into_overlapping_touching_and_repeated_turns_is_the_same_speaker(truth, answer, data):
    whole, heard = turns(truth), turns(answer)
    again, heard_again = data.draw(in_pieces(whole)), data.draw(in_pieces(heard))
    for metric in (segments.DER, segments.DER_COLLAR, segments.DER_COLLAR_NIST, segments.JER, segments.MISS_SHARE):
        expected = metric.components(segments.SpeakerTruth(whole), heard)
        assert metric.components(segments.SpeakerTruth(again), heard_again) == pytest.approx(expected, abs=1e-6)


@st.composite
def in_pieces(draw, known):
    """The same turns in any order, each whole, cut in two that overlap or touch, or told twice."""
    found = []
    for turn in known:
        length = turn.end - turn.start
        first, second = sorted((draw(st.floats(0.1, 0.9)), draw(st.floats(0.1, 0.9))))
        found += draw(
            st.sampled_from(
                [
                    [turn],
                    [turn, turn],
                    [
                        Turn(turn.start, turn.start + second * length, turn.speaker),
                        Turn(turn.start + first * length, turn.end, turn.speaker),
                    ],
                    [
                        Turn(turn.start, turn.start + first * length, turn.speaker),
                        Turn(turn.start + first * length, turn.end, turn.speaker),
                    ],
                ]
            )
        )
    return tuple(draw(st.permutations(found)))


@pytest.mark.parametrize(
    ("truth", "answer"),
    [
        ([(0, 7), (4, 10)], [(0, 10)]),
        ([(0, 10)], [(0, 7), (4, 10)]),
        ([(0, 10), (0, 10)], [(0, 10)]),
        ([(0, 5), (5, 10)], [(0, 10)]),
    ],
)
def test_who_speaks_when_is_the_same_however_it_is_cut(truth, answer):
    reference = segments.SpeakerTruth(tuple(Turn(*span, "A") for span in truth))
    hypothesis = [Turn(*span, "1") for span in answer]
    for metric in (segments.DER, segments.DER_COLLAR, segments.DER_COLLAR_NIST, segments.JER):
        assert metric.score(reference, hypothesis) == 0.0
    for share in (segments.CONFUSION_SHARE, segments.MISS_SHARE, segments.FALSE_ALARM_SHARE):
        assert share.score(reference, hypothesis) == 0.0 and share.version == 2


def test_speech_that_is_marked_twice_is_speech_once():
    truth = segments.SpeechTruth((Segment(0, 2), Segment(1, 3), Segment(0, 2)), 10.0)
    assert segments.detection_components(truth, [Segment(0, 3)]) == {"miss": 0, "false_alarm": 0, "speech": 3, "nonspeech": 7}
