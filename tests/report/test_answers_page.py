"""The page of answers to a question at hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.datasets.manifest import Sample
from model_lab.report import answers_page
from model_lab.report.answers_page import JSON, ModelAnswer, write
from model_lab.types import Audio, Label, Segment, Transcript

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    samples = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)
    audio.write(tmp_path / "a.wav", Audio(samples, 16000))
    return tmp_path


def question(folder: Path, asked: str = "asr", **row: object) -> Sample:
    return Sample("question", {"audio": "a.wav", **row}, folder, "question", capability(asked), "your question")


def written(folder: Path) -> str:
    return (folder / answers_page.PAGE).read_text("utf-8")


def test_transcripts_stand_against_the_first_where_the_truth_is_not_known(heard: Path, tmp_path: Path) -> None:
    given = [ModelAnswer("one", Transcript("the cat sat")), ModelAnswer("two", Transcript("a cat sat down"))]
    write(question(heard), given, tmp_path / "page")
    text = written(tmp_path / "page")
    assert "Compared with one" in text and "<ins>a</ins>" in text.replace("\n", "")
    assert "1 wrong, 0 missing, 1 added; 2 words right" in text


def test_they_stand_against_the_truth_where_it_is_known(heard: Path, tmp_path: Path) -> None:
    given = [ModelAnswer("one", Transcript("the cat sat")), ModelAnswer("two", Transcript("the cat spat"))]
    write(question(heard, text="the cat spat"), given, tmp_path / "page")
    text = written(tmp_path / "page")
    assert "Compared with the reference" in text
    assert "1 wrong, 0 missing, 0 added; 2 words right" in text and "all 3 words right" in text


def test_one_transcript_stands_alone(heard: Path, tmp_path: Path) -> None:
    write(
        question(heard), [ModelAnswer("one", Transcript("the cat sat")), ModelAnswer("two", error="it died")], tmp_path / "page"
    )
    text = written(tmp_path / "page")
    assert "Against" not in text and "the cat sat" in text and "failed: it died" in text


def test_what_happens_over_time_is_drawn(heard: Path, tmp_path: Path) -> None:
    write(
        question(heard, "vad"),
        [ModelAnswer("one", [Segment(0.1, 0.6)]), ModelAnswer("two", [Segment(0.2, 0.9)])],
        tmp_path / "page",
    )
    assert (tmp_path / "page/page/drawing.svg").is_file() and 'src="drawing.svg"' in written(tmp_path / "page")


def test_costs_are_said(heard: Path, tmp_path: Path) -> None:
    write(question(heard), [ModelAnswer("one", Transcript("x"), "", 1.25, 0.5, 612.0, "cpu")], tmp_path / "page")
    text = written(tmp_path / "page")
    assert all(said in text for said in ("500 ms", "1.25 s", "612 MB", "0.5</dd>"))


def test_notes_are_said_once(heard: Path, tmp_path: Path) -> None:
    given = [ModelAnswer(name, Transcript("x"), notes=("its channels cancel <out>",)) for name in ("one", "two")]
    write(question(heard), given, tmp_path / "page")
    assert written(tmp_path / "page").count("its channels cancel &lt;out&gt;") == 1


@pytest.mark.parametrize("language", ["", "xx", "zh-Hans", EVIL])
def test_a_language_that_a_model_names_need_be_none(heard: Path, tmp_path: Path, language: str) -> None:
    given = [ModelAnswer("one", Transcript("今天", language=language)), ModelAnswer("two", Transcript("今日", language="qq"))]
    write(question(heard), given, tmp_path / "page")
    assert ("characters" in written(tmp_path / "page")) == (language == "zh-Hans")


def test_languages_are_right_by_whatever_name(heard: Path, tmp_path: Path) -> None:
    given = [ModelAnswer("one", [Label("English", 0.9), Label("deu", 0.1)]), ModelAnswer("two", [Label("de-AT", 0.9)])]
    write(question(heard, "langid", language="en", languages=["en", "de"]), given, tmp_path / "page")
    text = written(tmp_path / "page")
    assert (text.count('<li class="right"'), text.count('<li class="wrong"'), text.count('<li class=""')) == (1, 1, 1)


def test_hostile_answers_are_text(heard: Path, tmp_path: Path) -> None:
    given = [
        ModelAnswer(EVIL, Transcript(EVIL)),
        ModelAnswer("two", error=EVIL),
        ModelAnswer("three", Transcript(EVIL + " more")),
    ]
    write(question(heard, text=EVIL), given, tmp_path / "page")
    assert EVIL not in written(tmp_path / "page")


def test_the_twin_holds_the_answers_and_its_sounds(heard: Path, tmp_path: Path) -> None:
    sound = Audio(np.full(800, 0.25, np.float32), 16000)
    write(question(heard, "enhance"), [ModelAnswer("one", sound, "", 0.1, 0.2, 3.0, "cpu")], tmp_path / "page")
    (one,) = json.loads((tmp_path / "page" / JSON).read_text("utf-8"))
    assert (one["model"], one["latency_s"], one["answer"]["sample_rate"]) == ("one", 0.2, 16000)
    assert audio.read(tmp_path / "page" / one["answer"]["file"]).samples == pytest.approx(0.25, abs=1e-4)
