"""A run that is cancelled: its worker is killed at once, what was answered is kept, and nothing of it is a failure."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from model_lab.cancellation import Cancelled, CancelToken
from model_lab.results.schema import SampleResult, WorkerSession
from model_lab.results.store import RunFolder
from model_lab.runs import bench
from model_lab.runs.folders import RunOptions
from tests.conftest import MakeModel

STUCK_AT_THIRD = (
    "open({calls!r}, 'a').write('x')\nif count == 3 and not os.path.exists({go!r}): time.sleep(600)\nreturn Transcript('a')"
)

INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C
from model_lab.cli import main
main()
"""


@pytest.fixture
def calls(tmp_path: Path, make_model: MakeModel) -> Path:
    """Grows by a character with every question to the model ``stuck``, which answers two and then waits, until ``go`` is there."""
    path = tmp_path / "calls"
    make_model("stuck", STUCK_AT_THIRD.format(calls=str(path), go=str(tmp_path / "go")))
    return path


def _until(true: Callable[[], bool]) -> None:
    while not true():
        time.sleep(0.02)


def _asked(calls: Path) -> int:
    return len(calls.read_text()) if calls.exists() else 0


def _require_kept_and_resumed(clips: Path, tmp_path: Path) -> None:
    cell = RunFolder(tmp_path / "runs/stuck-clips-full").cell("stuck", "clips")
    assert [result.status for result in cell.answers.read(SampleResult)] == ["ok", "ok"]
    assert {session.ended for session in cell.sessions.read(WorkerSession)} <= {"closed"}
    (tmp_path / "go").touch()
    [run] = bench.evaluate("stuck", clips, run_options=RunOptions(runs=tmp_path / "runs"))
    assert (run.status, run.n_ok, run.n_failed) == ("complete", 8, 0)
    assert len(cell.answers.read(SampleResult)) == 8


def test_a_cancelled_run_keeps_its_answers_and_goes_on_there(calls: Path, clips: Path, tmp_path: Path) -> None:
    token, ended = CancelToken(), list[BaseException]()

    def run() -> None:
        try:
            bench.evaluate("stuck", clips, run_options=RunOptions(runs=tmp_path / "runs", cancel=token))
        except Cancelled as error:
            ended.append(error)

    others = set(psutil.Process().children())
    thread = threading.Thread(target=run)
    thread.start()
    _until(lambda: _asked(calls) == 3)
    token.cancel()
    thread.join(60)
    assert len(ended) == 1 and set(psutil.Process().children()) <= others
    _require_kept_and_resumed(clips, tmp_path)


def test_ctrl_c_ends_the_worker_and_keeps_its_answers(calls: Path, clips: Path, tmp_path: Path) -> None:
    words = ["run", "stuck", "--data", str(clips), "--runs", str(tmp_path / "runs")]
    host = subprocess.Popen([sys.executable, "-c", INTERRUPTIBLE, *words], stderr=subprocess.PIPE)
    _until(lambda: _asked(calls) == 3)
    workers = psutil.Process(host.pid).children(recursive=True)
    host.send_signal(signal.SIGINT)
    _, stderr = host.communicate()
    assert host.returncode == 130 and b"Traceback" not in stderr
    psutil.wait_procs(workers)
    _require_kept_and_resumed(clips, tmp_path)


def test_nothing_is_begun_once_it_is_cancelled(calls: Path, clips: Path, tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        bench.evaluate("stuck", clips, run_options=RunOptions(runs=tmp_path / "runs", cancel=token))
    assert _asked(calls) == 0
