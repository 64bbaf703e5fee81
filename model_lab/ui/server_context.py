"""What all pages and the API share: folders, limits of uploads, and the queue."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from model_lab import cache
from model_lab.errors import StoreError, UnknownName, nearest
from model_lab.files import lock_folder, translate_os_errors
from model_lab.pipelines.run import PIPELINES
from model_lab.ui.jobs import Jobs

RUNS, CONVERSATIONS, PAGES = "/runs", "/conversations", "/pages"
"""Where the server shows runs, pipelines and its own temporary pages."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names of this machine that no other can reach."""

_MAX_KEPT = 100
"""Maximum number of temporary pages of a kind that are kept."""


@dataclass(frozen=True)
class UploadLimits:
    """Limits of uploads: size of a file, and duration of its audio for a model and for a pipeline."""

    upload_mb: int = 500
    ask_minutes: float = 10.0
    pipeline_minutes: float = 240.0
    characters: int = 20_000
    models: int = 4


@dataclass(frozen=True)
class ServerContext:
    """``place``: the server's temporary folder, removed when it ends; ``runs`` and ``pipelines``: folders that stay.

    Only `pages` is served from ``place``: a browser must never show an uploaded file as a page of this server.
    """

    place: Path
    runs: Path = Path("runs")
    pipelines: Path = PIPELINES
    sprints: tuple[str, ...] = ("hf_sprint_2026q1",)
    device: str = "cpu"
    workers: int = 1
    trusted: Collection[str] = ()
    limits: UploadLimits = UploadLimits()
    jobs: Jobs = field(default_factory=Jobs)

    def require_sprint(self, name: str) -> None:
        """Raises `UnknownName` unless the server was started with that sprint."""
        if name not in self.sprints:
            raise UnknownName(
                f"there is no sprint {name!r}{nearest(name, self.sprints)}; expected one of: {', '.join(self.sprints)}"
            )

    @property
    def pages(self) -> Path:
        """The folder of the pages that this server writes."""
        return self.place / "pages"

    @property
    def shown(self) -> dict[str, Path]:
        """All folders whose files are served, by the prefix of their addresses."""
        return {PAGES: self.pages, RUNS: self.runs, CONVERSATIONS: self.pipelines}

    def fresh(self, kind: str) -> Path:
        """A new folder below `pages`; the oldest of its kind are removed."""
        folder = _new_folder(self.pages / kind)
        for old in sorted(folder.parent.iterdir())[:-_MAX_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return folder

    @contextmanager
    def receiving(self) -> Iterator[Path]:
        """A new folder for an upload. It is removed if the upload is refused, otherwise by its job (see `jobs.Work`)."""
        folder = _new_folder(self.place / "incoming")
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def address(self, path: Path) -> str:
        """Where the server shows a file of `shown`. Raises `ValueError` for any other."""
        for prefix, folder in self.shown.items():
            if path.resolve().is_relative_to(folder.resolve()):
                return f"{prefix}/{quote(path.resolve().relative_to(folder.resolve()).as_posix())}"
        raise ValueError(f"{path} is in none of the folders that are served")


def _new_folder(home: Path) -> Path:
    """A new folder in ``home``; their names sort by time."""
    folder = home / f"{time.time_ns():020d}-{secrets.token_hex(6)}"
    with translate_os_errors(folder):
        folder.mkdir(parents=True)
    return folder


@contextmanager
def passing() -> Iterator[Path]:
    """A folder in the cache for as long as the server runs; what killed servers left behind is removed first."""
    home = cache.folder("ui")
    _tidy(home)
    place = home / f"{os.getpid()}-{secrets.token_hex(3)}"
    with lock_folder(place, f"{place} is used by another server; start again"):
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _tidy(home: Path) -> None:
    """Remove the folders that no running server holds."""
    for left in home.glob("*/"):
        try:
            with lock_folder(left, "in use"):
                shutil.rmtree(left, ignore_errors=True)
        except StoreError:
            continue
