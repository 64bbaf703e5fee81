"""The HTTP API: what the page offers, for other programs. FastAPI documents it at ``/api/docs``."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as AnyHTTPException

from model_lab import capabilities
from model_lab.analysis.schema import Scorecard
from model_lab.contract import Permitted
from model_lab.datasets import perturbations
from model_lab.datasets.card import Tier
from model_lab.errors import BadConfig, ModelLabError, NotRunnable, UnknownName
from model_lab.pipelines.conversation import Conversation
from model_lab.pipelines.recipe import replacements
from model_lab.provision import preflight
from model_lab.results.store import run_folders
from model_lab.ui import boards, inference, pipeline_jobs, sprinting, uploads
from model_lab.ui.jobs import Full, Job
from model_lab.ui.pipeline_jobs import PipelineResult
from model_lab.ui.server_context import ServerContext

_POLL_S = 0.1
"""Interval at which a request checks whether its client is still connected."""
_STOP_S = 30.0
"""Seconds that a job may take to stop before its state is returned anyway."""

Files = Annotated[
    list[UploadFile], File(description="audio files; in a library or a list of keywords each is named after its file")
]


class ProblemBody(BaseModel):
    """What went wrong, in one sentence."""

    error: str


class QuestionForm(BaseModel):
    """A capability and its inputs; ``columns``: name -> meaning."""

    title: str
    call: str
    columns: dict[str, str]


class Model(BaseModel):
    """A model, and whether it can run here; ``because``: why it cannot."""

    name: str
    title: str
    capabilities: list[str]
    runnable: bool
    because: list[str]


class AnswerBody(BaseModel):
    """A model's answer in the types of `model_lab.types`, or the error instead; times in seconds, peak memory in MB; ``notes``
    about the audio that was read.

    Audio is ``{"file": address, "sample_rate": Hz, "duration_s": seconds}``; the address serves a 32-bit float WAV. The newest
    hundred files are kept, for as long as the server runs.
    """

    model: str
    answer: Any
    error: str
    load_s: float | None
    latency_s: float | None
    peak_memory_mb: float | None
    device: str
    notes: list[str]


class JobState(BaseModel):
    """The state of a job: waiting, running, stopping, done, failed or stopped; ``ahead``: number of jobs that run before it.

    ``progress`` is by what is done, [done, total], total 0 while it is not known. ``result``: the address of its page.
    """

    job: int
    kind: str
    title: str
    state: str
    ahead: int
    error: str
    progress: dict[str, tuple[int, int]]
    log: list[str]
    result: str | None


class SprintRequest(BaseModel):
    """What `model-lab sprint` takes."""

    sprint: str
    lanes: list[str] = []
    tier: Tier = "smoke"
    licence: Permitted = "any"
    perturb: list[str] = []


def add_errors(app: FastAPI) -> None:
    """Answer every error with a `ProblemBody`: 404 for unknown names, 429 for a full queue, 503 for models that cannot run, 422 for invalid input.

    An unexpected error is a 500; its traceback is in the log of the server.
    """

    def model_lab_error(_: Request, error: Exception) -> Response:
        kinds = {UnknownName: 404, Full: 429, NotRunnable: 503}
        return _problem(str(error), next((code for kind, code in kinds.items() if isinstance(error, kind)), 422))

    def invalid_request(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"][1:])) or "the request"
        return _problem(f"{where}: {fault['msg']}; /api/docs describes the parameters", 422)

    def http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, AnyHTTPException)
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    def unexpected_error(_: Request, error: Exception) -> Response:
        return _problem(f"{type(error).__name__}: {error}; the traceback is in the log of the server", 500)

    app.add_exception_handler(ModelLabError, model_lab_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(AnyHTTPException, http_error)
    app.add_exception_handler(Exception, unexpected_error)


def _problem(sentence: str, code: int) -> Response:
    return JSONResponse({"error": sentence}, code)


def _responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route, for its documentation."""
    meanings = {
        400: "a malformed request, or one addressed to another host",
        404: "an unknown name or number",
        422: "invalid input",
        429: "too many jobs are waiting; try again later",
        500: "an error of the server; details are in its log",
        503: "models that cannot run here, or a stopped job",
    }
    as_text = {401: "a user and a password are needed", 403: "a request from another site", 413: "the request is too large"}
    with_body: dict[int | str, dict[str, Any]] = {
        code: {"model": ProblemBody, "description": meanings[code]} for code in (400, *codes)
    }
    return with_body | {code: {"content": {"text/plain": {}}, "description": meaning} for code, meaning in as_text.items()}


