"""The API's jobs: recordings through recipes, and sprints, stopped and gone on with."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi")

from starlette.testclient import TestClient

from model_lab.ui.jobs import JobProgress
from model_lab.ui.server_context import ServerContext
from tests.pipelines.conftest import NOTE, band, calls, whistled  # noqa: F401
from tests.ui.conftest import EVIL, LONG_S, finished, sound
from tests.ui.serving import write_extension
from tests.ui.test_uploads import encoded, said_to_last

pytestmark = pytest.mark.usefixtures("nothing_is_left")
MEMO = {"recipe": "voice_memo", "use": ["vad=ears", "asr=scribe", "ner=namer", "summary=gist"]}


@pytest.mark.usefixtures("band")
def test_a_recording_goes_through_a_recipe_once(api: TestClient, context: ServerContext, tmp_path: Path, calls: Path) -> None:  # noqa: F811
    data = whistled(tmp_path / "talk.wav", "llhh").path.read_bytes()
    begun = [api.post("/api/pipeline", files={"audio": (f"../{EVIL}.wav", data)}, data=MEMO) for _ in range(2)]  # at once
    ends = [finished(context, api, answer) for answer in begun]
    assert [end["state"] for end in ends] == ["done", "done"], ends
    assert ends[0]["result"] == ends[1]["result"]
    assert calls.read_text().split().count("scribe") == 1
    found = api.get(f"/api/jobs/{ends[1]['job']}/conversation").json()
    assert [word["text"] for word in found["words"]] == ["Low.", "Low.", "High.", "High."]
    assert all(stage["from_cache"] == stage["chunks"] for stage in found["stages"])
    assert "<script>alert" not in json.dumps(ends) and "/" not in found["source"]["file"]


@pytest.mark.usefixtures("band")
def test_silence_goes_through_a_recipe(api: TestClient, context: ServerContext) -> None:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.zeros(32000), 16000, format="WAV")
    end = finished(context, api, api.post("/api/pipeline", files={"audio": ("x.wav", file.getvalue())}, data=MEMO))
    assert end["state"] == "done", end
    assert "found no speech" in api.get(f"/api/jobs/{end['job']}/conversation").json()["notes"][0]


@pytest.mark.usefixtures("band")
@pytest.mark.parametrize(
    ("form", "data", "code", "said"),
    [
        ({"recipe": "meetng"}, sound(), 404, "did you mean 'meeting'"),
        ({"recipe": "/etc/passwd"}, sound(), 404, "no recipe '/etc/passwd'"),
        ({"use": "asr"}, sound(), 422, "use 'asr' is not STAGE=MODEL"),
        ({"use": "asr=scrib"}, sound(), 404, "scrib"),
        ({"use": "asr=namer"}, sound(), 422, "namer"),
        ({}, b"", 422, "is empty"),
        ({}, b"no sound\n" * 99, 422, "is not audio"),
        ({}, sound(31.0), 422, "lasts 0.5 minutes; the maximum here is 0.5"),
    ],
)
def test_a_pipeline_that_cannot_be_is_told_at_once(
    api: TestClient, form: dict[str, str], data: bytes, code: int, said: str
) -> None:
    answer = api.post("/api/pipeline", files={"audio": ("x.wav", data)}, data=form)
    assert answer.status_code == code and said in answer.json()["error"], answer.text
    assert "incoming" not in answer.text


@pytest.mark.usefixtures("band")
def test_a_recording_that_lasts_longer_than_its_header_says_is_told(
    api: TestClient, context: ServerContext, tmp_path: Path
) -> None:
    path = encoded(tmp_path / "x.webm", "libopus", 50.0)
    said_to_last(path, 1.0)
    end = finished(context, api, api.post("/api/pipeline", files={"audio": ("x.webm", path.read_bytes())}, data=MEMO))
    assert end["state"] == "failed" and "x.webm lasts more than 0.5 minutes" in end["error"], end
    assert not [*context.pipelines.rglob("*.wav*")]


@pytest.mark.usefixtures("band")
def test_a_pipeline_is_stopped_and_goes_on(
    api: TestClient,
    context: ServerContext,
    extension: Path,
    tmp_path: Path,
    calls: Path,  # noqa: F811
) -> None:
    gate, loader = tmp_path / "gate", extension / "models" / "namer" / "loader.py"
    loader.write_text(loader.read_text().replace("count += 1", f"while not os.path.exists({str(gate)!r}): time.sleep(0.02)"))
    sent = {"audio": ("talk.wav", whistled(tmp_path / "talk.wav", "lh").path.read_bytes())}
    job = context.jobs.find(api.post("/api/pipeline", files=sent, data=MEMO).json()["job"])
    assert job is not None
    seen = -1
    while not job.ended and "ner (namer)" not in job.bars:
        seen = job.wait(seen, LONG_S)
    job.stop()
    gate.touch()
    assert job.join(LONG_S) and (job.state, "continues from there" in job.error) == ("stopped", True)
    end = finished(context, api, api.post("/api/pipeline", files=sent, data=MEMO))
    assert end["state"] == "done" and calls.read_text().split().count("scribe") == 1, end


@pytest.mark.usefixtures("band")
def test_a_truncated_recording_is_told_by_its_name(api: TestClient) -> None:
    answer = api.post("/api/pipeline", files={"audio": ("my talk.wav", sound(2.0)[:30_000])}, data=MEMO)
    assert answer.status_code == 422
    assert "my_talk.wav is truncated" in answer.json()["error"] and "incoming" not in answer.text


def test_a_sprint_is_stopped_and_goes_on(api: TestClient, context: ServerContext, extension: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    import fastapi

    from model_lab.ui import http
    from tests.conftest import forget

    small = write_extension(extension)
    gate = tmp_path / "gate"
    for model in ("good_ears", "bad_ears"):  # whichever runs first blocks at its fourth recording
        loader = extension / "models" / model / "loader.py"
        loader.write_text(
            loader.read_text().replace(
                "count += 1", f"count += 1\n        while count > 3 and not os.path.exists({str(gate)!r}): time.sleep(0.02)"
            )
        )
    forget()
    mine = replace(context, sprints=(str(small),))
    application = fastapi.FastAPI()
    application.include_router(http.router(mine))
    http.add_errors(application)
    api = TestClient(application)
    asked = {"sprint": str(small), "lanes": ["ears"]}
    job = context.jobs.find(api.post("/api/sprints", json=asked).json()["job"])
    assert job is not None
    seen = -1
    while not job.ended and job.bars.get("all models", None) != JobProgress(3, 16):
        seen = job.wait(seen, LONG_S)
    job.stop()
    gate.touch()
    assert job.join(LONG_S) and job.state == "stopped"
    answered = [path.read_text().count("\n") for path in sorted(context.runs.glob("*/*/*/samples.jsonl"))]
    assert 3 <= sum(answered) < 16
    end = finished(context, api, api.post("/api/sprints", json=asked))
    assert end["state"] == "done", end
    assert [path.read_text().count("\n") for path in sorted(context.runs.glob("*/*/*/samples.jsonl"))] == [8, 8]
    assert end["result"] == "/runs/small-smoke/report/index.html"
    assert api.get("/api/runs").json() == ["small-smoke"]
    assert {row["model"] for row in api.get("/api/runs/small-smoke/scorecards/asr").json()["tables"][0]["rows"]} == {
        "good_ears",
        "bad_ears",
    }
    assert api.get("/api/runs/small-smoke/scorecards/ner").status_code == 404
