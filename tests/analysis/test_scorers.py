"""Ranks by other scorers, on answers whose order by each scorer is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model_lab.analysis import scorers as comparison
from model_lab.analysis.scorers import moved, tables
from model_lab.capabilities import capability
from model_lab.errors import BadConfig, UnknownName
from model_lab.results import rescoring
from model_lab.results.store import RunFolder
from tests.scored_run import TEXT, cell_maker, new_folder, wrong

ASR = capability("asr")
WORDS = TEXT.split()


def shouting(number: int) -> str:
    """Every word right, in capitals: wrong for a scorer that keeps case."""
    return TEXT.upper()


def lacking(number: int) -> str:
    """One word of ten is missing, the others are as written."""
    return " ".join(WORDS[:-1])


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = new_folder(tmp_path)
    make = cell_maker(made)
    answers: dict[str, Callable[[int], str]] = {"shouting": shouting, "lacking": lacking, "wrong": wrong}
    for model, answer in answers.items():
        make(model, answer)
    return made


def rescored(folder: RunFolder, *names: str) -> list[comparison.ScorerTable]:
    cells = rescoring.cells(folder)
    list(rescoring.rescore(cells, rescoring.chosen(names, [ASR])))
    return tables(cells, names=() if names == ("all",) else names)


def test_ranks_move_as_the_scorer_says(folder: RunFolder) -> None:
    [table] = rescored(folder, "wer_raw")
    by_wer, by_raw = table.rankings
    assert [(place.model, place.rank, place.score.value) for place in by_wer.standings] == [
        ("shouting", 1, 0.0),
        ("lacking", 2, 0.1),
        ("wrong", 3, 1.0),
    ]
    assert [(place.model, place.rank, place.moved, place.score.value) for place in by_raw.standings] == [
        ("lacking", 1, 1, 0.1),
        ("shouting", 2, -1, 1.0),
        ("wrong", 2, 1, 1.0),
    ]
    assert by_raw.tau == pytest.approx(0.0)  # one pair as before, one turned round, one tied
    assert by_wer.tau is None
    [sentence] = comparison.sentences(table.rankings)
    assert sentence == "wer_raw: ranks change: lacking +1, shouting -1, wrong +1, Kendall's tau with wer 0.00 (n 24)."
    assert [moved(place) for place in by_wer.standings] == ["", "", ""]


def test_nothing_that_exists_is_changed(folder: RunFolder) -> None:
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    rescored(folder, "all")
    after = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert {path.parent.name for path in after.keys() - before.keys()} == {"scorers"}
    again = rescored(folder, "all")
    assert {path: path.read_bytes() for path in after} == after
    silent = {"punctuation_error_rate", "capitalisation_f1"}  # the references have neither
    expected = [scorer.name for scorer in ASR.scorers if scorer.name not in silent]
    assert [ranking.column.name for ranking in again[0].rankings] == ["wer", *expected]


def test_results_of_other_answers_are_not_shown(folder: RunFolder) -> None:
    [table] = rescored(folder, "wer_raw")
    cell = folder.cell("lacking", "clips")
    cell.answers.append(next(iter(cell.latest().values())).model_copy(update={"error": "changed"}))
    [table] = tables(folder.cells())
    assert [place.model for place in table.rankings[1].standings] == ["shouting", "wrong"]


def test_results_of_another_version_stay_and_are_not_shown(folder: RunFolder) -> None:
    rescored(folder, "wer_raw")
    path = folder.cell("wrong", "clips").folder / "scorers" / "wer_raw-1.json"
    old = path.rename(path.with_name("wer_raw-0.json"))
    [table] = tables(folder.cells())
    assert "wrong" not in [place.model for place in table.rankings[1].standings]
    rescored(folder, "wer_raw")
    assert path.exists() and old.exists()


def test_a_file_that_cannot_be_read_counts_for_nothing(folder: RunFolder) -> None:
    rescored(folder, "wer_raw")
    (folder.cell("wrong", "clips").folder / "scorers" / "wer_raw-1.json").write_text("{")
    assert rescoring.stored(folder.cell("wrong", "clips")) == {}


def test_scores_have_n_and_interval_and_rows_are_plain_data(folder: RunFolder) -> None:
    [table] = rescored(folder, "wer_raw", "mer")
    row = json.loads(json.dumps([{key: str(cell) for key, cell in line.items()} for line in comparison.lines(table)]))[-1]
    assert (row["dataset"], row["scorer"], row["model"], row["n"], row["rank"]) == ("clips", "mer", "wrong", "24", "3")
    assert [one["column"]["name"] for one in table.plain()["scorers"]] == ["wer", "wer_raw", "mer"]
    shown = comparison.by_model(table.rankings)
    assert str(shown[0]["wer_raw ↓"]).startswith("100") and str(shown[0]["wer_raw ↓"]).endswith("rank 2 (-1)")


def test_models_that_are_left_out_are_not_ranked(folder: RunFolder) -> None:
    rescored(folder, "wer_raw")
    [table] = tables(folder.cells(), left_out={"wrong"})
    assert {place.model for place in table.rankings[0].standings} == {"shouting", "lacking"}
    assert tables(folder.cells(), names={"mer"}) == []


def test_an_unknown_scorer_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"'wer_rwa'.*did you mean 'wer_raw'"):
        rescoring.chosen(["wer_rwa"], [ASR])
    with pytest.raises(BadConfig, match="--scorers is empty"):
        rescoring.chosen([], [ASR])
    with pytest.raises(BadConfig, match="no capability of this run has other scorers"):
        rescoring.chosen(["all"], [capability("tempo")])


def test_cells_are_chosen_by_name(folder: RunFolder) -> None:
    assert [cell.spec().model for cell in rescoring.cells(folder, "asr", "clips", ["wrong"])] == ["wrong"]
    with pytest.raises(UnknownName, match=r"no answers for the model 'wrng'.*'wrong'"):
        rescoring.cells(folder, models=["wrng"])
    with pytest.raises(UnknownName, match="no answers for the dataset 'clip'"):
        rescoring.cells(folder, dataset="clip")
