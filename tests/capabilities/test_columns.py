"""Every capability refuses what is not of a column's type or unit, whatever the column."""

from __future__ import annotations

import math
from typing import Any

import pytest

from model_lab.capabilities import _columns as columns
from model_lab.capabilities import capability
from model_lab.errors import BadManifest

NO_TEXT = [["hello", "there"], True, {"raw": "hello"}, 0.5]


@pytest.mark.parametrize("value", NO_TEXT)
@pytest.mark.parametrize(
    ("name", "column", "row"),
    [
        ("asr", "text", {}),
        ("asr", "language", {"text": "x"}),
        ("asr_stream", "text", {"speech_start": 0, "speech_end": 1}),
        ("tts", "text", {}),
        ("voice_clone", "text", {"voice": "a.wav"}),
        ("embed", "label", {}),
        ("speaker_embed", "speaker", {}),
        ("emotion", "label", {"classes": {"a": ["a"]}}),
        ("langid", "language", {"languages": ["en"]}),
        ("phones", "phones", {}),
        ("summarize", "summary", {"text": "x"}),
        ("translate", "translation", {}),
        ("translate", "text", {"translation": "x"}),
        ("key", "key", {}),
        ("music_gen", "key", {"seconds": 3}),
        ("music_gen", "instrument", {"seconds": 3}),
        ("ner", "text", {"entities": []}),
        ("alignment", "text", {"words": []}),
        ("fingerprint", "match", {"library": {"a": "a.wav"}}),
    ],
)
def test_what_is_no_text_is_refused(name: str, column: str, row: dict[str, Any], value: Any, resolve: Any) -> None:
    with pytest.raises(BadManifest, match=rf"{column}.* is .*(text|words)"):
        capability(name).reference({"audio": "a.wav", **row, column: value}, resolve)


@pytest.mark.parametrize("value", ["0.5", True, [0.5], {"s": 1}, math.nan, math.inf, 10**400])
@pytest.mark.parametrize(
    ("name", "column", "row"),
    [
        ("asr_stream", "speech_start", {"text": "x", "speech_end": 1}),
        ("asr_stream", "speech_end", {"text": "x", "speech_start": 0}),
        ("quality", "snr_db", {}),
        ("tempo", "tempo_bpm", {}),
        ("music_gen", "seconds", {}),
        ("music_gen", "tempo_bpm", {"seconds": 3}),
    ],
)
def test_what_is_no_number_is_refused(name: str, column: str, row: dict[str, Any], value: Any, resolve: Any) -> None:
    with pytest.raises(BadManifest, match=r"is .*; expected"):
        capability(name).reference({"audio": "a.wav", **row, column: value}, resolve)


@pytest.mark.parametrize("label", ["Dog", "DOG", "bog"])
def test_of_the_classes_the_nearest_is_named(label: str) -> None:
    with pytest.raises(BadManifest, match=r"did you mean 'dog'\?"):
        capability("classify").reference({"audio": "a.wav", "label": label, "classes": {"dog": ["Dog"], "cat": ["Cat"]}}, None)


@pytest.mark.parametrize(
    "classes", [{}, ["dog"], {"dog": "Dog"}, {"dog": [True]}, {"dog": [1.5]}, {"dog": [""]}, {"dog": ["Dog"], "Dog": ["Dog"]}]
)
def test_classes_of_another_form_are_refused(classes: Any) -> None:
    with pytest.raises(BadManifest, match="class"):
        capability("classify").reference({"audio": "a.wav", "label": "dog", "classes": classes}, None)


def test_whole_numbers_are_names_of_speakers_and_classes(resolve: Any) -> None:
    assert capability("speaker_embed").reference({"audio": "a.wav", "speaker": 1089}, resolve).speaker == "1089"
    assert capability("classify").reference({"audio": "a.wav", "label": 3, "classes": {"3": ["Dog"]}}, resolve).label == "3"
    turn = {"start": 0, "end": 1, "speaker": 0}
    assert capability("diarization").reference({"audio": "a.wav", "turns": [turn]}, resolve).turns[0].speaker == "0"
    for value in (True, 1.5, "", " ann"):
        with pytest.raises(BadManifest, match=r"column 'speaker' is .*; expected (text|a name)"):
            capability("speaker_embed").reference({"audio": "a.wav", "speaker": value}, resolve)


def test_half_a_character_is_no_text(resolve: Any) -> None:
    with pytest.raises(BadManifest, match=r"column 'text' is .* has half a character"):
        capability("asr").reference({"audio": "a.wav", "text": "x\ud800"}, resolve)


def test_whole_numbers_may_be_written_with_a_point() -> None:
    assert columns.as_whole(3.0, "start", "characters") == 3
    with pytest.raises(BadManifest, match=r"start is 0\.9; expected a whole number of characters"):
        columns.as_whole(0.9, "start", "characters")


@pytest.mark.parametrize(
    ("speech", "problem"),
    [
        ([0.5, 2], r"speech\[0\] is 0.5, a number; expected \[start, end\]"),
        ([["0.5", 2]], r"speech\[0\] is '0.5', text; expected a number"),
        ([[0, 1, 2]], r"expected \[start, end\]"),
        ([[2, 1]], r"speech\[0\] is 2.0-1.0 s; expected 0 <= start < end"),
        ([[1, 1]], r"speech\[0\] is 1.0-1.0 s"),
        ([[-1, 1]], r"speech\[0\] is -1.0-1.0 s"),
        ([[0, math.inf]], "inf; expected a finite number of seconds"),
        ("0-1", r"column 'speech' is '0-1', text; expected \[\[start, end\], ...\]"),
        ({"start": 0}, "an object; expected"),
    ],
)
def test_stretches_of_time_of_another_form_are_refused(speech: Any, problem: str) -> None:
    with pytest.raises(BadManifest, match=problem):
        columns.spans({"speech": speech}, "speech")
