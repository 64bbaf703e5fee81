"""The hub's refusals and downloads, against a hub of our own on loopback, through the command a user types."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_lab import hub_cache

TOKEN = "hf_" + "secret" * 6
COMMIT = "a" * 40
CONFIG = """
title: A model on a hub
summary: Made by a test.
kind: neural
capabilities: [asr]
source: {{kind: hub, id: {id}}}
licence: {{code: Apache-2.0, weights: MIT, commercial: true}}
parameters: 1000
weights: {{kind: hub, repositories: {{model: {{id: {id}, files: [config.json, "*.safetensors"], gated: {gated}}}}}}}
verified: nothing
"""


def safetensors(size: int) -> bytes:
    """A file of one float32 array of ``size`` numbers."""
    header = json.dumps({"weight": {"dtype": "F32", "shape": [size], "data_offsets": [0, 4 * size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(4 * size)


class Hub(http.server.ThreadingHTTPServer):
    """A hub with one repository of two files, ``acme/good``; all others refuse as their names say."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = {"config.json": b"{}", "model.safetensors": safetensors(50_000)}
        self.damaged, self.drops = False, 0
        self.sent = list[str]()
        self.sums = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        refusals = {
            "gated": (403, "GatedRepo") if self.headers.get("authorization") else (401, "GatedRepo"),
            "missing": (404, "RepoNotFound"),
            "revision": (404, "RevisionNotFound"),
            "disabled": (403, None),
            "private": (401, None),
            "limit": (429, None),
            "outage": (500, None),
        }
        for name, (status, code) in refusals.items():
            if f"acme/{name}" in self.path:
                headers = {"X-Error-Code": code} if code else {}
                if name == "disabled":
                    headers = {"X-Error-Message": "Access to this resource is disabled."}
                return self._say(status, b"{}", headers)
        if "/resolve/" in self.path:
            return self._file(self.path.split("?")[0].rpartition("/")[2])
        names = {} if "incomplete" in self.path else self.server.files
        if "/tree/" in self.path:
            listed = [self._entry(name, content) for name, content in names.items()]
            return self._say(200, json.dumps(listed).encode())
        siblings = [{"rfilename": name, "size": len(content)} for name, content in names.items()]
        return self._say(200, json.dumps({"id": "acme/good", "sha": COMMIT, "siblings": siblings}).encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def _entry(self, name: str, content: bytes) -> dict[str, object]:
        large = {"oid": self.server.sums[name], "size": len(content), "pointerSize": 100}
        return {"type": "file", "path": name, "size": len(content), "oid": self.server.sums[name][:40], "lfs": large}

    def _file(self, name: str) -> None:
        content, start = self.server.files[name], 0
        if self.server.damaged:
            content = content[:-1] + b"\xff"
        whole = len(content)
        if asked := self.headers.get("range"):
            start = int(asked.removeprefix("bytes=").split("-")[0])
        if self.command == "GET":
            self.server.sent.append(name)
        told = {"ETag": f'"{self.server.sums[name]}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(whole)}
        self._say(206 if asked else 200, content[start:], told)

    def _say(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.server.drops and len(content) > 100_000:
            self.server.drops -= 1
            content, self.close_connection = content[:100_000], True
        self.wfile.write(content)


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.shutdown()
    server.server_close()


Said = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(hub: Hub, tmp_path: Path) -> Said:
    """Runs a command against the hub; a model ``NAME`` reads the repository ``acme/NAME``."""

    def run(*words: str, models: tuple[str, ...] = ("good",), **variables: str) -> subprocess.CompletedProcess[str]:
        for name in models:
            folder = tmp_path / "extension" / "models" / name
            folder.mkdir(parents=True, exist_ok=True)
            gated = "true" if name == "gated" else "false"
            (folder / "config.yaml").write_text(CONFIG.format(id=f"acme/{name}", gated=gated))
            (folder / "loader.py").write_text("def load(card, device):\n    raise NotImplementedError\n")
        clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        told = {
            "HF_ENDPOINT": hub.address,
            "HF_HOME": str(tmp_path / "hf"),
            "MODEL_LAB_EXTENSIONS": str(tmp_path / "extension"),
            "COLUMNS": "400",
        }
        command = [sys.executable, "-c", "from model_lab.cli import main; main()", *words]
        return subprocess.run(command, env={**clean, **told, **variables}, capture_output=True, text=True, check=False)

    return run


SENTENCES = {
    "gated": "acme/gated is gated and no token was sent; accept its conditions at https://huggingface.co/acme/gated",
    "missing": "the hub has no repository acme/missing, or it is private",
    "revision": "acme/revision has no revision main",
    "incomplete": "acme/incomplete has no file config.json at main",
    "disabled": "the hub has disabled acme/disabled",
    "private": "the hub does not accept this token for acme/private",
    "limit": "too many requests (429)",
    "outage": "the hub answered 500 for acme/outage",
    "good": "0.0 GB of weights can be downloaded; run: model-lab fetch good",
}


def test_every_refusal_is_told_apart(cli: Said) -> None:
    done = cli("preflight", *SENTENCES, "--json", models=tuple(SENTENCES))
    reasons = json.loads(done.stdout)
    for name, sentence in SENTENCES.items():
        assert any(sentence in reason for reason in reasons[name]), (name, reasons[name])
    assert done.returncode == 1


def test_a_token_without_access_is_told_apart_and_never_shown(cli: Said) -> None:
    done = cli("preflight", "gated", "--json", models=("gated",), HF_TOKEN=TOKEN)
    assert "this token has no access to acme/gated" in done.stdout
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "the hub cannot be reached for acme/good; check the network"),
        ({"HF_HUB_OFFLINE": "1"}, "acme/good is not in the cache and HF_HUB_OFFLINE is set"),
    ],
)
def test_without_a_hub(cli: Said, variables: dict[str, str], sentence: str) -> None:
    done = cli("fetch", "good", **variables)
    assert sentence in done.stderr
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_offline_asks_nothing(cli: Said, hub: Hub) -> None:
    hub.shutdown()
    assert "--offline was given" in cli("fetch", "good", "--offline").stderr
    assert "are not in the cache" in cli("preflight", "good", "--offline", "--json").stdout


