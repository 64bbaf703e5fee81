"""Starts the server of ``model-lab ui``."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Collection
from pathlib import Path

from model_lab.errors import BadConfig, NotRunnable
from model_lab.runs import sprint
from model_lab.runs.executors import LocalExecutor
from model_lab.ui.server_context import LOOPBACK, ServerContext, UploadLimits, passing


def serve(
    host: str,
    port: int,
    auth: str,
    sprints: tuple[str, ...],
    limits: UploadLimits,
    pipelines: Path,
    runs: Path,
    device: str,
    workers: int,
    trusted: Collection[str],
) -> None:
    """Serve until interrupted; uploads are removed then. Raises `BadConfig` for invalid settings, `NotRunnable` without Gradio."""
    if host not in LOOPBACK and not auth:
        raise BadConfig(f"--host is {host}, which other machines can reach; add --auth USER:PASSWORD, or omit --host")
    try:
        from model_lab.ui import app, security
    except ImportError as error:
        raise NotRunnable(f"the UI needs Gradio ({error}); run: pip install 'model-lab[ui]'") from None
    credentials = security.credentials(auth) if auth else None
    for name in sprints:
        sprint.config(name)
    LocalExecutor(workers)
    _require_port(host, port)
    with passing() as folder:
        os.environ.update(GRADIO_TEMP_DIR=str(folder / "uploads"), GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1")
        context = ServerContext(folder, runs, pipelines, sprints, device, workers, trusted, limits)
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        print(f"Model Lab is at {address} (API: {address}/api/docs); stop it with Ctrl-C", flush=True)
        signal.signal(
            signal.SIGTERM, lambda *_: sys.exit(0)
        )  # uvicorn raises it again once it has ended: the folder must be removed
        app.serve(context, host, port, credentials)


def _require_port(host: str, port: int) -> None:
    """Raise `BadConfig` if the port cannot be bound."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadConfig(f"--port {port} cannot be bound on {host} ({error.strerror}); choose another") from None
