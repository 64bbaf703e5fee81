"""The n of a value is the number of samples that speak for it: one rule for every metric, by what was counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model_lab.capabilities import capability, names
from model_lab.metrics import (
    alignment,
    entities,
    fingerprints,
    formants,
    keywords,
    labels,
    music,
    notes,
    phones,
    pitch,
    segments,
    streaming,
    summaries,
    text,
)
from model_lab.metrics._base import Metric, mean_of, share
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import (
    Beats,
    Detection,
    Entity,
    Formants,
    Label,
    Note,
    PitchTrack,
    Segment,
    StreamTranscript,
    Transcript,
    Turn,
)

NO_BEATS, BEATS = Beats(100.0), Beats(100.0, np.array([6.0, 6.6], np.float32))
SILENCE, SPEECH = segments.SpeechTruth((), 10.0), segments.SpeechTruth((Segment(0, 10),), 10.0)
NOBODY, SOMEBODY = segments.SpeakerTruth(()), segments.SpeakerTruth((Turn(0, 1, "ann"),))
NAME = Entity("Ann", "PERSON", 0, 3)
NOTE = Note(0.0, 1.0, 440.0)
SPOKEN = keywords.KeywordTruth((Segment(1, 2, "a"),), 3.0)
UNVOICED = PitchTrack(np.array([0.0], np.float32), np.array([0.0], np.float32), np.array([0.0], np.float32))
NO_F3 = Formants(np.zeros(1, np.float32), np.array([[500.0, 1500.0]], np.float32))


@pytest.mark.parametrize(
    ("metric", "reference", "hypothesis", "counts"),
    [
        (music.BEAT_F, NO_BEATS, BEATS, False),
        (music.BEAT_F, BEATS, NO_BEATS, True),
        (music.TEMPO_ACCURACY_1, NO_BEATS, BEATS, True),
        (segments.DETECTION_ERROR_RATE, SILENCE, [], False),
        (segments.DETECTION_ERROR_RATE, SILENCE, [Segment(1, 2)], True),
        (segments.DETECTION_F1, SILENCE, [], False),
        (segments.MISS_RATE, SILENCE, [Segment(1, 2)], False),
        (segments.FALSE_ALARM_RATE, SILENCE, [], True),
        (segments.FALSE_ALARM_RATE, SPEECH, [], False),
        (segments.DER, NOBODY, [], False),
        (segments.DER, NOBODY, [Turn(0, 1, "1")], True),
        (segments.MISS_SHARE, NOBODY, [Turn(0, 1, "1")], False),
        (segments.SPEAKER_COUNT_ERROR, NOBODY, [], True),
        (entities.ENTITY_F1, [], [], False),
        (entities.ENTITY_F1, [], [NAME], True),
        (entities.PRECISION, [NAME], [], False),
        (entities.RECALL, [], [NAME], False),
        (entities.RECALL, [NAME], [], True),
        (notes.NOTE_F1, [], [], False),
        (notes.NOTE_PRECISION, [NOTE], [], False),
        (notes.NOTE_RECALL, [NOTE], [], True),
        (keywords.MISS_RATE, keywords.KeywordTruth((), 3.0), [Detection("a", 1, 2, 0.9)], False),
        (keywords.MISS_RATE, SPOKEN, [], True),
        (keywords.FALSE_ALARMS, keywords.KeywordTruth((), 3.0), [], True),
        (text.WER, ReferenceTranscript("", duration=1.0), Transcript(""), False),
        (text.WER, ReferenceTranscript("", duration=1.0), Transcript("you"), True),
        (text.DELETIONS, ReferenceTranscript("", duration=1.0), Transcript("you"), False),
        (text.INVENTED_WORDS, ReferenceTranscript("", duration=1.0), Transcript(""), True),
        (text.INVENTED_WORDS, ReferenceTranscript("yes"), Transcript("no"), False),
        (streaming.FIRST_TOKEN_LATENCY, streaming.SpokenTruth(ReferenceTranscript(""), None), StreamTranscript(()), False),
        (phones.PER, Transcript(""), Transcript(""), False),
        (pitch.RAW_PITCH_ACCURACY, UNVOICED, UNVOICED, False),
        (pitch.VOICING_FALSE_ALARM, UNVOICED, UNVOICED, True),
        (formants.F3_ERROR, np.array([500.0, 1500.0], np.float32), NO_F3, False),
        (formants.F1_ERROR, np.array([500.0, 1500.0], np.float32), NO_F3, True),
        (alignment.WITHIN_50_MS, alignment.WordTimes((), 1.0), [], False),
        (fingerprints.RECALL_AT_1, fingerprints.MatchTruth(""), [Label("a", 0.5)], False),
        (fingerprints.REJECTION_EER, fingerprints.MatchTruth(""), [Label("a", 0.5)], True),
        (summaries.ROUGE_L, "...", "words", False),
        (labels.TOP1, labels.ClassTruth("a", {"a": ("a",), "b": ("b",)}), [], True),
    ],
)
def test_a_sample_counts_where_there_is_something_to_count(metric: Metric, reference: Any, hypothesis: Any, counts: bool) -> None:
    assert metric.counts(metric.components(reference, hypothesis)) is counts


def test_a_mean_leaves_out_what_does_not_ask_for_it() -> None:
    metric = share("m", "m", "", *mean_of(lambda reference, hypothesis: reference))
    assert [metric.counts(metric.components(value, None)) for value in (0.0, 0.5, None)] == [True, True, False]


@pytest.mark.parametrize("name", names())
def test_evidence_is_among_what_is_counted_on_the_capability_s_own_example(name: str) -> None:
    asked = capability(name)
    example = asked.example()
    answer = asked.ask(asked.null, *example.inputs)
    for metric in asked.metrics:
        if metric.judge is None:
            assert set(metric.evidence) <= set(metric.components(example.reference, answer)), metric.name
        assert metric.lacking
