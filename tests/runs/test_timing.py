"""Timing a run's models again: alone, resumable, and never in the way of answers and scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model_lab.cli import app
from model_lab.errors import NotRunnable, UnknownName
from model_lab.results import scoring
from model_lab.results.schema import Run, SampleResult, StoredSample, Timing
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs import bench, timing
from model_lab.runs.timing import MachineLoad, TimingSelection
from tests.conftest import MakeModel, forget

PERFECT = "return Transcript('the cat sat')"


@pytest.fixture
def folder(make_model: MakeModel, clips: Path, tmp_path: Path) -> RunFolder:
    """A run of a model, whose records say that it was timed on a busy machine."""
    make_model("patient", f"open({str(tmp_path / 'calls')!r}, 'a').write('x')\n{PERFECT}")
    bench.evaluate("patient", clips, run_options=bench.RunOptions(runs=tmp_path / "runs"))
    found = RunFolder(tmp_path / "runs/patient-clips-full")
    held_up(cell(found))
    return found


def cell(folder: RunFolder) -> ResultCell:
    return folder.cell("patient", "clips")


def held_up(cell: ResultCell) -> None:
    """Write into all answers that others had the core."""
    records = cell.answers.read(SampleResult)
    cell.answers.path.unlink()
    for record in records:
        busy = {"latency_s": 2.0, "cpu_s": 0.1, "waited_s": 1.9, "others_s": 1.9}
        cell.answers.append(record.model_copy(update=busy))


def quiet(cell: ResultCell) -> None:
    """Write into all timings that nobody else had the core, whatever was going on here."""
    timings = cell.timings.read(Timing)
    cell.timings.path.unlink()
    for one in timings:
        cell.timings.append(one.model_copy(update={"waited_s": 0.0, "others_s": 0.0}))


def outcome(folder: RunFolder) -> Run:
    scoring.score_run(folder, again=False)
    found = cell(folder).outcome()
    assert found is not None
    return found


def test_times_are_taken_again_and_nothing_else_changes(folder: RunFolder) -> None:
    before, answers = outcome(folder), cell(folder).answers.path.read_bytes()
    assert before.speed.contended is True and before.speed.latency_p50_s == 2.0
    [timed] = timing.time(folder)
    assert (timed.model, timed.dataset, timed.reason) == ("patient", "clips", "")
    quiet(cell(folder))
    after = outcome(folder)
    assert after.speed.timed_alone and after.speed.contended is False
    assert after.speed.n_timed == 8 and after.speed.latency_p50_s is not None and after.speed.latency_p50_s < 2.0
    assert after.speed.threads == before.speed.threads
    assert after.model_copy(update={"speed": before.speed, "scored_from": before.scored_from}) == before
    assert cell(folder).answers.path.read_bytes() == answers


def test_it_is_idempotent_and_force_times_once_more(folder: RunFolder, tmp_path: Path) -> None:
    timing.time(folder)
    quiet(cell(folder))
    calls = (tmp_path / "calls").read_text()
    assert timing.time(folder) == []
    assert (tmp_path / "calls").read_text() == calls
    assert len(timing.time(folder, TimingSelection(force=True))) == 1
    assert len({one.round for one in cell(folder).timings.read(Timing)}) == 2


def test_a_round_that_was_cut_short_is_gone_on_with(folder: RunFolder) -> None:
    timing.time(folder)
    log = cell(folder).timings.path
    lines = log.read_bytes().splitlines(keepends=True)
    assert len(lines) == 9  # the first question of the worker is asked twice
    log.write_bytes(b"".join(lines[:4]) + lines[4][:20])
    timing.time(folder)
    records = cell(folder).timings.read(Timing)
    assert len({one.round for one in records}) == 1
    assert sorted(one.sample_id for one in records if not one.cold) == sorted(f"clip{n}" for n in range(8))
    assert records[:4] == [Timing(**json.loads(line)) for line in lines[:4]]


def test_a_model_that_has_changed_is_refused(folder: RunFolder, make_model: MakeModel, tmp_path: Path) -> None:
    loader = tmp_path / "extension/models/patient/loader.py"
    loader.write_text(loader.read_text().replace("cat", "dog"))
    [timed] = timing.time(folder)
    assert timed.reason.startswith("the run evaluated revision ") and timed.reason.endswith(
        "run the sprint again to evaluate this one"
    )
    assert timed.contended is None and not cell(folder).timings.path.exists()


def test_scores_stay_where_data_is_gone(folder: RunFolder, tmp_path: Path) -> None:
    """Only the times are written anew: the truth of a sample may have gone with its row's file."""
    before = outcome(folder)
    questions = cell(folder).folder / "questions.jsonl"
    questions.write_text(questions.read_text().replace('"text":"the cat sat"', '"text":5'))
    timing.time(folder)
    quiet(cell(folder))
    timing.time(folder)
    after = cell(folder).outcome()
    assert after is not None and after.scores == before.scores and after.speed.timed_alone