def test_fetched_once_and_then_there(cli: Said, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("fetch", "good").returncode == 0
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    folder = hub_cache.snapshot("acme/good", "main")
    assert folder is not None
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert hub_cache.parameters(folder) == 50_000
    assert json.loads(cli("preflight", "good", "--offline", "--json").stdout) == {"good": []}


def test_a_dropped_connection_is_tried_again(cli: Said, hub: Hub, tmp_path: Path) -> None:
    hub.drops = 1
    assert cli("fetch", "good").returncode == 0
    whole = tmp_path / "hf" / "hub" / "models--acme--good" / "blobs" / hub.sums["model.safetensors"]
    assert whole.read_bytes() == hub.files["model.safetensors"]
    assert hub.sent.count("model.safetensors") == 2


def test_only_what_is_missing_is_fetched_again(cli: Said, hub: Hub, tmp_path: Path) -> None:
    assert cli("fetch", "good").returncode == 0
    folder = tmp_path / "hf" / "hub" / "models--acme--good"
    (folder / "blobs" / hub.sums["model.safetensors"]).unlink()
    assert "acme/good (*.safetensors) are not in the cache" in cli("preflight", "good", "--offline", "--json").stdout
    hub.sent.clear()
    assert cli("fetch", "good").returncode == 0
    assert hub.sent == ["model.safetensors"]


def test_a_damaged_file_is_refused_and_removed(cli: Said, hub: Hub) -> None:
    hub.damaged = True
    done = cli("fetch", "good")
    assert "the download was damaged; fetch them again" in done.stderr
    assert done.returncode == 1
    hub.damaged = False
    assert cli("fetch", "good").returncode == 0