def router(context: ServerContext) -> APIRouter:
    """The routes, below ``/api``."""
    api = APIRouter(prefix="/api", responses=_responses(404, 422))
    for part in (_inference_routes(context), _job_routes(context), _run_routes(context)):
        api.include_router(part)
    return api


def _inference_routes(context: ServerContext) -> APIRouter:
    """Capabilities, models and inference."""
    api = APIRouter()

    @api.get("/models", summary="All models, whether they can run here, and why not")
    def models(capability: str = "") -> list[Model]:
        names = [capabilities.capability(capability).name] if capability else capabilities.names()
        cards = {card.name: card for name in names for card in inference.offered(name)}
        use = preflight.PreflightOptions(context.device, trusted=context.trusted)
        verdicts = {name: preflight.verdict(card, use) for name, card in sorted(cards.items())}
        return [
            Model(
                name=name,
                title=cards[name].title,
                capabilities=list(cards[name].capabilities),
                runnable=verdict.runnable,
                because=list(verdict.reasons),
            )
            for name, verdict in verdicts.items()
        ]

    @api.get("/capabilities", summary="All capabilities, and the columns of their inputs")
    def questions() -> dict[str, QuestionForm]:
        return {
            capability.name: QuestionForm(
                title=capability.title, call=capability.call, columns={c.name: c.meaning for c in capability.columns}
            )
            for capability in capabilities.capabilities()
        }

    @api.post(
        "/ask/{capability}",
        summary="Run inference with one or more models and wait for the answers: audio -> transcript, text -> entities, ...",
        responses=_responses(429, 500, 503),
    )
    async def ask(
        request: Request,
        capability: str,
        model: Annotated[list[str], Form(description="one model or several")],
        audio: Files = [],
        text: Annotated[str, Form(description="for capabilities that take text")] = "",
        seconds: Annotated[float | None, Form(gt=0, le=60, description="for capabilities that take a duration")] = None,
    ) -> list[AnswerBody]:
        job = await run_in_threadpool(_queue_inference, context, capability, model, audio, text, seconds)
        try:
            while not job.ended and not await request.is_disconnected():
                await asyncio.sleep(_POLL_S)
        finally:
            if not job.ended:  # the client has disconnected
                job.stop()
        if job.state != "done":
            raise HTTPException(503 if job.state == "stopped" else 500, job.error)
        return [AnswerBody(**answer) for answer in job.result.answers]

    return api


