from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.analysis.examples import answered, brief, truth
from model_lab.capabilities import capability

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["Audio", "array", "Transcript"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["type", "text", "data", "shape", "file", "dtype"]) | st.text(), inner)
    ),
)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"type": "Transcript", "text": ""}, "(nothing)"),
        ({"type": "StreamTranscript", "events": [{"text": "good"}, {"text": "good day", "said": 2.5}]}, "good day"),
        ({"type": "StreamTranscript", "events": [{"text": ""}]}, "(nothing)"),
        ([], "(nothing)"),
        (None, "(nothing)"),
        ([{"type": "Segment", "start": 0.5, "end": 1.25, "label": ""}], "0.5 1.25"),
        ([1.0] * 6, "1, 1, 1, 1, and 2 more"),
        (
            {"type": "Audio", "file": "artifacts/a.wav", "shape": [2, 24000], "sample_rate": 16000},
            "1.50 s of sound (artifacts/a.wav)",
        ),
        ({"type": "array", "data": {"dtype": "float32", "shape": [256], "data": [0.0]}}, "array of float32, shape [256]"),
        ({"mos": 3.25}, "mos 3.25"),
    ],
)
def test_answers_in_a_line(answer: Any, shown: str) -> None:
    assert brief(answer) == shown


@given(JSON)
def test_no_answer_is_too_odd_to_show(answer: Any) -> None:
    line = brief(answer)
    assert len(line) <= 240 and "\n" not in line


def test_a_truth_in_a_line_names_no_sound_and_no_object() -> None:
    row = {"id": "x", "audio": "a.wav", "audio_b": "b.wav", "same": True, "group": "g"}
    assert truth(row, capability("speaker_verify")) == "same: True"
    assert truth({"audio": "a.wav", "label": "dog", "classes": {"dog": ["Dog"]}}, capability("classify")) == "label: dog"
    assert truth(row, None) == "id x, audio a.wav, audio_b b.wav, same True"


def test_a_record_in_a_line() -> None:
    assert answered({"status": "ok", "hypothesis": "good day"}) == "good day"
    assert answered({"status": "failed", "error": "no\nmemory"}) == "failed: no memory"
    assert answered({}) == "failed: (nothing)"
