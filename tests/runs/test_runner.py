"""Answers on disk: resumed, never doubled, whatever dies in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_lab.errors import StoreError
from model_lab.results.schema import SampleResult, WorkerSession
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs import bench
from model_lab.runs.runner import Policy
from tests.conftest import MakeModel

PERFECT = "return Transcript('the cat sat')"


def _cell(tmp_path: Path, model: str = "patient") -> ResultCell:
    return RunFolder(tmp_path / "runs" / f"{model}-clips-full").cell(model, "clips")


def _run(clips: Path, tmp_path: Path, policy: Policy = Policy(), model: str = "patient"):
    [run] = bench.evaluate(model, clips, run_options=bench.RunOptions(runs=tmp_path / "runs", policy=policy))
    return run


def _counting(tmp_path: Path, rest: str = PERFECT) -> str:
    """A body that notes every call outside the process."""
    return f"open({str(tmp_path / 'calls')!r}, 'a').write(f'{{audio.samples[0]}}\\n')\n{rest}"


def _calls(tmp_path: Path) -> list[str]:
    path = tmp_path / "calls"
    return path.read_text().split() if path.exists() else []


def test_a_run_is_scored(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", PERFECT)
    run = _run(clips, tmp_path)
    assert (run.status, run.n_ok, run.n_failed) == ("complete", 8, 0)
    wer = run.scores[0]
    assert (wer.metric, wer.value, wer.n_scored, wer.n_unscored, wer.n_groups) == ("wer", 0.0, 8, 0, 4)
    assert run.speed.real_time_factor is not None
    assert run.speed.cold_start_s is not None
    assert run.speed.n_timed == 7


def test_a_second_run_asks_nothing_and_force_asks_all(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", _counting(tmp_path))
    first = _run(clips, tmp_path)
    assert len(_calls(tmp_path)) == 8
    assert _run(clips, tmp_path) == first
    assert len(_calls(tmp_path)) == 8
    _run(clips, tmp_path, Policy(force=True))
    assert len(_calls(tmp_path)) == 16
    assert len(list((tmp_path / "runs/patient-clips-full/superseded").iterdir())) == 1


def test_a_changed_model_is_asked_again_and_its_old_answers_are_kept(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    folder = make_model("patient", "return Transcript('wrong')")
    assert _run(clips, tmp_path).scores[0].value == 1.0
    loader = folder / "loader.py"
    loader.write_text(loader.read_text().replace("wrong", "the cat sat"))
    assert _run(clips, tmp_path).scores[0].value == 0.0
    [old] = (tmp_path / "runs/patient-clips-full/superseded").iterdir()
    assert len((old / "samples.jsonl").read_text().splitlines()) == 8


def test_failed_samples_are_records_and_are_retried_on_demand(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    flag = tmp_path / "mended"
    make_model(
        "patient", _counting(tmp_path, f"if count % 2 and not os.path.exists({str(flag)!r}): raise ValueError('no')\n{PERFECT}")
    )
    run = _run(clips, tmp_path)
    assert (run.status, run.n_ok, run.n_failed, run.failures) == ("complete", 4, 4, {"ValueError: no": 4})
    assert (run.scores[0].n_scored, run.scores[0].n_unscored) == (4, 4)
    flag.touch()
    assert _run(clips, tmp_path).n_failed == 4
    assert _run(clips, tmp_path, Policy(retry_failed=True)).n_ok == 8
    assert len(_calls(tmp_path)) == 12


def test_a_crash_costs_one_sample_at_most(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    flag = tmp_path / "crashed"
    make_model(
        "patient",
        _counting(
            tmp_path, f"if count == 4 and not os.path.exists({str(flag)!r}): open({str(flag)!r}, 'w'); os.abort()\n{PERFECT}"
        ),
    )
    run = _run(clips, tmp_path)
    assert (run.n_ok, run.n_failed) == (8, 0)
    assert len(_calls(tmp_path)) == 9
    ended = [session.ended for session in _cell(tmp_path).sessions.read(WorkerSession)]
    assert "SIGABRT" in ended[0]
    assert ended[1] == "closed"


def test_a_sample_that_kills_every_worker_is_recorded_and_the_rest_goes_on(
    make_model: MakeModel, clips: Path, tmp_path: Path
) -> None:
    make_model("patient", f"if abs(audio.samples[0] - FIRST) < 1e-9: os.abort()\n{PERFECT}")
    from model_lab import audio

    loader = next((tmp_path / "extension/models/patient").glob("loader.py"))
    loader.write_text(loader.read_text().replace("FIRST", repr(float(audio.read(clips.parent / "2.wav").samples[0]))))
    run = _run(clips, tmp_path)
    assert (run.status, run.n_ok, run.n_failed) == ("complete", 7, 1)
    assert "SIGABRT" in next(iter(run.failures))


def test_a_model_that_always_dies_is_given_up(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", "os.abort()")
    run = _run(clips, tmp_path)
    assert run.status == "failed"
    assert "SIGABRT" in run.reason


def test_a_model_that_cannot_load_is_a_row_with_its_reason(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", PERFECT, at_load="raise NotRunnable('the moon is not full')")
    run = _run(clips, tmp_path)
    assert run.status == "failed"
    assert "the moon is not full" in run.reason


def test_a_model_too_large_for_the_machine_is_a_row_with_its_reason(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", PERFECT, memory_gb=100_000)
    run = _run(clips, tmp_path)
    assert run.status == "not_run"
    assert "100000.0 GB" in run.reason


def test_a_sample_that_hangs_is_recorded(
    make_model: MakeModel, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("patient", f"if count == 3: time.sleep(100)\n{PERFECT}")
    monkeypatch.setattr("model_lab.runs.runner.Assignment.timeout", lambda self, sample: 1.0)
    monkeypatch.setattr("model_lab.runs.runner.needs_rerun_alone", lambda result: False)  # whatever else runs here
    run = _run(clips, tmp_path)
    assert run.n_ok in (6, 5)  # the new worker counts to three again
    assert all("had not answered after 1 s" in error for error in run.failures)


def test_the_lock_is_said(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", PERFECT)
    with RunFolder(tmp_path / "runs/patient-clips-full").locked(), pytest.raises(StoreError, match="being written by another"):
        _run(clips, tmp_path)


SCRIPT = """
import sys
from pathlib import Path
from model_lab.runs import bench
if __name__ == "__main__":
    bench.evaluate("patient", Path(sys.argv[1]), run_options=bench.RunOptions(runs=Path(sys.argv[2])))
