"""Models that vary, run several times with other seeds: which are, where their answers are, and what reports make of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab.analysis.run_report import report
from model_lab.datasets.imports import ImportedData
from model_lab.results.query import connect
from model_lab.results.schema import Run, RunSpec
from model_lab.results.store import RunFolder
from model_lab.runs import bench, sprint
from model_lab.runs.folders import RunOptions
from model_lab.runs.runner import SilentRunObserver
from tests.conftest import MakeModel, forget

SPEC = RunSpec(model="m", model_revision="1", dataset="d", dataset_revision="1", capability="asr", device="cpu", seed=5)
DICE = "return Transcript('the cat ' + __import__('random').choice(['sat', 'ran']))"


class Told(SilentRunObserver):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def models(make_model: MakeModel) -> None:
    """``dice`` draws its last word, ``sure`` is always right; the seed is set before each answer."""
    config = make_model("dice", DICE) / "config.yaml"
    config.write_text(config.read_text() + "sampled: true\n")
    make_model("sure", "return Transcript('the cat sat')")
    forget()


def evaluate(clips: Path, runs: Path, repeats: int, told: Told | None = None) -> tuple[RunFolder, list[Run]]:
    own = ImportedData(clips, clips)
    done = bench.evaluate(["dice", "sure"], own, run_options=RunOptions(runs=runs, repeats=repeats, observer=told or Told()))
    return RunFolder(runs / done[0].run), done


def value(run: Run | None) -> float:
    assert run is not None and run.scores[0].value is not None
    return run.scores[0].value


def test_a_repeat_has_a_seed_and_a_folder_of_its_own_and_old_keys_stay() -> None:
    assert SPEC.again(2).place == "d@seed-7" and SPEC.again(2).key != SPEC.key
    old = {name: of for name, of in SPEC.model_dump().items() if name != "repeat"}
    assert RunSpec(**old).key == SPEC.key == "3c46058c9f9e274b"


@pytest.mark.usefixtures("models")
def test_only_models_that_vary_are_repeated_and_that_is_said(clips: Path, tmp_path: Path) -> None:
    told = Told()
    folder, done = evaluate(clips, tmp_path / "runs", 3, told)
    assert {cell.spec().place for cell in folder.cells() if cell.spec().model == "dice"} == {
        "clips",
        "clips@seed-1",
        "clips@seed-2",
    }
    assert [cell.spec().place for cell in folder.cells() if cell.spec().model == "sure"] == ["clips"]
    assert told.lines[:2] == [
        "run 3 times on unperturbed data, with seeds 0 to 2: dice",
        "1 model gives the same answers every time and is run once",
    ]
    assert [run.spec.model for run in done] == ["dice", "sure"]
    first = folder.cell("dice", "clips")
    assert [cell.spec().seed for cell in first.repeats()] == [1, 2]
    assert len({json.dumps([r.hypothesis for r in cell.latest().values()]) for cell in (first, *first.repeats())}) > 1
    rows = connect(tmp_path / "runs").sql("select model, repeat from results where metric = 'wer' order by all").fetchall()
    assert rows == [("dice", 0), ("dice", 1), ("dice", 2), ("sure", 0)]


@pytest.mark.usefixtures("models")
def test_reports_show_the_mean_over_the_runs_with_their_spread(clips: Path, tmp_path: Path) -> None:
    folder, _ = evaluate(clips, tmp_path / "runs", 3)
    first = folder.cell("dice", "clips")
    values = [value(cell.outcome()) for cell in (first, *first.repeats())]
    [table] = report(folder, [], []).scorecards[0].tables
    rows = {row.model: row for row in table.rows}
    score = rows["dice"].scores["wer"]
    assert set(rows) == {"dice", "sure"}
    assert score.run_values == tuple(values) and score.value == pytest.approx(np.mean(values))
    assert score.note.startswith("mean of 3 runs with other seeds: standard deviation ")
    assert rows["sure"].scores["wer"].run_values == ()
    assert [pair.difference for pair in table.differences] == [pytest.approx(-np.mean(values))]


@pytest.mark.usefixtures("models")
def test_a_later_call_adds_runs_and_keeps_the_answers(clips: Path, tmp_path: Path) -> None:
    folder, _ = evaluate(clips, tmp_path / "runs", 1)
    before = (folder.cell("dice", "clips").folder / "samples.jsonl").read_bytes()
    assert folder.cell("dice", "clips").repeats() == []
    again, _ = evaluate(clips, tmp_path / "runs", 2)
    assert again.path == folder.path and len(folder.cell("dice", "clips").repeats()) == 1
    assert (folder.cell("dice", "clips").folder / "samples.jsonl").read_bytes() == before


@pytest.mark.usefixtures("models")
def test_perturbed_audio_is_not_repeated() -> None:
    clean = SPEC.model_copy(update={"model": "dice"})
    planned = sprint.repeated([clean, clean.under("noise:10")], 3)
    assert [spec.place for spec in planned] == ["d", "d@seed-6", "d@seed-7", "d~noise-10"]
