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
        str, typer.Option("--host", help="Where to listen; any other address than this machine's own needs --auth.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Which port.")] = 7860,
    auth: Annotated[
        str, typer.Option("--auth", envvar="MODEL_LAB_AUTH", metavar="USER:PASSWORD", help="Ask for these.", show_envvar=True)
    ] = "",
    sprints: Annotated[
        list[str], typer.Option("--sprint", help="A sprint that may be started there: a name or a file (may be repeated).")
    ] = ["hf_sprint_2026q1"],
    jobs: JOBS = 1,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda; never changed silently.")] = "cpu",
    upload_mb: Annotated[int, typer.Option("--upload-mb", min=1, help="The largest upload, in MB.")] = 500,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="The longest sound for one model, in minutes.")] = 10.0,
    hours: Annotated[float, typer.Option("--hours", min=0.01, help="The longest recording for a pipeline, in hours.")] = 4.0,
    pipelines: Annotated[Path, typer.Option("--pipelines", help="Folder that holds the pipelines.")] = Path("pipelines"),
    trust: TRUST = [],
    runs: RUNS = Path("runs"),
) -> None:
    """The bench in a browser: leaderboards, comparisons, models to try, pipelines, sprints, the state of this machine.

    Other programs ask the same over HTTP; /api/docs describes how. One job runs at a time, others wait; closing the page stops none.
    """
    from model_lab.cli import hosting
    from model_lab.ui.server_context import UploadLimits

    limits = UploadLimits(upload_mb=upload_mb, ask_minutes=minutes, pipeline_minutes=60 * hours)
    hosting.serve(host, port, auth, tuple(sprints), limits, pipelines, runs, device, jobs, trust)
