"""The API, asked by another program: real models in real workers, good questions and bad ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from starlette.testclient import TestClient

from model_lab.ui.jobs import Job
from model_lab.ui.server_context import ServerContext
from model_lab.workers import direct
from tests.conftest import MakeModel
from tests.pipelines.conftest import NOTE, band, calls, whistled  # noqa: F401
from tests.ui.conftest import EVIL, LONG_S, sound

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def ask(api: TestClient, capability: str, *models: str, sent: tuple[bytes, ...] = (), name: str = "x.wav", **form: Any) -> Any:
    files = [("audio", (name, data)) for data in sent]
    return api.post(f"/api/ask/{capability}", files=files or None, data={"model": list(models), **form})


@pytest.fixture
def hold(context: ServerContext) -> Iterator[Job]:
    """A job that keeps the queue busy until it is stopped."""
    import threading

    begun, go = threading.Event(), threading.Event()

    def wait(job: Job) -> None:
        begun.set()
        while not go.wait(0.01):
            job.cancel.raise_if_cancelled()

    job = context.jobs.add("hold", "holds", wait)
    assert begun.wait(LONG_S)
    yield job
    go.set()


def test_sound_becomes_a_transcript(api: TestClient, make_model: MakeModel, context: ServerContext) -> None:
    make_model("good", "return Transcript(f'{audio.duration:.1f} s at {audio.sample_rate}')")
    make_model("evil", f"return Transcript({EVIL!r})")
    answer = ask(api, "asr", "good", "evil", sent=(sound(0.5, 8000),), name="../../<b>x</b>.html")
    assert answer.status_code == 200, answer.text
    first, second = answer.json()
    assert (first["model"], first["answer"]["text"], first["error"]) == ("good", "0.5 s at 8000", "")
    assert first["latency_s"] > 0 and first["load_s"] > 0 and first["peak_memory_mb"] > 0 and first["device"] == "cpu"
    assert second["answer"]["text"] == EVIL
    (state,) = api.get("/api/jobs").json()
    assert (state["state"], state["title"], state["progress"]) == ("done", "asr: good, evil", {"models": [2, 2]})
    page = context.pages / state["result"].removeprefix("/pages/")
    assert EVIL not in page.read_text() and "&lt;script&gt;" in page.read_text()


def test_text_becomes_entities(api: TestClient, make_model: MakeModel) -> None:
    make_model("namer", "from model_lab.types import Entity\nreturn [Entity(audio[:3], 'PERSON', 0, 3)]", "ner")
    (answer,) = ask(api, "ner", "namer", text="Ada sings").json()
    assert answer["answer"] == [{"type": "Entity", "text": "Ada", "label": "PERSON", "start": 0, "end": 3}]


def test_text_becomes_sound_that_can_be_fetched_whole(api: TestClient, make_model: MakeModel, context: ServerContext) -> None:
    import soundfile

    make_model("voice", "import numpy as np\nreturn Audio(np.full(70 * 8000, 0.25, np.float32), 8000)", "tts")
    (answer,) = ask(api, "tts", "voice", text="a minute and more").json()
    spoken = answer["answer"]
    assert (spoken["sample_rate"], spoken["duration_s"]) == (8000, 70.0) and spoken["file"].startswith("/pages/sounds/")
    samples, rate = soundfile.read(io.BytesIO((context.pages / spoken["file"].removeprefix("/pages/")).read_bytes()))
    assert rate == 8000 and len(samples) == 560_000 and set(samples) == {0.25}
    job = context.jobs.find(1)
    assert job is not None and not [
        value for value in _leaves(job.result.answers) if not isinstance(value, str | float | int | None)
    ]


def _leaves(value: Any) -> Iterator[Any]:
    """Whatever is remembered of the answers."""
    for part in value.values() if isinstance(value, dict) else value:
        yield from _leaves(part) if isinstance(part, dict | list | tuple) else [part]


def test_several_sounds_are_several_columns(api: TestClient, make_model: MakeModel) -> None:
    make_model("same", "return 0.5", "speaker_verify")
    assert ask(api, "speaker_verify", "same", sent=(sound(),)).status_code == 422
    too_many = ask(api, "speaker_verify", "same", sent=(sound(),) * 3)
    assert too_many.status_code == 422 and "3 sounds were sent; speaker_verify is called as" in too_many.json()["error"]


FAULTS = {
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "was killed (signal 9"),
    "crashed": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed with signal 11 (SIGSEGV)"),
    "loud": ("sys.stderr.write('x' * 10_000_000 + '\\nlast words\\n')\nos._exit(3)", "exit code 3; last stderr lines: "),
    "wrong": ("return {'text': 'no transcript'}", "breaks the contract"),
    "raises": (f"raise ValueError({EVIL!r})", "ValueError"),
    "leaves": ("raise SystemExit(0)", "SystemExit"),
}


def test_a_model_that_fails_fails_alone(api: TestClient, make_model: MakeModel, context: ServerContext) -> None:
    for name, (body, _) in FAULTS.items():
        make_model(name, body)
    make_model("good", "return Transcript('heard')")
    answer = ask(api, "asr", *FAULTS, "good", sent=(sound(),))
    assert answer.status_code == 200, answer.text
    *bad, good = answer.json()
    assert [given["model"] for given in bad] == [*FAULTS]
    for given in bad:
        assert FAULTS[given["model"]][1] in given["error"] and given["answer"] is None and len(given["error"]) < 2000
    assert (good["answer"]["text"], good["error"]) == ("heard", "")
    page = (context.pages / api.get("/api/jobs/1").json()["result"].removeprefix("/pages/")).read_text()
    assert "<script>alert" not in page and page.count("failed:") == len(FAULTS) and "heard" in page


def test_a_model_that_hangs_is_stopped(api: TestClient, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "timeout", lambda seconds: 0.5)
    make_model("hangs", "time.sleep(600)")
    (answer,) = ask(api, "asr", "hangs", sent=(sound(),)).json()
    assert "had not answered after" in answer["error"]


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_numbers_that_json_does_not_have_are_no_fault_of_the_server(api: TestClient, make_model: MakeModel, value: str) -> None:
    make_model("odd", f"return 'x', float('{value}')", "emotion")
    answer = ask(api, "emotion", "odd", sent=(sound(),))
    assert answer.status_code == 200, answer.text
    json.loads(answer.text, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))


def test_what_cannot_be_asked_is_told(api: TestClient, make_model: MakeModel) -> None:
    make_model("good", "return Transcript('heard')")
    noise = sound()
    cases = [
        (ask(api, "asr", "god", sent=(noise,)), 404, "did you mean 'good'"),
        (ask(api, "asd", "good", sent=(noise,)), 404, "no capability 'asd'"),
        (ask(api, "ner", "good", text="x"), 422, "good cannot 'ner'"),
        (ask(api, "asr", *["good"] * 9, sent=(noise,)), 422, "9 models are chosen; choose 1 to 8"),
        (ask(api, "asr", sent=(noise,)), 422, "model"),
        (ask(api, "asr", "good"), 422, "'audio' is missing; upload or record a sound"),
        (ask(api, "asr", "good", text="said"), 422, "'audio' is missing"),
        (ask(api, "asr", "good", sent=(noise, noise)), 422, "2 sounds were sent; asr is called as"),
        (ask(api, "asr", "good", sent=(b"text\n" * 99,), name="x.wav"), 422, "x.wav is not audio"),
        (ask(api, "asr", "good", sent=(b"",), name="x.wav"), 422, "x.wav is empty"),
        (ask(api, "asr", "good", sent=(noise[:9000],), name="x.wav"), 422, "x.wav is truncated"),
        (ask(api, "asr", "good", sent=(sound(7.0),), name="x.wav"), 422, "x.wav lasts 0.1 minutes; the maximum here is 0.1"),
        (ask(api, "asr", "good", sent=(noise,), seconds="soon"), 422, "seconds: "),
        (ask(api, "asr", "good", sent=(noise,), seconds="nan"), 422, "seconds: "),
        (api.post("/api/ask/asr", data={"model": "good", "audio": "not a file"}), 422, "audio"),
        (api.post("/api/ask/asr", json={"model": "good"}), 422, "model"),
        (api.get("/api/models?capability=asd"), 404, "no capability 'asd'"),
        (api.get("/api/jobs/99"), 404, "no job 99"),
        (api.get("/api/jobs/one"), 422, "number: "),
        (api.delete("/api/jobs/99"), 404, "no job 99"),
        (api.get("/api/jobs/99/conversation"), 404, "no job 99"),
        (api.get("/api/runs/..%2f..%2fetc/scorecards/asr"), 404, ""),
        (api.get("/api/runs/none/scorecards/asr"), 404, "no run 'none'"),
        (api.post("/api/sprints", json={"sprint": "../../x"}), 404, "no sprint"),
        (api.post("/api/sprints", json={"sprint": "hf_sprint_2026q1", "lanes": ["none"]}), 404, "no agent 'none'"),
        (api.post("/api/sprints", json={"sprint": "hf_sprint_2026q1", "licence": "free"}), 422, "licence: "),
        (api.post("/api/sprints", json={"sprint": "hf_sprint_2026q1", "tier": "huge"}), 422, "tier: "),
        (api.post("/api/sprints", json={"sprint": "hf_sprint_2026q1", "perturb": ["noize:5"]}), 404, "noize"),
        (api.post("/api/sprints", content=b"{"), 422, ""),
        (api.get("/api/pipeline"), 405, ""),
    ]
    for answer, code, said in cases:
        assert (answer.status_code, set(answer.json())) == (code, {"error"}), (answer.status_code, answer.text, said)
        assert said in answer.json()["error"], answer.text
    assert api.get("/api/jobs").json() == []


def test_two_sounds_of_a_library_need_two_names(api: TestClient, make_model: MakeModel) -> None:
    make_model("finder", "return []", "fingerprint")
    answer = ask(api, "fingerprint", "finder", sent=(sound(), sound(), sound()))
    assert answer.status_code == 422 and "'x'" in answer.json()["error"], answer.text


def test_an_unforeseen_fault_is_one_sentence(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(folder: Path) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("model_lab.ui.http.run_folders", breaks)
    answer = api.get("/api/runs")
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "ZeroDivisionError: by nothing; the traceback is in the log of the server"},
    )


def test_a_fault_while_answering_is_one_sentence(
    api: TestClient, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: Any) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("model_lab.ui.inference.answers_page.write", breaks)
    make_model("good", "return Transcript('heard')")
    answer = ask(api, "asr", "good", sent=(sound(),))
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "ZeroDivisionError: by nothing; the traceback is in the log of the server"},
    )
    assert api.get("/api/jobs/1").json()["state"] == "failed" and "in breaks" in caplog.text


def test_a_job_that_waits_is_stopped_at_once(api: TestClient, hold: Job, make_model: MakeModel, context: ServerContext) -> None:
    answer = api.post("/api/pipeline", files={"audio": ("x.wav", sound())})
    assert answer.status_code == 202 and (answer.json()["state"], answer.json()["ahead"]) == ("waiting", 1)
    assert [*context.place.glob("incoming/*/x.wav")]
    assert api.delete("/api/jobs/2").json()["state"] == "stopped"
    assert api.get("/api/jobs/2/conversation").status_code == 404
    assert api.delete("/api/jobs/1").json()["state"] == "stopped"
    assert api.delete("/api/jobs/1").json()["state"] == "stopped"


def test_a_full_queue_is_told(api: TestClient, hold: Job, context: ServerContext) -> None:
    sent = {"audio": ("x.wav", sound())}
    assert [api.post("/api/pipeline", files=sent).status_code for _ in range(3)] == [202, 202, 429]
    assert len([*context.place.glob("incoming/*")]) == 2  # what was refused is not kept
    assert "2 jobs are waiting" in api.post("/api/pipeline", files=sent).json()["error"]
    hold.stop()


def test_a_model_that_loads_for_ever_is_stopped(
    api: TestClient, make_model: MakeModel, context: ServerContext, tmp_path: Path
) -> None:
    make_model("slow", "return Transcript('')", at_load=f"open({str(tmp_path / 'loads')!r}, 'w').close()\ntime.sleep(600)")
    _stopped_once(api, context, tmp_path / "loads", lambda: ask(api, "asr", "slow", sent=(sound(),)))


def test_a_model_that_answers_for_ever_is_stopped(
    api: TestClient, make_model: MakeModel, context: ServerContext, tmp_path: Path
) -> None:
    make_model("slow", f"open({str(tmp_path / 'asked')!r}, 'w').close()\ntime.sleep(600)")
    _stopped_once(api, context, tmp_path / "asked", lambda: ask(api, "asr", "slow", sent=(sound(),)))


def _stopped_once(api: TestClient, context: ServerContext, sign: Path, question: Callable[[], Any]) -> None:
    """The job is stopped once the model has made the file ``sign``; the one who asked is told."""
    import threading
    import time

    answers: list[Any] = []
    asker = threading.Thread(target=lambda: answers.append(question()))
    asker.start()
    until = time.monotonic() + LONG_S
    while not sign.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert api.delete("/api/jobs/1").json()["state"] == "stopped"
    asker.join(LONG_S)
    assert answers[0].status_code == 503 and "stopped" in answers[0].json()["error"]


def test_every_route_is_described(api: TestClient) -> None:
    described = api.get("/openapi.json").json()
    routes = [(path, method, route) for path, methods in described["paths"].items() for method, route in methods.items()]
    assert len(routes) == 11
    for path, method, route in routes:
        assert route["summary"] and path.startswith("/api/"), path
        (good,) = [answer for code, answer in route["responses"].items() if code.startswith("2")]
        assert good["content"]["application/json"]["schema"] not in ({}, {"title": "Response"}), path
        for code in ("401", "403", "404", "413", "422"):
            assert route["responses"][code]["description"], (path, code)
        assert route["responses"]["422"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
        if method == "post":
            assert route["requestBody"]["content"] and route["responses"]["429"], path
    assert "HTTPValidationError" not in json.dumps(described["paths"])
