"""A question and the page of its answers: what is asked, what is left behind, and what strangers write into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab.capabilities import capability
from model_lab.errors import BadAudio, BadConfig
from model_lab.report import answers_page
from model_lab.report.answers_page import ModelAnswer
from model_lab.types import Audio, Entity, Label, Segment, Transcript, Turn, Word
from model_lab.ui import inference
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import inference as tab
from tests.ui.conftest import sound
from tests.ui.tabs.test_live import EVIL, Tags

ANSWERS = {
    "asr": Transcript(EVIL, (Word(EVIL, 0.1, 0.2),), language=EVIL),
    "ner": [Entity(EVIL, EVIL, 0, len(EVIL))],
    "classify": [Label(EVIL, 0.9)],
    "diarization": [Turn(0.0, 0.3, EVIL)],
    "vad": [Segment(0.0, 0.3)],
    "summarize": EVIL,
    "tts": Audio(np.full(800, 0.1, np.float32), 16000),
}


@pytest.mark.parametrize("asked", sorted(ANSWERS))
def test_whatever_strangers_write_stands_on_the_page_as_text(context: ServerContext, tmp_path: Path, asked: str) -> None:
    (tmp_path / "<b>.wav").write_bytes(sound())
    reads = capability(asked).inputs[0][0] == "text"
    column = capability(asked).inputs[0][1]
    question = inference.question(context, asked, {column: EVIL if reads else str(tmp_path / "<b>.wav")})
    given = [
        ModelAnswer("first", ANSWERS[asked], latency_s=0.1),
        ModelAnswer("second", ANSWERS[asked], latency_s=0.1),
        ModelAnswer("third", error=EVIL),
    ]
    page = answers_page.write(question, given, context.fresh("answers"))
    text = page.read_text()
    found = Tags(text).found
    assert all(not name.startswith("on") for _, attributes in found for name in attributes)
    assert all((attributes.get("src") or "").startswith("../") for tag, attributes in found if tag == "script")
    assert not [attributes for tag, attributes in found if tag == "img" and attributes.get("src") == "x"]
    assert "alert(1)" in text
    drawing = page.with_name("drawing.svg")
    assert not drawing.exists() or not {"script", "img"} & {tag for tag, _ in Tags(drawing.read_text()).found}
    assert "alert(1)" in (page.parent.parent / "answers.json").read_text()


def test_a_question_keeps_copies_under_safe_names(context: ServerContext, tmp_path: Path) -> None:
    names = ["a b.wav", "a_b.wav", "\U0001f600.wav"]
    for name in names:
        (tmp_path / name).write_bytes(sound(0.1))
    question = inference.question(
        context, "fingerprint", {"audio": str(tmp_path / names[0]), "library": [str(tmp_path / name) for name in names]}
    )
    assert question.folder.is_relative_to((context.place / "incoming").resolve())
    assert sorted(path.name for path in question.folder.iterdir()) == ["2-a_b.wav", "3-a_b.wav", "a_b.wav", "wav"]
    assert set(question.row["library"]) == {"a b", "a_b", "\U0001f600"}
    inference.work(context, question, []).clear()
    assert not question.folder.exists()


def test_named_sounds_stand_in_a_row_as_the_capability_declares(context: ServerContext, tmp_path: Path) -> None:
    for name in ("hey.wav", "stop.wav"):
        (tmp_path / name).write_bytes(sound(0.1))
    hey, stop = (str(tmp_path / name) for name in ("hey.wav", "stop.wav"))
    spotted = inference.question(context, "kws", {"audio": hey, "keywords": [hey, stop]})
    assert spotted.row == {"audio": "hey.wav", "keywords": {"hey": ["2-hey.wav"], "stop": ["stop.wav"]}}
    matched = inference.question(context, "fingerprint", {"audio": hey, "library": [hey, stop]})
    assert matched.row == {"audio": "hey.wav", "library": {"hey": "2-hey.wav", "stop": "stop.wav"}}
    assert [leaf.name for leaf in spotted.inputs[1]["hey"]] == ["2-hey.wav"] and matched.inputs[1]["stop"].name == "stop.wav"


def test_the_form_fills_the_columns_that_a_capability_declares() -> None:
    form = ("first.wav", "second.wav", ["a.wav", "b.wav"], "a text", 8, "what is said")
    for name, row in {
        "asr": {"audio": "first.wav", "text": "what is said"},
        "asr_stream": {"audio": "first.wav"},
        "speaker_verify": {"audio": "first.wav", "audio_b": "second.wav"},
        "kws": {"audio": "first.wav", "keywords": ["a.wav", "b.wav"]},
        "fingerprint": {"audio": "first.wav", "library": ["a.wav", "b.wav"]},
        "music_gen": {"text": "a text", "seconds": 8},
        "voice_clone": {"text": "a text", "voice": "first.wav"},
    }.items():
        assert tab.columns(capability(name), form) == row


def test_a_question_that_is_refused_leaves_nothing(context: ServerContext, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(sound(0.1))
    (tmp_path / "bad.wav").write_bytes(b"no sound\n" * 50)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "x.wav").write_bytes(sound(0.1))
    good, bad, again = (str(tmp_path / name) for name in ("x.wav", "bad.wav", "again/x.wav"))
    with pytest.raises(BadAudio, match=r"bad\.wav is not audio"):
        inference.question(context, "speaker_verify", {"audio": good, "audio_b": bad})
    with pytest.raises(BadConfig, match="two sounds are called 'x'"):
        inference.question(context, "fingerprint", {"audio": good, "library": [good, again]})
    with pytest.raises(BadConfig, match="is missing"):
        inference.question(context, "asr", {})
    with pytest.raises(BadConfig, match="201 characters; the maximum is 200"):
        inference.question(context, "ner", {"text": "x" * 201})
    assert [*(context.place / "incoming").iterdir()] == []
