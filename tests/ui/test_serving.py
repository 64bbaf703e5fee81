"""`model-lab ui` as a process: what it refuses to be, whom it answers, and what it leaves behind however it ends."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from model_lab.cli import main, server
from model_lab.errors import BadConfig
from model_lab.ui.server_context import UploadLimits
from tests.conftest import write_model
from tests.ui.conftest import sound
from tests.ui.serving import Served, serving

pytest.importorskip("gradio")

SOON_S = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server works; it has a model that never answers, and one that does."""
    made = tmp_path_factory.mktemp("served")
    write_model(made / "extension", "sleeper", "time.sleep(600)")
    write_model(made / "extension", "good", "return Transcript('heard')")
    return made


@pytest.fixture(scope="module")
def variables(folder: Path) -> dict[str, str]:
    return {"MODEL_LAB_EXTENSIONS": str(folder / "extension"), "MODEL_LAB_CACHE": str(folder / "cache")}


@pytest.fixture(scope="module")
def served(folder: Path, variables: dict[str, str]) -> Iterator[Served]:
    with serving(folder, "--upload-mb", "1", variables=variables) as found:
        yield found


def jobs(served: Served) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{served.url}/api/jobs") as answer:
        return list(json.load(answer))


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def form(model: str) -> bytes:
    parts = [
        b'Content-Disposition: form-data; name="model"\r\n\r\n' + model.encode(),
        b'Content-Disposition: form-data; name="audio"; filename="x.wav"\r\n\r\n' + sound(0.1),
    ]
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


def asking(served: Served, model: str) -> socket.socket:
    """A connection that has asked and waits for the answer."""
    body = form(model)
    host = served.url.removeprefix("http://")
    head = f"POST /api/ask/asr HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])))
    connection.sendall(head.encode() + body)
    return connection


def places(folder: Path) -> list[Path]:
    return [path for path in (folder / "cache" / "ui").iterdir() if path.is_dir()]


def test_a_question_that_nobody_waits_for_is_stopped(served: Served, folder: Path) -> None:
    before = len(jobs(served))
    connection = asking(served, "sleeper")
    until(lambda: served.workers() and jobs(served)[0]["state"] == "running", "the model is not asked")
    connection.close()
    until(lambda: jobs(served)[0]["state"] == "stopped", "the job goes on without anybody")
    assert len(jobs(served)) == before + 1
    until(lambda: not served.workers(), "the worker outlives its job")
    assert not [*places(folder)[0].glob("incoming/*")]


def test_a_question_is_answered_after_it(served: Served) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with urllib.request.urlopen(urllib.request.Request(f"{served.url}/api/ask/asr", form("good"), headers)) as answer:
        assert json.load(answer)[0]["answer"]["text"] == "heard"


@pytest.mark.parametrize("path", ["/api/ask/asr", "/gradio_api/upload"])
@pytest.mark.parametrize("told", [True, False])
def test_whoever_sends_too_much_gets_an_answer(served: Served, path: str, told: bool) -> None:
    """Not only a connection that breaks off while it still sends."""
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
    blocks = [head, *[b"0" * 100_000] * 300]
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    if told:
        headers["Content-Length"] = str(sum(map(len, blocks)))
    request = urllib.request.Request(served.url + path, iter(blocks), headers)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=SOON_S)
    assert refusal.value.code == 413 and b"more than 1 MB" in refusal.value.read()


def test_a_page_of_another_name_is_not_served(served: Served) -> None:
    request = urllib.request.Request(served.url, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    assert refusal.value.code == 400


def test_a_killed_server_takes_its_workers_with_it_and_the_next_one_tidies_up_and_ends_well(
    folder: Path, variables: dict[str, str]
) -> None:
    with serving(folder, variables=variables) as served:
        connection = asking(served, "sleeper")
        until(served.workers, "the model is not asked")
        (place,) = [path for path in places(folder) if path.name.startswith(f"{served.process.pid}-")]
        assert [*place.glob("incoming/*/x.wav")]
        workers = served.workers()
        served.process.kill()
        connection.close()
        _, alive = psutil.wait_procs(workers, timeout=SOON_S)
        assert not alive
    assert place.is_dir()
    with serving(folder, variables=variables) as served:
        assert not place.exists()
        connection = asking(served, "sleeper")
        until(served.workers, "the model is not asked")
        (place,) = [path for path in places(folder) if path.name.startswith(f"{served.process.pid}-")]
        workers = served.workers()
        page = urllib.request.urlopen(f"{served.url}/gradio_api/heartbeat/a_page")
        served.process.terminate()
        served.process.wait(SOON_S)
        page.close()
        assert not [worker for worker in workers if worker.is_running()] and not place.exists()
        connection.close()
    assert "Traceback" not in (folder / "server.log").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--host", "0.0.0.0"), "--host is 0.0.0.0, which other machines can reach; add --auth USER:PASSWORD"),
        (("--host", "::"), "--host is ::, which other machines can reach"),
        (("--host", ""), "which other machines can reach"),
        (("--host", "nowhere.invalid", "--auth", "a:b"), "cannot be bound on nowhere.invalid"),
        (("--auth", "ada"), "--auth is not USER:PASSWORD"),
        (("--auth", ":word"), "--auth is not USER:PASSWORD"),
        (("--host", "0.0.0.0", "--auth", "ada:"), "--auth is not USER:PASSWORD"),
        (("--sprint", "no_such_sprint"), "no_such_sprint"),
        (("--jobs", "999"), "--jobs is 999"),
    ],
)
def test_a_server_that_cannot_be_is_refused(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["model-lab", "ui", *words])
    with pytest.raises(SystemExit) as end:
        main()
    told = capsys.readouterr()
    assert end.value.code == 2 and said in told.err and told.out == "" and not [*tmp_path.iterdir()]


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadConfig, match=f"--port {port} cannot be bound on 127.0.0.1"):
            server.serve("127.0.0.1", port, "", (), UploadLimits(), Path(), Path(), "cpu", 1, ())
