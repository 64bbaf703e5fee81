"""What the server shows: the files of its own folders that are made to be looked at, and nothing else by any spelling."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("gradio")

from starlette.testclient import TestClient

from model_lab.ui.server_context import CONVERSATIONS, PAGES, RUNS, ServerContext
from tests.ui.conftest import sound

SECRET = "a secret"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module", autouse=True)
def files(shared_room: ServerContext) -> Iterator[None]:
    """The same files in each of the folders that are shown, secrets beside them, and links to these."""
    (shared_room.place / "beside.html").write_text(SECRET)
    for folder in shared_room.shown.values():
        (folder / "one" / ".hidden").mkdir(parents=True)
        (folder.parent / "outside.html").write_text(SECRET)
        for name in ("page.html", "answers.json", "sound.flac", "out.TextGrid"):
            (folder / "one" / name).write_text("shown")
        hidden = (
            "samples.jsonl",
            "worker.log",
            ".lock",
            "notes.txt",
            "x",
            ".page.html",
            ".hidden/page.html",
            "page.html~",
            "p.HTML.bak",
        )
        for name in hidden:
            (folder / "one" / name).write_text(SECRET)
        (folder / "one" / "out.html").symlink_to(folder.parent / "outside.html")
        (folder / "one" / "passwd.html").symlink_to("/etc/passwd")
        (folder / "one" / "etc").symlink_to("/etc")
        (folder / "away").symlink_to(folder.parent)
    yield
    for folder in shared_room.shown.values():
        shutil.rmtree(folder)


@pytest.mark.parametrize("prefix", [PAGES, RUNS, CONVERSATIONS])
@pytest.mark.parametrize("name", ["page.html", "answers.json", "sound.flac", "out.TextGrid"])
def test_what_is_made_to_be_looked_at_is_shown(client: TestClient, prefix: str, name: str) -> None:
    answer = client.get(f"{prefix}/one/{name}")
    assert (answer.status_code, answer.text) == (200, "shown")
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["referrer-policy"] == "same-origin"
    assert "object-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("prefix", [PAGES, RUNS, CONVERSATIONS])
@pytest.mark.parametrize(
    "path",
    [
        *("one/samples.jsonl", "one/worker.log", "one/.lock", "one/notes.txt", "one/x", "one/.page.html", "one/.hidden/page.html"),
        *("one/page.html~", "one/p.HTML.bak", "one/out.html", "one/passwd.html", "one/etc/passwd", "away/outside.html", "one", "", "one/"),
        *("../outside.html", "%2e%2e/outside.html", "..%2foutside.html", "%2e%2e%2foutside.html", "%252e%252e%252foutside.html"),
        *("one/../../outside.html", "one%2f..%2f..%2foutside.html", "..\\outside.html", "..%5coutside.html", "%5c..%5coutside.html"),
        *("/etc/passwd", "%2fetc%2fpasswd", "//etc/hostname.html", "one/page.html%00", "one/%00.html", "one/page.html%00.txt"),
        *("one/" + "x" * 3000 + ".html", "x/" * 1000 + "page.html", "one/page.html/x.html", "one/%ff.html", "~/x.html"),
        *("../beside.html", "../uploads/x.html", "one/out.html?x=.html", "C:/x.html", "file:///etc/passwd"),
    ],
)  # fmt: skip
def test_nothing_else_is(client: TestClient, prefix: str, path: str) -> None:
    target = f"{prefix}/{path}".encode()
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=target)  # as it stands: no client tidies it up first
    answer = client.send(request)
    assert answer.status_code in (404, 307) and SECRET not in answer.text and "root:" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "etc/passwd", "../../../../etc/passwd", "%2fetc%2fpasswd", "..%2f..%2fetc%2fpasswd", "%252fetc%252fpasswd"),
        *("file:///etc/passwd", "~/.bashrc", "README.md", "pyproject.toml", "/proc/self/environ", "/etc/passwd%00.wav", "/"),
        *("http://127.0.0.1:1/x", "https://example.org/x", "http%3a%2f%2f127.0.0.1:1/x", "http:/127.0.0.1:1", "ftp://127.0.0.1/x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("route", ["/gradio_api/file=", "/gradio_api/file/", "/gradio_api/proxy="])
def test_gradio_gives_away_nothing(client: TestClient, route: str, path: str) -> None:
    answer = client.get(route + path)
    assert answer.status_code in (400, 403, 404, 405), answer.text
    assert "root:" not in answer.text and "[project]" not in answer.text


def test_gradio_gives_away_nothing_of_this_server(client: TestClient, shared_room: ServerContext) -> None:
    uploads = Path(os.environ["GRADIO_TEMP_DIR"])
    uploads.mkdir(exist_ok=True)
    (uploads / "link.html").symlink_to("/etc/passwd")
    secrets = [shared_room.place / "beside.html", shared_room.runs / "one" / "samples.jsonl", uploads / "link.html"]
    for path in (*secrets, uploads / ".." / "beside.html"):
        assert client.get(f"/gradio_api/file={path}").status_code == 403, path


@pytest.mark.parametrize("name", ["page.html", "x.svg", "x.xml", "x.xhtml", "x.js", "a.wav", ".html", "<b>.html", "../../x.html"])
def test_what_somebody_uploads_is_never_a_page_of_this_server(client: TestClient, shared_room: ServerContext, name: str) -> None:
    (path,) = client.post("/gradio_api/upload", files={"files": (name, SCRIPT.encode(), "text/html")}).json()
    assert Path(path).resolve().is_relative_to(shared_room.place / "uploads")
    back = client.get(f"/gradio_api/file={path}")
    kind = back.headers["content-type"]
    assert back.status_code == 200 and (
        "attachment" in back.headers["content-disposition"] or kind.startswith(("audio/", "text/plain"))
    )
    relative = Path(path).relative_to(shared_room.place).as_posix()
    for prefix in (PAGES, RUNS, CONVERSATIONS):
        assert client.get(f"{prefix}/{relative}").status_code == 404
        assert client.get(f"{prefix}/../{relative}").status_code == 404


def test_a_refused_question_leaves_nothing(client: TestClient, shared_room: ServerContext) -> None:
    """The server has none of these models, so that nothing is asked."""
    before = sorted(shared_room.place.rglob("*"))
    for audio in (sound(), SCRIPT.encode()):
        sent = {"audio": ("x.html", audio, "text/html")}
        assert client.post("/api/ask/asr", files=sent, data={"model": "no such"}).status_code == 404
        assert client.post("/api/ask/tts", files=sent, data={"model": "espeak"}).status_code in (404, 422)
        assert client.post("/api/pipeline", files=sent, data={"recipe": "../../meeting"}).status_code == 404
    assert client.post("/api/pipeline", files={"audio": ("x.html", SCRIPT.encode())}).status_code == 422
    assert sorted(path for path in shared_room.place.rglob("*") if path.name != "incoming") == before


@pytest.mark.parametrize(
    "path",
    ["/monitoring", "/gradio_api/vibe-code", "/gradio_api/runs", "/gradio_api/run-history/buckets", "/gradio_api/dev/reload/x"],
)
def test_what_gradio_has_besides_is_closed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False and not config["space_id"]
    docs = client.get("/api/docs").text
    assert "http://" not in docs.replace("http://127.0.0.1:7860", "") and "https://" not in docs
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


def test_no_function_of_the_page_is_offered_to_programs(client: TestClient) -> None:
    """They have the API."""
    assert client.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}


def test_no_file_of_this_machine_passes_for_an_upload(client: TestClient, shared_room: ServerContext, tmp_path: Path) -> None:
    """The page sends a path back that it was given; a stranger may send any."""
    (tmp_path / "x.wav").write_bytes(sound())
    (sent,) = client.post("/gradio_api/upload", files={"files": ("x.wav", b"no sound")}).json()
    config = client.get("/config").json()
    parts = {component["id"]: component for component in config["components"]}

    def told(event: dict[str, Any], file: dict[str, Any]) -> str:
        """What the page is told where ``file`` is put into every field for one."""
        data: list[Any] = []
        for part in (parts[number] for number in event["inputs"]):
            many = part["props"].get("multiselect") or part["props"].get("file_count") == "multiple"
            given = file if part["type"] in ("audio", "file") else part["props"].get("value")
            data.append(([given] if given is file else []) if many else given or "")
        asked = {"data": data, "fn_index": event["id"], "session_hash": "stranger", "event_data": None}
        assert client.post("/gradio_api/queue/join", json=asked).status_code == 200
        return client.get("/gradio_api/queue/data", params={"session_hash": "stranger"}).text

    taking = [event for event in config["dependencies"] if {"audio", "file"} & {parts[part]["type"] for part in event["inputs"]}]
    taken = {event["targets"][0][1] for event in taking}
    assert taken == {"click"} and len(taking) == 2  # ask a model, and take a recording through a recipe
    secrets = ["/etc/passwd", str(shared_room.place / "beside.html"), str(tmp_path / "x.wav"), f"{sent}/../../../beside.html"]
    for event in taking:
        for path in (*secrets, "http://127.0.0.1:1/x.wav", "file:///etc/passwd"):
            for more in ({}, {"is_stream": "//" not in path}, {"url": path}, {"url": f"/gradio_api/file={path}"}):
                answer = told(event, {"path": path, "orig_name": "x.wav", "meta": {"_type": "gradio.FileData"}, **more})
                assert '"success":false' in answer and '"success":true' not in answer, (path, more, answer)
        good = {"path": sent, "orig_name": "x.wav", "meta": {"_type": "gradio.FileData"}}
        assert '"success":true' in told(event, good)  # it is not for another reason that the others are refused
    assert client.get("/api/jobs").json() == [] and not [*shared_room.place.rglob("passwd")]
