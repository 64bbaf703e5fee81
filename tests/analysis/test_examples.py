from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.analysis.examples import answer_line, line, reference_line
from model_lab.capabilities import capability
from model_lab.views import View
from model_lab.views.fallback import FALLBACK

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
    assert line(answer, FALLBACK) == shown


@given(JSON)
def test_no_answer_is_too_odd_to_show(answer: Any) -> None:
    shown = line(answer, FALLBACK)
    assert len(shown) <= 240 and "\n" not in shown


def test_a_truth_in_a_line_names_no_sound_and_no_object() -> None:
    row = {"id": "x", "audio": "a.wav", "audio_b": "b.wav", "same": True, "group": "g"}
    assert reference_line(row, capability("speaker_verify")) == "same: True"
    assert reference_line({"audio": "a.wav", "label": "dog", "classes": {"dog": ["Dog"]}}, capability("classify")) == "label: dog"
    assert reference_line(row, None) == "id x, audio a.wav, audio_b b.wav, same True"


def test_a_record_in_a_line() -> None:
    assert answer_line({"status": "ok", "hypothesis": "good day"}, FALLBACK) == "good day"
    assert answer_line({"status": "failed", "error": "no\nmemory"}, FALLBACK) == "failed: no memory"
    assert answer_line({}, FALLBACK) == "failed: (nothing)"


def test_a_capability_writes_its_answers_itself() -> None:
    view = View(line=lambda stored: f"{stored['level']} dB\nor so")
    assert answer_line({"status": "ok", "hypothesis": {"level": 3}}, view) == "3 dB or so"


def test_a_line_that_a_capability_cannot_write_is_a_sentence() -> None:
    view = View(line=lambda stored: stored["level"])
    assert line({}, view) == "it cannot be shown: KeyError: 'level'"