def test_one_that_is_gone_and_data_that_is_gone_are_said(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "clips/3.wav").unlink()
    [timed] = timing.time(folder)
    assert "3.wav is not a file" in timed.reason
    shutil.rmtree(tmp_path / "extension/models/patient")
    forget()
    [timed] = timing.time(folder)
    assert "there is no model 'patient'" in timed.reason


def test_random_weights_are_not_timed(folder: RunFolder) -> None:
    sessions = cell(folder).sessions.path
    sessions.write_text(json.dumps(json.loads(sessions.read_text()) | {"random_weights": True}) + "\n")
    assert timing.time(folder, TimingSelection(force=True)) == []


def test_another_machine_is_refused(folder: RunFolder) -> None:
    path = folder.path / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"machine": {**manifest["machine"], "cpu": "Abacus 3000"}}))
    with pytest.raises(NotRunnable, match=r"the run was made on Abacus 3000.*, and this is .*; time it there"):
        timing.time(folder)


@pytest.mark.parametrize(
    ("which", "said"),
    [(TimingSelection(models=["patent"]), "model 'patent'"), (TimingSelection(datasets=["clip"]), "dataset 'clip'")],
)
def test_a_name_that_the_run_does_not_have(folder: RunFolder, which: TimingSelection, said: str) -> None:
    with pytest.raises(UnknownName, match=f"patient-clips-full has no {said} .did you mean"):
        timing.time(folder, which)


def test_the_subset_is_drawn_by_seed_and_bounded(tmp_path: Path) -> None:
    def drawn(n: int, latency_s: float, seed: int = 0) -> list[str]:
        questions = [StoredSample(id=str(k), group=str(k), duration=1.0, folder=str(tmp_path), row={}) for k in range(n)]
        latest = {str(k): SampleResult(sample_id=str(k), status="ok", latency_s=latency_s + k / 1000) for k in range(n)}
        latest["0"] = SampleResult(sample_id="0", status="failed", error="no")
        return [question.id for question in timing.subset(questions, latest, seed)]

    assert len(drawn(100, 1.0)) == timing.SAMPLES and drawn(100, 1.0) == drawn(100, 1.0) != drawn(100, 1.0, seed=1)
    assert "0" not in drawn(10, 1.0) and len(drawn(10, 1.0)) == 9
    assert len(drawn(100, 30.0)) == 5
    assert drawn(100, 500.0) == ["1", "2", "3"]
    assert drawn(1, 1.0) == []


def test_the_load_in_words() -> None:
    assert str(MachineLoad(1.25, 2, 3.0)) == "1.2 of 2 cores are in use, load average 3.0"
    assert (MachineLoad(0.1, 2, None).is_idle, MachineLoad(1.0, 8, None).is_idle) == (True, False)


def test_the_command_says_what_became_of_it(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = ["--runs", str(folder.path.parent)]
    monkeypatch.setattr(timing, "load", lambda: MachineLoad(1.5, 2, 4.0))
    monkeypatch.setattr(timing.speed, "contended", lambda timed, threads=None: True)
    said = CliRunner().invoke(app, ["time", folder.name, *runs])
    assert said.exit_code == 1
    assert "1.5 of 2 cores are in use, load average 4.0: the machine is busy" in said.stderr
    assert "patient on clips: contended again; repeat when the machine is idle" in said.stderr
    assert "0 of 1 timed" in said.stderr
    assert f"On an idle machine, run: model-lab time {folder.name}" in " ".join(said.stdout.split())
