"""The untouched input stands in every run of enhancement and separation, once per dataset, without any model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.analysis.overview import matrix, totals
from model_lab.analysis.run_report import report
from model_lab.analysis.scorecard import entries
from model_lab.capabilities import capability
from model_lab.cli import tables
from model_lab.datasets import manifest
from model_lab.files import write_json
from model_lab.report.score_files import run_junit
from model_lab.results.schema import UNTOUCHED, RunSpec
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder
from model_lab.runs import runner, timing, untouched
from model_lab.types import Audio
from model_lab.ui.boards import ModelFilter


def spec(model: str, **changes: str) -> RunSpec:
    known = {"dataset": "d", "dataset_revision": "1", "capability": "enhance", "device": "cuda"}
    return RunSpec(model=model, model_revision="1", **(known | changes))


@pytest.fixture
def samples(tmp_path: Path) -> list[manifest.Sample]:
    """Two recordings with as much noise as signal: an SI-SDR of 0 dB, as both are orthogonal."""
    time = np.arange(16000) / 16000
    rows = []
    for number in range(2):
        clean, noise = np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 300 * time)
        audio.write(tmp_path / f"{number}-clean.wav", Audio((0.3 * clean).astype(np.float32), 16000))
        audio.write(tmp_path / f"{number}.wav", Audio((0.3 * (clean + noise)).astype(np.float32), 16000))
        rows.append({"audio": f"{number}.wav", "clean": f"{number}-clean.wav", "group": str(number), "duration": 1.0})
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest.read(tmp_path / "d.jsonl", capability("enhance"))


def test_it_is_answered_once_per_dataset_and_scored_like_a_model(samples: list[manifest.Sample], tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "r")
    asked = [
        runner.Assignment(one, "full", samples)
        for one in (spec("a"), spec("b"), spec("b", perturbation="noise:5"), spec("c", dataset="e"))
    ]
    cells = untouched.answer(folder, asked, runner.Policy(), runner.SilentRunObserver())
    assert [cell.folder for cell in cells] == [folder.path / UNTOUCHED / name for name in ("d", "e")]
    scores = {score.metric: score for score in score_cell(cells[0], "r").scores}
    assert scores["si_sdr"].value == pytest.approx(0.0, abs=0.01) and scores["si_sdr"].n_scored == 2
    assert scores["si_sdr_improvement"].value == 0.0
    before = cells[0].answers.path.read_bytes()
    untouched.answer(folder, asked, runner.Policy(), runner.SilentRunObserver())
    assert cells[0].answers.path.read_bytes() == before


def test_a_capability_whose_input_is_no_answer_has_none(samples: list[manifest.Sample], tmp_path: Path) -> None:
    asked = [runner.Assignment(spec("a", capability="asr"), "full", samples)]
    assert untouched.answer(RunFolder(tmp_path / "r"), asked, runner.Policy(), runner.SilentRunObserver()) == []


def test_sound_that_cannot_be_read_is_a_failed_answer(samples: list[manifest.Sample], tmp_path: Path) -> None:
    (tmp_path / "1.wav").write_bytes(b"no sound")
    (cell,) = untouched.answer(
        RunFolder(tmp_path / "r"), [runner.Assignment(spec("a"), "full", samples)], runner.Policy(), runner.SilentRunObserver()
    )
    assert [result.status for result in cell.latest().values()] == ["ok", "failed"]


def test_it_is_no_model_of_the_run(samples: list[manifest.Sample], tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "r")
    write_json(folder.path / "manifest.json", {})
    [cell] = untouched.answer(
        folder, [runner.Assignment(spec("a"), "full", samples)], runner.Policy(), runner.SilentRunObserver()
    )
    score_cell(cell, "r")
    assert [found.folder for found in folder.cells()] == [cell.folder] and folder.model_cells() == [] and folder.models() == {}
    assert timing.time(folder, timing.TimingSelection(force=True)) == []
    said = report(folder, [], [])
    assert totals(said)["models"] == totals(said)["answers"] == 0 and not matrix(said).models
    [row] = said.scorecards[0].tables[0].rows
    assert not row.is_model and ModelFilter("permissive", memory_gb=1.0).covers(row)
    [_, junit] = next(run_junit(entries(folder)[0], "r"))
    assert isinstance(junit, str) and 'tests="0"' in junit
    [listed] = tables.rows("runs", "", False, "any", tmp_path / "runs")
    assert (listed["model runs"], listed["complete"]) == (0, 0)
