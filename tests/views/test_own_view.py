"""A capability of somebody's own describes and draws its questions, references and answers, without a change in the package."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from model_lab.capabilities import capability
from model_lab.datasets.manifest import Sample
from model_lab.errors import ContractBroken
from model_lab.report.answers_page import PAGE, ModelAnswer
from model_lab.report.answers_page import write as write_answers
from tests import test_own_capability as own
from tests.cli.test_commands import cli
from tests.conftest import forget
from tests.report.site.test_pages import Parsed

VIEW = """
from model_lab.views import View
from model_lab.views.parts import Facts, Remark, Sound, Text
from model_lab.views.plots import Bar, Timeline

def described(sample, answer):
    right = sample.reference is not None and answer["word"] == sample.reference.word
    return [Text(answer["word"] + "!"), Remark("as it is" if right else "it is not so")]

def drawn(sample, answers):
    reference = [Bar(0, sample.seconds, sample.reference.word)] if sample.reference else None
    return Timeline("Loudness", reference, {model: [Bar(0, 0.2, one["word"])] for model, one in answers.items()}, "loud or not")

VIEW = View(
    fits=lambda answer: isinstance(answer, dict) and "word" in answer,
    question=lambda sample: [Sound("what is to be judged", sample.row["audio"])],
    reference=lambda sample: [Facts({"level": f"{sample.reference.level_db:.0f} dB"})],
    answer=described,
    plot=drawn,
    line=lambda stored: "it is " + stored["word"],
)

CAPABILITY = Capability("""


@pytest.fixture
def loudness(extension: Path) -> Path:
    own.write(extension, own.THRESHOLDS + " view=VIEW,")
    path = extension / "capabilities/loudness.py"
    path.write_text(path.read_text().replace("\nCAPABILITY = Capability(", VIEW))
    forget()
    return extension


def test_its_pages_in_a_report_are_its_own(loudness: Path, tmp_path: Path) -> None:
    done = cli("run", "meter", "hums", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = cli("report", "meter-hums-smoke", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    place = tmp_path / "runs/meter-hums-smoke/report/samples/loudness/hums"
    path = min((place / "sample").glob("*.html"))
    page = Parsed(path)
    assert not page.faults
    for words in (
        "what is to be judged",
        "-40 dB",
        "quiet!",
        "as it is",
        "Loudness of meter and the reference",
        "; loud or not",
    ):
        assert words in page.words, words
    drawn = "".join(ElementTree.parse(path.with_suffix(".svg")).getroot().itertext()).split()
    assert "reference" in drawn and "meter" in drawn
    assert "it is quiet" in Parsed(place / "index.html").words and "it is quiet" in path.with_suffix(".md").read_text()
    report = json.loads((place.parents[2] / "index.json").read_text())
    assert report["scorecards"][0]["tables"][0]["examples"][0]["answers"]["meter"] == "it is quiet"


def test_its_answers_to_a_question_at_hand_are_its_own(loudness: Path, tmp_path: Path) -> None:
    row = {"audio": "1.wav", "word": "loud", "level_db": -6}
    sample = Sample("x", row, loudness / "datasets", "x", capability("loudness"), "your question")
    given = [ModelAnswer("one", {"word": "loud"}), ModelAnswer("two", ["loud"])]
    write_answers(sample, given, tmp_path / "page")
    words = Parsed(tmp_path / "page" / PAGE).words
    assert "loud! as it is" in words and '["loud"]' in words and "Loudness of one and the reference" in words


def test_a_view_that_fails_is_a_sentence_on_the_page(loudness: Path, tmp_path: Path) -> None:
    path = loudness / "capabilities/loudness.py"
    path.write_text(path.read_text().replace('"!"', "1").replace("loud or not", '1" + 1 + "'))
    forget()
    row = {"audio": "1.wav", "word": "loud", "level_db": -6}
    sample = Sample("x", row, loudness / "datasets", "x", capability("loudness"), "your question")
    write_answers(sample, [ModelAnswer("one", {"word": "loud"})], tmp_path / "page")
    words = Parsed(tmp_path / "page" / PAGE).words
    assert "It cannot be shown: TypeError" in words and "The answers cannot be drawn: TypeError" in words


def test_what_is_no_view_is_refused(loudness: Path) -> None:
    path = loudness / "capabilities/loudness.py"
    path.write_text(path.read_text().replace("view=VIEW", "view=described"))
    forget()
    with pytest.raises(ContractBroken, match="expected a View"):
        capability("loudness")
