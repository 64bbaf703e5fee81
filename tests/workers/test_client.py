"""A worker that misbehaves in every way known, and one that does not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

import model_lab
from model_lab import cache
from model_lab.errors import ContractBroken, NotRunnable, WorkerFailed, WorkerTimedOut
from model_lab.registry import model_cards
from model_lab.types import Audio, Transcript
from model_lab.workers.client import AnswerFailed, ResourceAllocation, Worker
from tests.conftest import MakeModel

NOISE = Audio((0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32), 16000)


@pytest.fixture
def start(make_model: MakeModel, tmp_path: Path) -> Iterator[object]:
    """Starts a worker of a model with the given body."""
    workers: list[Worker] = []

    def begin(body: str, at_load: str = "", allocation: ResourceAllocation = ResourceAllocation(), **options: object) -> Worker:
        make_model("patient", body, at_load=at_load, **options)
        worker = Worker(model_cards.card("patient"), "cpu", allocation=allocation, log=tmp_path / "patient.log")
        workers.append(worker)
        worker.start()
        return worker

    yield begin
    for worker in workers:
        worker.close()


def test_answers_with_measurements(start) -> None:
    worker = start("return Transcript(f'{audio.sample_rate} {audio.frames}')")
    answer = worker.ask("asr", (NOISE,))
    assert answer.value == Transcript("16000 16000")
    assert 0 <= answer.cost.latency_s < 5
    session = worker.session(1)
    assert session.peak_memory_mb > 10
    assert session.threads == os.cpu_count()


def test_cpu_time_of_child_processes_counts(start) -> None:
    body = """
    import subprocess
    subprocess.run([sys.executable, "-c", "sum(range(20_000_000))"])
    return Transcript("")
    """
    assert start(body).ask("asr", (NOISE,)).cost.cpu_s > 0.1


def test_printing_does_not_disturb_the_frames(start) -> None:
    worker = start("print('noise ' * 10000); sys.stdout.write('x'); os.write(1, b'raw'); return Transcript('fine')")
    assert [worker.ask("asr", (NOISE,)).value.text for _ in range(3)] == ["fine"] * 3
    assert "noise noise" in worker.log.read_text()


def test_an_exception_fails_the_sample_and_not_the_worker(start) -> None:
    worker = start("if count == 1: raise ValueError('bad\\nluck')\nreturn Transcript('again')")
    with pytest.raises(AnswerFailed, match="ValueError: bad luck") as caught:
        worker.ask("asr", (NOISE,))
    assert not caught.value.clean
    assert worker.ask("asr", (NOISE,)).value.text == "again"


def test_a_refusal_in_our_words_is_clean(start) -> None:
    with pytest.raises(AnswerFailed, match="too short") as caught:
        start("raise NotRunnable('too short')").ask("asr", (NOISE,))
    assert caught.value.clean


def test_sys_exit_is_an_ordinary_failure(start) -> None:
    worker = start("if count == 1: sys.exit(3)\nreturn Transcript('alive')")
    with pytest.raises(AnswerFailed, match="SystemExit: 3"):
        worker.ask("asr", (NOISE,))
    assert worker.ask("asr", (NOISE,)).value.text == "alive"


def test_a_crash_is_reported_with_the_last_stderr_lines(start) -> None:
    worker = start("sys.stderr.write('about to break\\n'); sys.stderr.flush(); os.abort()")
    with pytest.raises(WorkerFailed, match=r"crashed with signal 6 \(SIGABRT\).*about to break"):
        worker.ask("asr", (NOISE,))


def test_a_kill_mentions_memory(start) -> None:
    with pytest.raises(WorkerFailed, match="memory runs out"):
        start("os.kill(os.getpid(), signal.SIGKILL)").ask("asr", (NOISE,))


def test_leaving_quietly_is_noticed(start) -> None:
    with pytest.raises(WorkerFailed, match="exit code 7"):
        start("os._exit(7)").ask("asr", (NOISE,))


def test_a_hang_is_stopped_with_all_it_started(start) -> None:
    body = """
    import subprocess
    child = subprocess.Popen(["sleep", "1000"])
    print("child", child.pid, flush=True)
    time.sleep(1000)
    """
    worker = start(body)
    with pytest.raises(WorkerTimedOut, match="had not answered after 1 s"):
        worker.ask("asr", (NOISE,), timeout=1.0)
    child = int(worker.log.read_text().split("child ")[1].split()[0])
    for _ in range(50):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    raise AssertionError("the child of the hung worker lives on")


def test_a_loader_that_fails_says_why(start) -> None:
    with pytest.raises(AnswerFailed, match="ZeroDivisionError"):
        start("return Transcript('')", at_load="1 / 0")


def test_the_network_is_refused(start) -> None:
    body = "import socket\nsocket.create_connection(('127.0.0.1', 9))"
    with pytest.raises(AnswerFailed, match="tried to reach the network"):
        start(body).ask("asr", (NOISE,))


def test_an_answer_that_breaks_the_contract_fails(start) -> None:
    with pytest.raises(AnswerFailed, match="expected Transcript"):
        start("return 'just text'").ask("asr", (NOISE,))


def test_an_answer_that_cannot_be_written_down_fails(start) -> None:
    worker = start("return Transcript(1j) if count == 1 else Transcript('fine')")
    with pytest.raises(AnswerFailed, match="complex"):
        worker.ask("asr", (NOISE,))
    assert worker.ask("asr", (NOISE,)).value.text == "fine"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_sound_never_reaches_the_model(start, value: float) -> None:
    samples = NOISE.samples.copy()
    samples[3] = value
    with pytest.raises(AnswerFailed, match="NaN or infinite") as caught:
        start("return Transcript('heard it')").ask("asr", (Audio(samples, 16000),))
    assert caught.value.clean


def test_a_missing_file_is_told_by_the_worker(start, tmp_path: Path) -> None:
    with pytest.raises(AnswerFailed, match="does not exist"):
        start("return Transcript('')").ask("asr", (tmp_path / "no.wav",))


def test_a_share_limits_threads_and_cores(start) -> None:
    allocation = ResourceAllocation((sorted(os.sched_getaffinity(0))[0],))
    body = (
        "return Transcript(f\"{len(os.sched_getaffinity(0))} {os.environ['OMP_NUM_THREADS']} {os.environ['NUMBA_NUM_THREADS']}\")"
    )
    assert start(body, allocation=allocation).ask("asr", (NOISE,)).value.text == "1 1 1"


def test_every_question_has_the_same_dice(start) -> None:
    worker = start("import random, numpy\nreturn Transcript(f'{random.random()} {numpy.random.random()}')")
    assert worker.ask("asr", (NOISE,)).value == worker.ask("asr", (NOISE,)).value


def test_the_worker_ends_when_its_host_is_gone(start) -> None:
    worker = start("return Transcript('')")
    process = psutil.Process(worker.session(0).worker_pid)
    worker._channel.close()
    psutil.wait_procs([process], timeout=10)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_only_an_oracle_is_told_the_truth(make_model: MakeModel) -> None:
    make_model("cheat", "return Transcript('')")
    loader = model_cards.card("cheat").folder / "loader.py"
    loader.write_text(loader.read_text().replace("answer})", "answer}, set_reference=print)"))
    with pytest.raises(ContractBroken, match="only an oracle"):
        model_cards.load_here(model_cards.card("cheat"), "cpu")


def test_load_gives_a_bundle_from_any_process(make_model: MakeModel, clips: Path) -> None:
    make_model("counter", "return Transcript(str(audio.frames))")
    with model_lab.load("counter") as bundle:
        assert bundle.asr(NOISE) == bundle["asr"](NOISE) == Transcript("16000")
        assert bundle.asr(clips.parent / "0.wav") == bundle.asr(str(clips.parent / "0.wav")) == Transcript("8000")
        assert list(bundle) == ["asr"]
        with pytest.raises(AttributeError, match=r"counter cannot 'asl' \(did you mean 'asr'\?\)"):
            _ = bundle.asl


def test_a_worker_never_gets_the_users_token(start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_HUB_CACHE", "/somewhere")
    worker = start("return Transcript(str([os.environ.get(name) for name in ('HF_TOKEN', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE')]))")
    assert worker.ask("asr", (NOISE,)).value.text == "[None, '/somewhere', '1']"


def test_a_model_without_its_environment_says_the_command(make_model: MakeModel) -> None:
    config = make_model("needy", "return Transcript('')") / "config.yaml"
    config.write_text(config.read_text() + "install: {pip: [no-such-package==1.0], environment: own}\n")
    with pytest.raises(NotRunnable, match="model-lab env build"):
        model_lab.load("needy")


def test_two_workers_of_a_model_do_not_compile_into_one_folder(make_model: MakeModel) -> None:
    make_model("compiler", "import os\nreturn Transcript(os.environ['NUMBA_CACHE_DIR'])")
    silence = (Audio(np.zeros(160, np.float32), 16000),)
    first, second, third = (Worker(model_cards.card("compiler"), "cpu") for _ in range(3))
    try:
        first.start()
        second.start()
        kept, passing = (Path(worker.ask("asr", silence).value.text) for worker in (first, second))
        assert kept == cache.folder("numba", "compiler") and passing != kept and passing.is_dir()
        first.close()
        second.close()
        assert not passing.exists()
        third.start()
        assert Path(third.ask("asr", silence).value.text) == kept
    finally:
        for worker in (first, second, third):
            worker.close()


def test_a_log_that_nobody_named_goes_with_its_worker(make_model: MakeModel) -> None:
    make_model("noisy", "print('noise', file=sys.stderr)\nreturn Transcript('x')")
    worker = Worker(model_cards.card("noisy"), "cpu")
    worker.start()
    assert worker.log is not None and worker.log.exists()
    worker.close()
    assert not worker.log.exists()
