"""The server: the page of tabs, the API, and the files that may be seen, behind one guard."""

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

_SHOWN = frozenset(
    [".html", ".css", ".js", ".json", ".md", ".svg", ".flac", ".wav", ".srt", ".vtt", ".rttm", ".ctm", ".TextGrid"]
)
"""What is shown of runs and pipelines: pages, sound and what may be downloaded; no logs, locks or answers as they are stored."""

_CLOSED = ("/gradio_api/file=http{address:path}", "/gradio_api/proxy={address:path}")
"""Where Gradio would bring what is at any address and pass it on."""


class Shown(StaticFiles):
    """The files of a folder that may be seen. A link that leads out of it, as any path that does, is not found."""

    async def check_config(self) -> None:
        """Nothing: the folder comes with the first that is written into it."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The file and its state; none for what is hidden or of no kind that is shown."""
        name = os.path.basename(path)
        hidden = any(part.startswith(".") for part in path.split(os.sep))
        return super().lookup_path(path) if os.path.splitext(name)[1] in _SHOWN and not hidden else ("", None)


def serve(context: ServerContext, host: str, port: int, auth: tuple[str, str] | None) -> None:
    """Answer until interrupted."""
    import uvicorn

    class Server(uvicorn.Server):
        """Stops the jobs first, so that whoever waits for one gets an answer."""

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            await run_in_threadpool(context.jobs.close)
            await super().shutdown(sockets)

    settings = uvicorn.Config(app(context, host, auth), host=host, port=port, log_level="warning", timeout_graceful_shutdown=1)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    Server(settings).run()


def _is_news(record: logging.LogRecord) -> bool:
    """Whether the log is to have it: that pages were still open when the server ended is no fault."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def app(context: ServerContext, host: str = "127.0.0.1", auth: tuple[str, str] | None = None) -> ASGIApp:
    """The whole, as an ASGI application. Jobs are stopped when it ends."""
    import gradio as gr

    from model_lab.ui.page import page

    @asynccontextmanager
    async def living(_: object) -> AsyncIterator[None]:
        yield
        context.jobs.close()

    api = FastAPIOffline(
        title="Model Lab", docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json", lifespan=living
    )
    api.include_router(http.router(context))
    http.add_errors(api)
    for closed in _CLOSED:
        api.add_api_route(closed, _closed, methods=["GET", "HEAD", "POST"], include_in_schema=False)
    for prefix, folder in context.shown.items():
        api.mount(prefix, Shown(directory=folder, check_dir=False), name=prefix.strip("/"))
    whole = page(context)
    whole.has_launched = True  # or else Gradio takes any file of this machine for one that was uploaded
    gr.mount_gradio_app(
        api,
        whole,
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
    """Nothing is there."""
    raise HTTPException(404, "only files of this server are shown")