def _job_routes(context: ServerContext) -> APIRouter:
    """Long-running work: start it, read its state, stop it."""
    api = APIRouter()

    @api.post(
        "/pipeline",
        status_code=202,
        summary="Run a pipeline on a recording; its progress is at /api/jobs/{job}",
        responses=_responses(429),
    )
    def pipeline(
        audio: Annotated[UploadFile, File(description="any audio or video file")],
        recipe: Annotated[str, Form()] = "meeting",
        use: Annotated[list[str], Form(description="STAGE=MODEL")] = [],
    ) -> JobState:
        name = uploads.safe_name(audio.filename or "")
        recipe_used = pipeline_jobs.chosen(recipe, replacements(use, "use"))
        with context.receiving() as place:
            work = pipeline_jobs.work(context, _stored(audio, place), name, recipe_used, inputs=place)
            return _state(context, context.jobs.add("pipeline", f"{name}, {recipe_used.title}", work))

    @api.post("/sprints", status_code=202, summary="Start a sprint", responses=_responses(429))
    def sprint(request: SprintRequest) -> JobState:
        arguments = (request.sprint, request.lanes, request.tier, request.licence, perturbations.canonical(request.perturb))
        work = sprinting.work(context, *arguments)
        return _state(context, context.jobs.add("sprint", " ".join(sprinting.command(*arguments)), work))

    @api.get("/jobs", summary="All jobs that are kept, newest first")
    def jobs() -> list[JobState]:
        return [_state(context, job) for job in context.jobs.all()]

    @api.get("/jobs/{number}", summary="The state of a job")
    def job(number: int) -> JobState:
        return _state(context, _job(context, number))

    @api.get("/jobs/{number}/conversation", summary="The result of a pipeline, once it is done")
    def conversation(number: int) -> Conversation:
        result = _job(context, number).result
        if not isinstance(result, PipelineResult):
            raise UnknownName(f"job {number} has no conversation; its state is at /api/jobs/{number}")
        return result.conversation

    @api.delete("/jobs/{number}", summary="Stop a job")
    def stop(number: int) -> JobState:
        job = _job(context, number)
        job.stop()
        job.join(_STOP_S)
        return _state(context, job)

    return api


def _run_routes(context: ServerContext) -> APIRouter:
    """Runs and their leaderboards."""
    api = APIRouter()

    @api.get("/runs", summary="All runs")
    def runs() -> list[str]:
        return [folder.name for folder in run_folders(context.runs)]

    @api.get("/runs/{run}/scorecards/{capability}", summary="A leaderboard")
    def scorecard(run: str, capability: str) -> Scorecard:
        return boards.scorecard(context, run, capability)

    return api


def _job(context: ServerContext, number: int) -> Job:
    if (job := context.jobs.find(number)) is None:
        raise UnknownName(f"there is no job {number}; see /api/jobs")
    return job


def _state(context: ServerContext, job: Job) -> JobState:
    return JobState(
        job=job.number,
        kind=job.kind,
        title=job.title,
        state="stopping" if job.stopping else job.state,
        ahead=context.jobs.ahead(job),
        error=job.error,
        progress={what: (bar.done, bar.total) for what, bar in list(job.bars.items())},
        log=list(job.lines),
        result=_result(context, job.result),
    )


def _result(context: ServerContext, result: Any) -> str | None:
    """The address of the page of a result."""
    page = result if isinstance(result, Path) else getattr(result, "page", None)
    return context.address(page) if page else None


def _stored(upload: UploadFile, place: Path) -> Path:
    """An upload, stored under a safe file name."""
    place.mkdir(exist_ok=True)
    path = place / uploads.safe_name(upload.filename or "")
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)
    return path


def _queue_inference(
    context: ServerContext, name: str, models: list[str], uploaded: list[UploadFile], text: str, seconds: float | None
) -> Job:
    """Queue a job that runs inference; its input files are copied into a folder of its own."""
    capabilities.capability(name)
    chosen = inference.chosen(name, models, context.limits)
    with tempfile.TemporaryDirectory(dir=context.place) as place:
        question = inference.question(context, name, _columns(Path(place), name, uploaded, text, seconds))
    return context.jobs.add("ask", f"{name}: {', '.join(chosen)}", inference.work(context, question, chosen))


def _columns(folder: Path, capability: str, uploaded: list[UploadFile], text: str, seconds: float | None) -> Mapping[str, Any]:
    """The columns of the input: audio files in the order in which the capability takes them, the rest as a list."""
    folders = [folder / str(number) for number in range(len(uploaded))]
    files = [_stored(one, folder) for one, folder in zip(uploaded, folders, strict=True)]
    row: dict[str, Any] = {}
    declared = capabilities.capability(capability)
    for kind, column in declared.inputs:
        if declared.column(column).several:
            row[column], files = files, []
        elif kind == "audio":
            row[column], files = (files[0], files[1:]) if files else (None, [])
        else:
            row[column] = text if kind == "text" else seconds
    if files:
        raise BadConfig(f"{len(uploaded)} sounds were sent; {capability} is called as {declared.call}")
    return row