"""


@pytest.mark.parametrize("victim", ["runner", "worker"])
def test_kill_nine_loses_and_doubles_nothing(make_model: MakeModel, clips: Path, tmp_path: Path, victim: str) -> None:
    make_model("patient", _counting(tmp_path, f"time.sleep(0.3)\n{PERFECT}"))
    runner = subprocess.Popen([sys.executable, "-c", SCRIPT, str(clips), str(tmp_path / "runs")])
    while len(_calls(tmp_path)) < 4:
        assert runner.poll() is None
        time.sleep(0.02)
    before = _cell(tmp_path).latest()
    if victim == "runner":
        runner.kill()
        runner.wait()
    else:
        [worker] = [child for child in _children(runner.pid) if "model_lab.workers.worker" in child[1]]
        os.kill(worker[0], signal.SIGKILL)
        assert runner.wait(timeout=60) == 0
    run = _run(clips, tmp_path)
    records = _cell(tmp_path).answers.read(SampleResult)
    assert (run.status, run.n_ok) == ("complete", 8)
    assert sorted(record.sample_id for record in records) == sorted(f"clip{number}" for number in range(8))
    assert {sample_id: record for sample_id, record in before.items() if record in records} == before
    assert len(_calls(tmp_path)) <= 9


def _children(pid: int) -> list[tuple[int, str]]:
    import psutil

    return [(child.pid, " ".join(child.cmdline())) for child in psutil.Process(pid).children(recursive=True)]


def test_a_torn_line_is_mended(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("patient", _counting(tmp_path))
    _run(clips, tmp_path)
    log = _cell(tmp_path).answers.path
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:5]) + lines[5][:20])
    assert _run(clips, tmp_path).n_ok == 8
    assert len(_calls(tmp_path)) == 11
    assert all(json.loads(line) for line in log.read_bytes().splitlines())


def test_a_read_only_runs_folder_is_said(
    make_model: MakeModel, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("patient", PERFECT)
    real = os.open

    def refuse(path, flags, *rest, **named):
        if str(path).endswith("samples.jsonl"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(
        StoreError, match=r"samples\.jsonl cannot be written \(Permission denied\); choose another folder with --runs"
    ):
        _run(clips, tmp_path)


def test_a_full_disk_is_said_and_nothing_is_lost(
    make_model: MakeModel, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("patient", _counting(tmp_path))
    real, written = os.write, []

    def fill(descriptor: int, data: bytes) -> int:
        if data.startswith(b'{"sample_id"'):
            written.append(data)
            if len(written) > 3:
                real(descriptor, data[:10])
                raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr("model_lab.results.store.os.write", fill)
    with pytest.raises(StoreError, match="is full; free some space and run the same command again"):
        _run(clips, tmp_path)
    monkeypatch.undo()
    monkeypatch.setenv("MODEL_LAB_EXTENSIONS", str(tmp_path / "extension"))
    assert len(_cell(tmp_path).latest()) == 3
    assert _run(clips, tmp_path).n_ok == 8
    assert len(_calls(tmp_path)) == 9
