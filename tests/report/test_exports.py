"""Exports: which files come out of a run, what is left out of them, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab import capabilities
from model_lab.errors import BadConfig, StoreError, UnknownName
from model_lab.files import write_json
from model_lab.formats import Format
from model_lab.formats.registry import FORMATS, SCORE_FORMATS, FormatRegistry
from model_lab.report import exports
from model_lab.report.exports import export
from model_lab.results.answers import file_name
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder, run_folder
from model_lab.types import Note, Segment, Transcript, Turn, Word
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs
from tests.scored_run import rewrite

WORDS = Transcript("good day", (Word("good", 0.0, 0.5), Word("day", 0.5, 1.0)))


def asked(*names: str) -> list[Mapping[str, Any]]:
    return [{"id": name, "text": "good day", "turns": [], "speech": [], "notes": []} for name in names]


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def run(make_cell: Any, runs: Path) -> RunFolder:
    """A recogniser with times for one sample of three, one without, a diarizer, a detector and a transcriber of notes."""
    rows = asked("a", "b", "c")
    score_cell(make_cell("timed", rows, {"b": WORDS, "a": Transcript("good day"), "c": ValueError("crash")}), "r")
    score_cell(make_cell("plain", rows, {"a": "good"}), "r")
    make_cell("who", rows, {"a": [Turn(0.0, 1.0, "x")]}, dataset="talk", capability="diarization")
    make_cell("when", rows, {"a": [Segment(0.0, 1.0)]}, dataset="talk", capability="vad")
    make_cell("notes", rows, {"a": [Note(0.0, 1.0, 440.0)]}, dataset="music", capability="music_transcription")
    make_cell("tempo", rows, {}, dataset="beats", capability="tempo")
    return run_folder(runs, "r")


def test_a_file_for_each_sample_and_what_is_left_out(run: RunFolder, tmp_path: Path) -> None:
    done = export(run, "srt", tmp_path / "out")
    assert [path.relative_to(tmp_path / "out").as_posix() for path in done.files] == [
        "plain/d/a.srt",
        "timed/d/a.srt",
        "timed/d/b.srt",
    ]
    assert contents(tmp_path / "out")["timed/d/b.srt"] == "1\n00:00:00,000 --> 00:00:01,000\ngood day\n"
    assert done.left_out == ("plain on d: 2 not answered", "timed on d: 1 failed")


def test_one_file_for_all_samples_where_the_format_has_room(run: RunFolder, tmp_path: Path) -> None:
    done = export(run, "ctm", tmp_path / "ctm")
    assert contents(tmp_path / "ctm") == {"timed/d.ctm": "b 1 0.000 0.500 good\nb 1 0.500 0.500 day\n"}
    assert "timed on d: 1 answered without times of words, which srt, vtt and textgrid do not need" in done.left_out
    export(run, "rttm", tmp_path / "rttm")
    assert set(contents(tmp_path / "rttm")) == {"who/talk.rttm", "when/talk.rttm"}


def test_models_and_a_dataset_can_be_chosen(run: RunFolder, tmp_path: Path) -> None:
    assert len(export(run, "vtt", tmp_path / "one", ["plain"]).files) == 1
    assert len(export(run, "rttm", tmp_path / "two", ["who", "timed"], "talk").files) == 1
    assert b"MThd" in export(run, "midi", tmp_path / "three", ["notes"]).files[0].read_bytes()
    csv = export(run, "csv", tmp_path / "four", ["plain"]).files[0].read_text()
    assert "plain" in csv and "timed" not in csv


def test_perturbed_answers_have_a_folder_of_their_own(make_cell: Any, runs: Path, tmp_path: Path) -> None:
    make_cell("m", asked("a"), {"a": WORDS})
    make_cell("m", asked("a"), {"a": WORDS}, perturbation="noise:10", perturbation_revision="1")
    export(run_folder(runs, "r"), "ctm", tmp_path / "out")
    assert set(contents(tmp_path / "out")) == {"m/d.ctm", "m/d~noise-10.ctm"}


def test_a_second_export_replaces_the_first_and_nothing_else(run: RunFolder, tmp_path: Path) -> None:
    export(run, "csv", tmp_path)
    (tmp_path / "results.csv").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    export(run, "csv", tmp_path)
    assert contents(tmp_path)["mine.txt"] == "mine"
    assert contents(tmp_path)["results.csv"].startswith("run,model,")
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    ("form", "models", "dataset", "said"),
    [
        ("midy", [], "", r"no format 'midy' \(did you mean 'midi'\?\); expected one of: csv, parquet"),
        ("csv", ["timd"], "", r"r holds no model 'timd' \(did you mean 'timed'\?\)"),
        ("csv", [], "tlak", r"r holds no dataset 'tlak' \(did you mean 'talk'\?\)"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(
    run: RunFolder, tmp_path: Path, form: str, models: list[str], dataset: str, said: str
) -> None:
    with pytest.raises(UnknownName, match=said):
        export(run, form, tmp_path, models, dataset)


def test_a_format_that_does_not_fit_names_those_that_do(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(
        BadConfig, match=r"srt holds answers of alignment, asr, translate, not of vad; vad goes into rttm, textgrid$"
    ):
        export(run, "srt", tmp_path, ["when"])
    with pytest.raises(BadConfig, match=r"not of tempo; no format here holds tempo$"):
        export(run, "midi", tmp_path, ["tempo"])
    with pytest.raises(BadConfig, match="nothing of r can be written as ctm: plain on d: 1 answered without"):
        export(run, "ctm", tmp_path, ["plain"])


def test_a_format_of_a_package_takes_part(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = FormatRegistry(FORMATS.values(), reserved=SCORE_FORMATS)
    registry.add(
        Format("lab", "lab", lambda turns, recording, duration: f"{recording} {len(turns)}\n".encode(), together=True), "p"
    )
    monkeypatch.setattr(exports, "FORMATS", registry)
    with pytest.raises(BadConfig, match="lab holds answers of no capability, not of diarization; diarization goes into rttm"):
        export(run, "lab", tmp_path, ["who"])
    diarization = capabilities.capability("diarization")
    with_lab = replace(diarization, exports={**diarization.exports, "lab": lambda answer, duration: answer})
    monkeypatch.setattr(capabilities, "usable", lambda name: with_lab if name == "diarization" else None)
    export(run, "lab", tmp_path / "out")
    assert contents(tmp_path / "out") == {"who/talk.lab": "a 1\n"}


@pytest.mark.parametrize("form", ["csv", "parquet", "model-index", "eval-results"])
def test_a_run_without_scores_says_how_to_get_them(run: RunFolder, tmp_path: Path, form: str) -> None:
    with pytest.raises(BadConfig, match="r has no scores of these models; run: model-lab score r"):
        export(run, form, tmp_path, ["who"])


def test_models_that_did_not_run_say_why_there_is_nothing(run: RunFolder, tmp_path: Path) -> None:
    rewrite(run.cell("plain", "d"), status="not_run", reason="no GPU", scores=[])
    with pytest.raises(BadConfig, match="r has no scores of these models; no GPU"):
        export(run, "csv", tmp_path, ["plain"])
    with pytest.raises(BadConfig, match=r"plain on d: 2 not answered \(no GPU\)"):
        export(run, "ctm", tmp_path, ["plain"])


def test_unscored_models_are_told(run: RunFolder, tmp_path: Path) -> None:
    left_out = export(run, "model-index", tmp_path).left_out
    assert "who on talk: not scored; run: model-lab score r" in left_out


@pytest.mark.parametrize("form", ["csv", "junit", "srt"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda cell: cell.answers.path.write_text("not json\n"),
        lambda cell: (cell.folder / "spec.json").write_text('{"key": "", "tier": "smoke", "spec": {}}'),
        lambda cell: (cell.folder / "questions.jsonl").write_text('{"id": 1}\n'),
        lambda cell: (cell.folder / "scores.json").write_text("[]"),
    ],
)
def test_a_damaged_cell_leaves_the_others_whole(run: RunFolder, tmp_path: Path, form: str, damage: Any) -> None:
    whole = export(run, form, tmp_path / "whole", ["timed"])
    damage(run.cell("plain", "d"))
    done = export(run, form, tmp_path / "damaged")
    assert done.left_out
    assert {path.name for path in whole.files} <= {path.name for path in done.files}
    assert any("timed" in path.as_posix() + path.read_text() for path in done.files)


def test_names_in_a_run_cannot_lead_out_of_the_folder(run: RunFolder, tmp_path: Path) -> None:
    cell = run.cell("timed", "d")
    header = cell.header()
    assert header
    write_json(cell.folder / "spec.json", header | {"spec": header["spec"] | {"model": "../../evil", "dataset": "../x"}})
    rewrite(cell, spec=header["spec"] | {"model": "../../evil", "dataset": "../x"})
    for form in ("srt", "ctm", "model-index", "eval-results"):
        folder = (tmp_path / "deep" / "down" / form).resolve()
        assert all(path.resolve().is_relative_to(folder) for path in export(run, form, folder, ["../../evil"]).files)


def test_a_folder_that_cannot_be_written_is_told(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        export(run, "csv", tmp_path / "file")


@given(st.lists(st.text(max_size=80), unique=True, max_size=6))
def test_files_of_samples_have_safe_names_of_their_own(ids: list[str]) -> None:
    names = [file_name(name) for name in ids]
    assert len(set(names)) == len(ids)
    assert all(name and len(name) <= 70 and not set(name) & set("/\\.: ") and name.isascii() for name in names)
