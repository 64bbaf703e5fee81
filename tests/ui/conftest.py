"""A room with small limits, the API alone, and the whole server without a network."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from model_lab.ui.jobs import Jobs
from model_lab.ui.server_context import ServerContext, UploadLimits

if TYPE_CHECKING:
    from starlette.testclient import TestClient

LIMITS = UploadLimits(upload_mb=2, ask_minutes=0.1, pipeline_minutes=0.5, characters=200, models=8)
LONG_S = 60.0
EVIL = "<script>alert(1)</script>&\"'"
BASE = "http://127.0.0.1:7860"
"""The test client's own host is one that the server does not know."""


def make_room(folder: Path, **settings: Any) -> ServerContext:
    """A room that works below ``folder``."""
    place = folder / "place"
    place.mkdir()
    return ServerContext(place, folder / "runs", folder / "pipelines", limits=LIMITS, **settings)


def sound(seconds: float = 0.5, rate: int = 16000, kind: str = "WAV", channels: int = 1, subtype: str = "PCM_16") -> bytes:
    """A file of quiet noise."""
    import soundfile

    noise = 0.1 * np.random.default_rng(0).standard_normal((round(seconds * rate), channels))
    file = io.BytesIO()
    soundfile.write(file, noise.astype(np.float32), rate, subtype=subtype, format=kind)
    return file.getvalue()


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ServerContext]:
    made = make_room(tmp_path, jobs=Jobs(most=2, kept=4))
    yield made
    made.jobs.close()


@pytest.fixture
def api(context: ServerContext) -> Iterator[TestClient]:
    """The API of ``context``, without pages and guard."""
    fastapi = pytest.importorskip("fastapi")
    from starlette.testclient import TestClient

    from model_lab.ui import http

    application = fastapi.FastAPI()
    application.include_router(http.router(context))
    http.add_errors(application)
    with TestClient(application, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory) -> ServerContext:
    """A room for tests that ask no model."""
    return make_room(tmp_path_factory.mktemp("room"))


@pytest.fixture(scope="module")
def client(shared_room: ServerContext) -> Iterator[TestClient]:
    """The whole server of ``shared_room``, on loopback and without a password."""
    pytest.importorskip("gradio")
    from starlette.testclient import TestClient

    from model_lab.ui.app import app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(shared_room.place / "uploads"))
        with TestClient(app(shared_room), base_url=BASE, raise_server_exceptions=False, follow_redirects=False) as opened:
            yield opened


@pytest.fixture
def nothing_is_left(context: ServerContext) -> Iterator[None]:
    """No process of a model outlives its job, and nothing that was sent is kept behind it."""
    before = _workers()
    yield
    context.jobs.close()
    assert not _workers() - before
    assert not [*context.place.glob("incoming/*")] and {path.name for path in context.place.iterdir()} <= {"incoming", "pages"}


def _workers() -> set[int]:
    """The processes that models run in here; other tests keep some open."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if "model_lab.workers.worker" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def finished(context: ServerContext, api: TestClient, answer: Any) -> dict[str, Any]:
    """How a job ended that was begun by ``answer``."""
    assert answer.status_code == 202, answer.text
    job = context.jobs.find(answer.json()["job"])
    assert job is not None and job.join(LONG_S)
    return dict(api.get(f"/api/jobs/{job.number}").json())
