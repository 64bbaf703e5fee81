"""The HTTP API: the same questions as on the page, for other programs. FastAPI describes it at ``/api/docs``."""

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

_LOOK_S = 0.1
"""So often it is seen whether somebody still waits for an answer."""
_STOP_S = 30.0
"""So long a job may take to stop before its state is told all the same."""

Files = Annotated[list[UploadFile], File(description="sound files; for a library or keywords each is named after its file")]


class ProblemBody(BaseModel):
    """What went wrong, in one sentence."""

    error: str


class QuestionForm(BaseModel):
    """What can be asked; ``columns``: by name, what each is."""

    title: str
    call: str
    columns: dict[str, str]


class Model(BaseModel):
    """A model that can be asked."""

    name: str
    title: str
    capabilities: list[str]
    runnable: bool
    because: list[str]


class AnswerBody(BaseModel):
    """A model's answer in the types of `model_lab.types`, or the error in its place; seconds, and MB at the peak; ``notes`` about the
    sound that it heard.

    Sound stands as ``{"file": address, "sample_rate": Hz, "duration_s": seconds}``; at the address is a 32-bit float WAV, which is
    kept for the next hundred sounds and for as long as the server runs.
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
    """How a job stands: waiting, running, stopping, done, failed or stopped; ``ahead``: so many jobs end before it begins.

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
    """Have whatever goes wrong told as a `ProblemBody`: 404 for unknown names, 429 for a full queue, 503, 422 for what cannot be used.

    What nobody thought of is a 500, and stands in the log of the server with its traceback.
    """

    def told(_: Request, error: Exception) -> Response:
        kinds = {UnknownName: 404, Full: 429, NotRunnable: 503}
        return _problem(str(error), next((code for kind, code in kinds.items() if isinstance(error, kind)), 422))

    def wrong(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"][1:])) or "the request"
        return _problem(f"{where}: {fault['msg']}; /api/docs says what is taken", 422)

    def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, AnyHTTPException)
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    def unexpected_error_message(_: Request, error: Exception) -> Response:
        return _problem(f"{type(error).__name__}: {error}; the log of the server says where", 500)

    app.add_exception_handler(ModelLabError, told)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(AnyHTTPException, refused)
    app.add_exception_handler(Exception, unexpected_error_message)


def _problem(sentence: str, code: int) -> Response:
    return JSONResponse({"error": sentence}, code)


