"""Suspect references: the definition on hand-made answers, marks beside the data, and scores without the marked samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.analysis.audit import Comparer, reproduction, suspect, without_marked
from model_lab.analysis.reference_audit import audit_run, question_of
from model_lab.capabilities import capability
from model_lab.errors import BadConfig
from model_lab.metrics.entities import Marked
from model_lab.metrics.labels import ClassTruth
from model_lab.metrics.text import WER, ReferenceTranscript
from model_lab.results import marks
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder, chosen
from model_lab.types import Beats, Entity, Label, Transcript
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs

SAID = "please call me back at seven"
SPELLED = "river stone cloud maple"
WRITTEN = "please call him back at eleven"
ROWS = [{"id": f"s{n}", "text": WRITTEN if n == 3 else SAID, "group": f"g{n}"} for n in range(12)]


def own(model: str) -> str:
    return model.partition("_")[0]


def heard(**answers: str) -> dict[str, Transcript]:
    return {model: Transcript(text) for model, text in answers.items()}


@pytest.mark.parametrize(
    ("answers", "models"),
    [
        (heard(whisper=SAID, vosk=SAID), ("whisper", "vosk")),
        (heard(whisper=SAID, whisper_large=SAID), None),  # of one family
        (heard(whisper=SAID, vosk=WRITTEN), None),  # one of them says what is written
        (heard(whisper=SAID, vosk="peas cold tea packet heaven"), None),  # they do not agree
        (heard(whisper="", vosk=""), None),  # nothing is no answer to agree on
        (heard(whisper=SAID, vosk=SAID, moonshine="no"), ("whisper", "vosk")),
    ],
)
def test_two_families_must_agree_against_the_reference(answers: dict[str, Any], models: tuple[str, ...] | None) -> None:
    found = suspect("s", ReferenceTranscript(WRITTEN), answers, own, Comparer(capability("asr")))
    assert (found.models if found else None) == models
    if found:
        assert found.agreement == 0.0 and found.distances == (pytest.approx(2 / 6),) * 2


def entity(text: str, label: str, start: int) -> Entity:
    return Entity(text, label, start, start + len(text))


@pytest.mark.parametrize(
    ("name", "reference", "answer", "other"),
    [
        ("emotion", ClassTruth("sad", {"sad": ("sad",), "angry": ("anger",)}), [Label("anger", 0.9)], [Label("sad", 0.6)]),
        ("classify", ClassTruth("dog", {"dog": ("Bark",), "cat": ("Meow",)}), [Label("Meow", 0.9)], [Label("Bark", 0.6)]),
        ("langid", ClassTruth("en", {"en": ("en",), "nl": ("nl",)}), [Label("dut", 0.9)], [Label("English", 0.6)]),
        ("tempo", Beats(90.0), Beats(120.0), Beats(90.5)),
        ("key", "C major", [Label("F# minor", 0.8)], [Label("C major", 0.8)]),
        ("ner", Marked([entity("Paris", "PERSON", 8)]), [entity("Paris", "GPE", 8)], [entity("Paris", "PERSON", 8)]),
    ],
)
def test_every_capability_that_compares_answers_finds_one_against_its_reference(
    name: str, reference: Any, answer: Any, other: Any
) -> None:
    comparer = Comparer(capability(name))
    assert suspect("s", reference, {"a": answer, "b": answer}, own, comparer) is not None
    assert suspect("s", reference, {"a": answer, "b": other}, own, comparer) is None
    assert suspect("s", reference, {"a": other, "b": other}, own, comparer) is None


def test_how_often_a_model_gives_a_faulty_reference_back_has_an_exact_interval() -> None:
    """Clopper and Pearson for 0 of 10: the upper end is 1 - .025^(1/10) = 30.8 %."""
    none = reproduction("m", [False] * 10, list(map(str, range(10))))
    assert (none.share, none.low) == (0.0, 0.0) and none.high == pytest.approx(1 - 0.025**0.1)
    clustered = reproduction("m", [False] * 10, ["a", "b"] * 5)
    assert clustered.n_groups == 2 and clustered.high == pytest.approx(1 - 0.025**0.5)


def test_scores_are_shown_without_the_samples_marked_wrong() -> None:
    """4 errors in 16 words, all of them in the marked sample."""
    answers = {"s0": SPELLED, "s1": SPELLED, "s2": SPELLED, "s3": "x x x x"}
    parts = {name: WER.components(ReferenceTranscript(SPELLED), Transcript(answer)) for name, answer in answers.items()}
    row = without_marked("m", parts, {name: name for name in parts}, {"s3"}, WER)
    assert (row.value, row.n, row.value_without, row.n_without) == (0.25, 4, 0.0, 3)


@pytest.fixture
def folder(make_cell: Any, runs: Path) -> RunFolder:
    """``sharp`` and ``keen`` hear what is said, ``parrot`` gives what is written, and ``deaf`` hears nothing right."""
    for model, answer in (
        ("sharp", lambda row: SAID),
        ("keen", lambda row: SAID),
        ("parrot", lambda row: row["text"]),
        ("deaf", lambda row: "what"),
    ):
        score_cell(make_cell(model, ROWS, {row["id"]: answer(row) for row in ROWS}), "r")
    return chosen(runs)


def test_a_run_lists_what_is_suspect_and_who_reproduces_it(folder: RunFolder, make_cell: Any) -> None:
    [audit] = audit_run(folder)
    assert (
        audit.models == ("parrot", "keen") and audit.n_suspects == 0
    )  # parrot is in the better half, and agrees with the reference
    score_cell(make_cell("dull", ROWS, {row["id"]: "who" for row in ROWS}), "r")
    [audit] = audit_run(folder)
    assert audit.models == ("parrot", "keen", "sharp") and audit.n_suspects == 1
    [sample] = audit.samples
    assert sample.sample_id == "s3" and sample.answers == {"keen": SAID, "sharp": SAID} and sample.reference == f"text: {WRITTEN}"
    assert {each.model: each.share for each in audit.reproductions} == {
        "parrot": 1.0,
        "deaf": 0.0,
        "dull": 0.0,
        "keen": 0.0,
        "sharp": 0.0,
    }
    assert audit.basis == "suspect" and not audit.without


def test_a_mark_lies_beside_the_runs_and_changes_the_scores_shown(folder: RunFolder) -> None:
    place, question, path = question_of(folder, "s3")
    assert (place, path) == ("d", folder.path.parent / "audits" / "d.jsonl")
    marks.mark(path, place, question, "unsure")
    marks.mark(path, place, question, "wrong", "he says me")
    [audit] = audit_run(folder, "d")
    assert audit.marked == {"wrong": 1} and audit.basis == "marked wrong"
    rows = {row.model: row for row in audit.without}
    assert rows["sharp"].value == pytest.approx(2 / 72) and rows["sharp"].value_without == 0.0 and rows["sharp"].n_without == 11
    assert [(each.sample_id, each.mark, each.reason) for each in audit.samples] == [("s3", "wrong", "he says me")]


def test_a_mark_of_another_row_does_not_count(folder: RunFolder) -> None:
    place, question, path = question_of(folder, "s3")
    marks.mark(path, place, question.model_copy(update={"row": {**question.row, "text": "before"}}), "wrong")
    [audit] = audit_run(folder)
    assert audit.n_stale == 1 and not audit.marked and not audit.without


def test_marks_of_own_data_lie_beside_its_manifest(folder: RunFolder, tmp_path: Path) -> None:
    (folder.path / "manifest.json").write_text(f'{{"arguments": {{"manifest": "{tmp_path}/mine.jsonl"}}}}')
    questions = [question.model_copy(update={"anywhere": True}) for question in folder.cell("sharp", "d").questions()]
    assert marks.place(folder, "d", questions) == tmp_path / "mine.jsonl.audit.jsonl"


def test_mistakes_are_sentences(folder: RunFolder) -> None:
    with pytest.raises(BadConfig, match=r"r has no sample 's33' \(did you mean 's3'\?\)"):
        question_of(folder, "s33")
    with pytest.raises(BadConfig, match=r"--as is 'wrnog' \(did you mean 'wrong'\?\)"):
        marks.verdict_of("wrnog")
    with pytest.raises(BadConfig, match="has no dataset 'e'"):
        audit_run(folder, "e")


def test_models_of_one_family_suspect_nothing(make_cell: Any, runs: Path) -> None:
    for model in ("whisper", "openai_whisper"):
        score_cell(make_cell(model, ROWS, {row["id"]: SAID for row in ROWS}), "r")
    [audit] = audit_run(chosen(runs))
    assert audit.n_suspects == 0 and "of one family (whisper), and two are needed" in audit.note
