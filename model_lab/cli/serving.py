"""``model-lab ui``: the bench in a browser, and as an HTTP API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.running import JOBS, RUNS, TRUST


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(ui)


def ui(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; any address other than loopback needs --auth.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 7860,
    auth: Annotated[
        str,
        typer.Option("--auth", envvar="MODEL_LAB_AUTH", metavar="USER:PASSWORD", help="Require this login.", show_envvar=True),
    ] = "",
    sprints: Annotated[
        list[str], typer.Option("--sprint", help="A sprint that may be started from the UI: a name or a file (may be repeated).")
    ] = ["hf_sprint_2026q1"],
    jobs: JOBS = 1,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda; never changed silently.")] = "cpu",
    upload_mb: Annotated[int, typer.Option("--upload-mb", min=1, help="Maximum size of an upload, in MB.")] = 500,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.1, help="Maximum length of the audio for one model, in minutes.")
    ] = 10.0,
    hours: Annotated[
        float, typer.Option("--hours", min=0.01, help="Maximum length of a recording for a pipeline, in hours.")
    ] = 4.0,
    pipelines: Annotated[Path, typer.Option("--pipelines", help="Folder that holds the pipelines.")] = Path("pipelines"),
    trust: TRUST = [],
    runs: RUNS = Path("runs"),
) -> None:
    """Serve the bench in a browser: leaderboards, comparisons, single inferences, pipelines, sprints, the state of this machine.

    The same functions are available over HTTP; /api/docs describes the API. One job runs at a time, others wait in a queue; closing the
    page does not stop a job.
    """
    from model_lab.cli import server
    from model_lab.ui.server_context import UploadLimits

    limits = UploadLimits(upload_mb=upload_mb, ask_minutes=minutes, pipeline_minutes=60 * hours)
    server.serve(host, port, auth, tuple(sprints), limits, pipelines, runs, device, jobs, trust)
