"""A hub of our own on loopback with dataset repositories: what `huggingface_hub` asks for, and range requests on their files."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow
import pyarrow.parquet
import soundfile
import yaml

COMMIT = "b" * 40


@dataclass
class Repository:
    """A dataset repository: files by path, the README's front matter, its gate, and its branches."""

    files: dict[str, bytes]
    readme: dict[str, Any] = field(default_factory=dict)
    gated: bool = False
    revisions: tuple[str, ...] = ("main", COMMIT)
    commit: str = COMMIT
    """What ``main`` stands for."""


class DatasetHub(http.server.ThreadingHTTPServer):
    """Repositories by name, and other texts by path; ``sent`` counts the bytes of files that were sent, ``status`` refuses everything with that status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.repositories: dict[str, Repository] = {}
        self.texts: dict[str, str] = {}
        self.sent = 0
        self.requests: list[str] = []
        self.status = 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> str:
        """What HF_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[DatasetHub]:
    """A hub until the block ends."""
    hub = DatasetHub()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()


class _Answer(http.server.BaseHTTPRequestHandler):
    server: DatasetHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._route(json.loads(body) if body else {})

    def do_GET(self) -> None:
        self._route({})

    def _route(self, body: dict[str, Any]) -> None:
        path = unquote(self.path.split("?")[0])
        self.server.requests.append(f"{self.command} {path}")
        if self.server.status:
            return self._say(self.server.status, b"{}")
        if path in self.server.texts:
            return self._say(200, self.server.texts[path].encode())
        match = re.match(r"^/(?:api/)?datasets/([^/]+/[^/]+)(?:/(.*))?$", path)
        name, rest = (match[1], match[2] or "") if match else ("", "")
        repository = self.server.repositories.get(name)
        if repository is None:
            return self._say(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        kind, _, rest = rest.partition("/")
        if kind == "auth-check":
            return self._gate() if repository.gated else self._say(200, b"{}")
        revision = next((each for each in sorted(repository.revisions, key=len, reverse=True) if rest.startswith(each)), "")
        if kind and not revision:
            return self._say(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        inside = rest[len(revision) :].lstrip("/")
        if kind == "resolve":
            return self._gate() if repository.gated and not self._trusted() else self._file(repository, inside)
        if kind == "tree":
            return self._say(200, json.dumps([_entry(path, repository) for path in repository.files]).encode())
        if kind == "paths-info":
            there = [path for path in body.get("paths", []) if path in repository.files]
            return self._say(200, json.dumps([_entry(path, repository) for path in there]).encode())
        siblings = [{"rfilename": path, "size": len(content)} for path, content in repository.files.items()]
        told = {
            "id": name,
            "sha": revision
            if revision != "main" and revision in repository.revisions and len(revision) == 40
            else repository.commit,
            "siblings": siblings,
            "gated": "auto" if repository.gated else False,
            "cardData": repository.readme,
        }
        self._say(200, json.dumps(told).encode())

    def _trusted(self) -> bool:
        return "good" in self.headers.get("authorization", "")

    def _gate(self) -> None:
        if self._trusted():
            return self._say(200, b"{}")
        self._say(403 if self.headers.get("authorization") else 401, b"{}", {"X-Error-Code": "GatedRepo"})

    def _file(self, repository: Repository, path: str) -> None:
        if path not in repository.files:
            return self._say(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        content = repository.files[path]
        told = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if asked := re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("range", "")):
            first, last = int(asked[1]), int(asked[2] or len(content) - 1)
            part = content[first : last + 1]
            self.server.sent += len(part)
            return self._say(206, part, told | {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"})
        self.server.sent += len(content) if self.command == "GET" else 0
        self._say(200, content, told)

    def _say(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _entry(path: str, repository: Repository) -> dict[str, Any]:
    content = repository.files[path]
    digest = hashlib.sha256(content).hexdigest()
    return {
        "type": "file",
        "path": path,
        "size": len(content),
        "oid": digest[:40],
        "lfs": {"oid": digest, "size": len(content), "pointerSize": 100},
    }


def sound(seed: int, seconds: float = 0.5, rate: int = 16000, form: str = "FLAC", channels: int = 1) -> bytes:
    """A sound file made by us: a tone whose pitch depends on the seed."""
    times = np.arange(int(seconds * rate)) / rate
    tone = (0.3 * np.sin(2 * np.pi * (200 + 37 * (seed % 40)) * times)).astype(np.float32)
    out = io.BytesIO()
    soundfile.write(out, np.stack([tone] * channels, axis=1), rate, format=form)
    return out.getvalue()


def parquet(
    columns: dict[str, list[Any]], features: dict[str, Any] | None = None, rows_per_group: int = 100, schema: Any = None
) -> bytes:
    """A Parquet file as the hub's tools write it: sounds are structs of bytes and path; ``features`` become the schema's metadata."""
    table = pyarrow.table(columns, schema=schema)
    if features is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, out, row_group_size=rows_per_group)
    content: bytes = out.getvalue().to_pybytes()
    return content


def audio_struct(data: bytes, path: str = "a.wav") -> dict[str, Any]:
    """How a table holds a sound."""
    return {"bytes": data, "path": path}


def readme(front: dict[str, Any]) -> bytes:
    """A README with this front matter."""
    return f"---\n{yaml.safe_dump(front)}---\n".encode()
