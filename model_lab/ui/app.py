"""The server: the page of tabs, the API, and the files that it serves, behind one security middleware."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket

from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from model_lab.ui import http
from model_lab.ui.security import SecurityMiddleware
from model_lab.ui.server_context import LOOPBACK, ServerContext
from model_lab.ui.tabs._jobs import STYLE

_VISIBLE_SUFFIXES = frozenset(
    [".html", ".css", ".js", ".json", ".md", ".svg", ".flac", ".wav", ".srt", ".vtt", ".rttm", ".ctm", ".TextGrid"]
)
"""The files of runs and pipelines that are served: pages, audio and downloads; no logs, locks or stored answers."""

_CLOSED_ROUTES = ("/gradio_api/file=http{address:path}", "/gradio_api/proxy={address:path}")
"""Routes by which Gradio would fetch any address and pass its content on."""


class VisibleFiles(StaticFiles):
    """The files of a folder that may be served. A link or a path that leads out of the folder is not found."""

    async def check_config(self) -> None:
        """Nothing: the folder is created with the first file that is written into it."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The file and its status; none for hidden files and for suffixes that are not served."""
        name = os.path.basename(path)
        hidden = any(part.startswith(".") for part in path.split(os.sep))
        return super().lookup_path(path) if os.path.splitext(name)[1] in _VISIBLE_SUFFIXES and not hidden else ("", None)


def serve(context: ServerContext, host: str, port: int, auth: tuple[str, str] | None) -> None:
    """Serve until interrupted."""
    import uvicorn

    class Server(uvicorn.Server):
        """Stops the jobs first, so that every client that waits for one gets an answer."""

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            await run_in_threadpool(context.jobs.close)
            await super().shutdown(sockets)

    settings = uvicorn.Config(app(context, host, auth), host=host, port=port, log_level="warning", timeout_graceful_shutdown=1)
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
    Server(settings).run()


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether a record belongs in the log: pages that were still open when the server ended are not an error."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def app(context: ServerContext, host: str = "127.0.0.1", auth: tuple[str, str] | None = None) -> ASGIApp:
    """The page and the API as one ASGI application. Jobs are stopped when it ends."""
    import gradio as gr

    from model_lab.ui.page import page

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield
        context.jobs.close()

    api = FastAPIOffline(
        title="Model Lab", docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json", lifespan=lifespan
    )
    api.include_router(http.router(context))
    http.add_errors(api)
    for route in _CLOSED_ROUTES:
        api.add_api_route(route, _closed, methods=["GET", "HEAD", "POST"], include_in_schema=False)
    for prefix, folder in context.shown.items():
        api.mount(prefix, VisibleFiles(directory=folder, check_dir=False), name=prefix.strip("/"))
    blocks = page(context)
    blocks.has_launched = True  # otherwise Gradio accepts any file of this machine as an upload
    gr.mount_gradio_app(
        api,
        blocks,
        path="/",
        run_history=False,
        footer_links=[],
        show_error=True,
        max_file_size=f"{context.limits.upload_mb}mb",
        allowed_paths=[],
        css=STYLE,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
    )
    hosts = [*LOOPBACK, "[::1]"] if host in LOOPBACK else ["*"]
    return SecurityMiddleware(TrustedHostMiddleware(api, allowed_hosts=hosts), auth, context.limits.upload_mb)


def _closed() -> None:
    """Refuse the request."""
    raise HTTPException(404, "only files of this server are shown")