def _responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer instead, for its description."""
    meanings = {
        400: "a request that cannot be read, or that is addressed to another host",
        404: "a name or number that is not known",
        422: "something that cannot be used",
        429: "too many jobs wait; try again later",
        500: "a fault of the server, whose log says more",
        503: "models that cannot run here, or a job that was stopped",
    }
    plain = {401: "a user and a password are needed", 403: "a request of another site", 413: "too much was sent"}
    told: dict[int | str, dict[str, Any]] = {
        code: {"model": ProblemBody, "description": meanings[code]} for code in (400, *codes)
    }
    return told | {code: {"content": {"text/plain": {}}, "description": meaning} for code, meaning in plain.items()}


def router(context: ServerContext) -> APIRouter:
    """The routes, below ``/api``."""
    api = APIRouter(prefix="/api", responses=_responses(404, 422))
    for part in (_questions(context), _jobs(context), _runs(context)):
        api.include_router(part)
    return api


def _questions(context: ServerContext) -> APIRouter:
    """What can be asked, of which models, and asking it."""
    api = APIRouter()

    @api.get("/models", summary="The models that can be asked, and why the others cannot run here")
    def models(capability: str = "") -> list[Model]:
        asked = [capabilities.capability(capability).name] if capability else capabilities.names()
        cards = {card.name: card for name in asked for card in inference.offered(name)}
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

    @api.get("/capabilities", summary="What can be asked, and the columns that a question has")
    def questions() -> dict[str, QuestionForm]:
        return {
            asked.name: QuestionForm(title=asked.title, call=asked.call, columns={c.name: c.meaning for c in asked.columns})
            for asked in capabilities.capabilities()
        }

    @api.post(
        "/ask/{capability}",
        summary="Put a question to models and wait for the answers: audio -> transcript, text -> entities, ...",
        responses=_responses(429, 500, 503),
    )
    async def ask(
        request: Request,
        capability: str,
        model: Annotated[list[str], Form(description="one model or several")],
        audio: Files = [],
        text: Annotated[str, Form(description="for capabilities that read")] = "",
        seconds: Annotated[float | None, Form(gt=0, le=60, description="for capabilities that are told how long")] = None,
    ) -> list[AnswerBody]:
        job = await run_in_threadpool(_asked, context, capability, model, audio, text, seconds)
        try:
            while not job.ended and not await request.is_disconnected():
                await asyncio.sleep(_LOOK_S)
        finally:
            if not job.ended:  # nobody waits for the answers any more
                job.stop()
        if job.state != "done":
            raise HTTPException(503 if job.state == "stopped" else 500, job.error)
        return [AnswerBody(**told) for told in job.result.answers]

    return api


def _jobs(context: ServerContext) -> APIRouter:
    """Work that takes long: begun, looked at and stopped."""
    api = APIRouter()

    @api.post(
        "/pipeline",
        status_code=202,
        summary="Take a recording through a recipe; ask /api/jobs/{job} how far it is",
        responses=_responses(429),
    )
    def pipeline(
        audio: Annotated[UploadFile, File(description="any sound or video")],
        recipe: Annotated[str, Form()] = "meeting",
        use: Annotated[list[str], Form(description="STAGE=MODEL")] = [],
    ) -> JobState:
        name = uploads.safe_name(audio.filename or "")
        chosen = pipeline_jobs.chosen(recipe, replacements(use, "use"))
        with context.receiving() as place:
            work = pipeline_jobs.work(context, _stored(audio, place), name, chosen, inputs=place)
            return _state(context, context.jobs.add("pipeline", f"{name}, {chosen.title}", work))

    @api.post("/sprints", status_code=202, summary="Start a sprint", responses=_responses(429))
    def sprint(wanted: SprintRequest) -> JobState:
        asked = (wanted.sprint, wanted.lanes, wanted.tier, wanted.licence, perturbations.canonical(wanted.perturb))
        work = sprinting.work(context, *asked)
        return _state(context, context.jobs.add("sprint", " ".join(sprinting.command(*asked)), work))

    @api.get("/jobs", summary="All jobs that are remembered, the newest first")
    def jobs() -> list[JobState]:
        return [_state(context, job) for job in context.jobs.all()]

    @api.get("/jobs/{number}", summary="How a job stands")
    def job(number: int) -> JobState:
        return _state(context, _job(context, number))

    @api.get("/jobs/{number}/conversation", summary="What a pipeline found, once it is through")
    def conversation(number: int) -> Conversation:
        found = _job(context, number).result
        if not isinstance(found, PipelineResult):
            raise UnknownName(f"job {number} has no conversation; ask /api/jobs/{number} how it stands")
        return found.conversation

    @api.delete("/jobs/{number}", summary="Stop a job")
    def stop(number: int) -> JobState:
        job = _job(context, number)
        job.stop()
        job.join(_STOP_S)
        return _state(context, job)

    return api


def _runs(context: ServerContext) -> APIRouter:
    """Runs and their leaderboards."""
    api = APIRouter()

    @api.get("/runs", summary="The runs that there are")
    def runs() -> list[str]:
        return [folder.name for folder in run_folders(context.runs)]

    @api.get("/runs/{run}/scorecards/{capability}", summary="A leaderboard")
    def scorecard(run: str, capability: str) -> Scorecard:
        return boards.scorecard(context, run, capability)

    return api


def _job(context: ServerContext, number: int) -> Job:
    if (found := context.jobs.find(number)) is None:
        raise UnknownName(f"there is no job {number}; see /api/jobs")
    return found


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
    """Where the page of a result is shown."""
    page = result if isinstance(result, Path) else getattr(result, "page", None)
    return context.address(page) if page else None


def _stored(sent: UploadFile, place: Path) -> Path:
    """An upload, as a file of a name that is safe."""
    place.mkdir(exist_ok=True)
    path = place / uploads.safe_name(sent.filename or "")
    with path.open("wb") as file:
        shutil.copyfileobj(sent.file, file)
    return path


def _asked(
    context: ServerContext, asked: str, models: list[str], sent: list[UploadFile], text: str, seconds: float | None
) -> Job:
    """The job that answers a question; what was sent stands in a folder of the job's own."""
    capabilities.capability(asked)
    chosen = inference.chosen(asked, models, context.limits)
    with tempfile.TemporaryDirectory(dir=context.place) as place:
        question = inference.question(context, asked, _columns(Path(place), asked, sent, text, seconds))
    return context.jobs.add("ask", f"{asked}: {', '.join(chosen)}", inference.work(context, question, chosen))


def _columns(place: Path, asked: str, sent: list[UploadFile], text: str, seconds: float | None) -> Mapping[str, Any]:
    """The columns of a question: sounds in the order in which the capability takes them, those behind them as a list."""
    folders = [place / str(number) for number in range(len(sent))]
    files = [_stored(one, folder) for one, folder in zip(sent, folders, strict=True)]
    row: dict[str, Any] = {}
    about = capabilities.capability(asked)
    for kind, column in about.inputs:
        if about.column(column).several:
            row[column], files = files, []
        elif kind == "audio":
            row[column], files = (files[0], files[1:]) if files else (None, [])
        else:
            row[column] = text if kind == "text" else seconds
    if files:
        raise BadConfig(f"{len(sent)} sounds were sent; {asked} is asked as {about.call}")
    return row
