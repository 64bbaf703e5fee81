"""A whole sprint, end to end: planned, answered, scored, reported, and not repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_lab import datasets
from model_lab.analysis.run_report import report
from model_lab.datasets import build
from model_lab.errors import BadConfig, NotRunnable
from model_lab.results.query import connect
from model_lab.results.schema import SampleResult
from model_lab.runs import bench, sprint
from tests.conftest import MakeModel

CONFIG = """
id: small
title: Small
dates: {start: 2026-01-01, end: 2026-01-02}
objective: see it end
defaults: {unassigned_agent: rest}
datasets: {tempo: [rhythms], ner: [ner_notes]}
agents:
  ends: {focus: floors and ceilings, include_models: [baseline_oracle, baseline_null]}
  rest: {focus: the others, include_models: [baseline_random]}
"""


@pytest.fixture
def config(tmp_path: Path) -> sprint.SprintConfig:
    (tmp_path / "small.yaml").write_text(CONFIG)
    return sprint.config(str(tmp_path / "small.yaml"))


def test_a_sprint_ends_in_scores_for_every_model_and_dataset(config: sprint.SprintConfig, tmp_path: Path) -> None:
    how = bench.RunOptions(runs=tmp_path / "runs", jobs=1)
    folder = bench.sprint(config, sprint.SprintSelection(("ends",)), how)
    assert folder.name == "small-smoke"
    outcomes = {(run.spec.model, run.spec.dataset): run for cell in folder.cells() if (run := cell.outcome())}
    assert set(outcomes) == {
        (model, dataset) for model in ("baseline_oracle", "baseline_null") for dataset in ("rhythms", "ner_notes")
    }
    assert {run.status for run in outcomes.values()} == {"complete"}
    assert outcomes["baseline_oracle", "rhythms"].scores[0].value == 1.0
    assert outcomes["baseline_null", "rhythms"].scores[0].value == 0.0
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert manifest["arguments"]["agents"] == ["ends"]
    assert manifest["machine"]["cores"] >= 1
    assert any(line.startswith("numpy==") for line in manifest["packages"])

    rows = (
        connect(tmp_path / "runs")
        .sql("select model, value, low, high, n from results where metric = 'tempo_accuracy_1' order by model")
        .fetchall()
    )
    assert [row[:2] for row in rows] == [("baseline_null", 0.0), ("baseline_oracle", 1.0)]
    assert [card.capability for card in report(folder, [], datasets.cards()).scorecards] == ["ner", "tempo"]

    before = {path: path.read_bytes() for path in folder.path.rglob("samples.jsonl")}
    stamps = {path: path.stat().st_mtime_ns for path in folder.path.rglob("scores.json")}
    bench.sprint(config, sprint.SprintSelection(("ends",)), how)
    assert {path: path.read_bytes() for path in folder.path.rglob("samples.jsonl")} == before
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("scores.json")} == stamps


def test_a_dataset_that_cannot_be_had_is_a_reason_in_every_row(
    config: sprint.SprintConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = build.materialise

    def refuse(card: datasets.DatasetCard, *rest: object) -> Path:
        if card.name == "rhythms":
            raise NotRunnable("the drummer is ill")
        return real(card, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "materialise", refuse)
    folder = bench.sprint(config, sprint.SprintSelection(("ends",)), bench.RunOptions(runs=tmp_path / "runs"))
    outcomes = {(run.spec.model, run.spec.dataset): run for cell in folder.cells() if (run := cell.outcome())}
    assert outcomes["baseline_null", "rhythms"].status == "not_run"
    assert "the drummer is ill" in outcomes["baseline_null", "rhythms"].reason
    assert outcomes["baseline_null", "ner_notes"].status == "complete"
    monkeypatch.undo()
    bench.sprint(config, sprint.SprintSelection(("ends",)), bench.RunOptions(runs=tmp_path / "runs"))
    assert folder.cell("baseline_null", "rhythms").outcome().status == "complete"


def test_a_failing_model_does_not_stop_the_others(tmp_path: Path, make_model: MakeModel) -> None:
    make_model("doomed", "os.abort()", capability="tempo")
    (tmp_path / "small.yaml").write_text(f"{CONFIG}  first: {{focus: failure, include_models: [doomed, baseline_random]}}\n")
    folder = bench.sprint(
        sprint.config(str(tmp_path / "small.yaml")), sprint.SprintSelection(("first",)), bench.RunOptions(runs=tmp_path / "runs")
    )
    outcomes = {(run.spec.model, run.spec.dataset): run for cell in folder.cells() if (run := cell.outcome())}
    assert outcomes["doomed", "rhythms"].status == "failed"
    assert "SIGABRT" in outcomes["doomed", "rhythms"].reason
    assert outcomes["baseline_random", "rhythms"].status == "complete"
    assert all(record.status == "failed" for record in folder.cell("doomed", "rhythms").answers.read(SampleResult))


def test_a_path_needs_a_capability_where_the_model_has_several(clips: Path) -> None:
    with pytest.raises(BadConfig, match="choose with --capability"):
        bench.evaluate("baseline_null", clips)


def test_a_model_is_not_asked_what_it_cannot(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="pyin cannot 'tempo', which dataset 'rhythms' is for"):
        bench.evaluate("pyin", "rhythms", run_options=bench.RunOptions(runs=tmp_path / "runs"))
