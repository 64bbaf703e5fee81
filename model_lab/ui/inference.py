"""One question put to several models, one after another: what each answered and what it took, live."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from model_lab import audio
from model_lab.capabilities import Capability, Column, capability
from model_lab.contract import ModelCard
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig, ModelLabError
from model_lab.provision import measured_memory
from model_lab.registry import model_cards
from model_lab.report import answers_page
from model_lab.report.answers_page import ModelAnswer
from model_lab.runs.executors import LocalExecutor, Task
from model_lab.types import Audio
from model_lab.ui import uploads
from model_lab.ui.jobs import Job, Work
from model_lab.ui.server_context import ServerContext, UploadLimits
from model_lab.workers import direct
from model_lab.workers.client import ResourceAllocation, Worker


@dataclass(frozen=True)
class InferenceResult:
    """The answers so far, as `answers_page.plain` writes them down; ``page`` shows them, once there is one.

    A trial is remembered for long, so that it holds no sound: that stands in files, whole, as 32-bit float WAV.
    """

    answers: tuple[dict[str, Any], ...] = ()
    page: Path | None = None


def offered(asked: str) -> list[ModelCard]:
    """The models that can be asked, by name; not those that merely mark the ends of the scale."""
    return [card for card in model_cards.cards() if asked in card.capabilities and card.kind not in ("baseline", "oracle")]


def question(context: ServerContext, asked: str, columns: Mapping[str, Any]) -> Sample:
    """A question out of what somebody sent: texts, numbers, and files (paths), which are copied. Empty columns are left out.

    ``columns`` are those of the capability's manifest, the truth included if it is known. A list of files becomes the named sounds
    that the capability takes, each named after its file. Raises `BadAudio` or `BadConfig` for what is missing or
    cannot be used. The copies are removed by the job that `work` makes of the question.
    """
    about = capability(asked)
    inputs = {column: (kind, about.column(column)) for kind, column in about.inputs}
    row: dict[str, Any] = {}
    with context.receiving() as place:
        for column, value in columns.items():
            if value is None or value == "" or value == []:
                continue
            kind, declared = inputs.get(column, ("", Column(column, "")))
            row[column] = _taken(declared, kind, value, place, context.limits)
        _require_all(about, row)
    return Sample("question", row, place.resolve(), "question", about, "your question")


def _require_all(about: Capability, row: Mapping[str, Any]) -> None:
    """Raises `BadConfig` for a column that is missing."""
    for kind, column in about.inputs:
        if column not in row and about.column(column).required:
            wanted = {"audio": "upload or record a sound", "text": "type a text", "number": "give a number"}[kind]
            raise BadConfig(f"{about.name} is asked as {about.call} and {column!r} is missing; {wanted}")


def _taken(column: Column, kind: str, value: Any, place: Path, limits: UploadLimits) -> Any:
    if isinstance(value, str) and kind != "audio":
        return uploads.text(value, limits.characters)
    if isinstance(value, list):
        named: dict[str, str] = {}
        for path in map(Path, value):
            if path.stem in named:
                raise BadConfig(f"two sounds are called {path.stem!r}; each of {column.name} needs a name of its own: rename one")
            named[path.stem] = _copied(path, place, limits)
        return {name: [file] for name, file in named.items()} if column.sounds == "named lists" else named
    return _copied(Path(value), place, limits) if kind == "audio" else value


def _copied(path: Path, place: Path, limits: UploadLimits) -> str:
    """The file's name in ``place``, once it has been read whole."""
    uploads.heard(path, limits.upload_mb, limits.ask_minutes)
    name, number = uploads.safe_name(path.name), 1
    while (place / name).exists():
        number += 1
        name = f"{number}-{uploads.safe_name(path.name)}"
    shutil.copyfile(path, place / name)
    return name


def chosen(asked: str, models: Sequence[str], limits: UploadLimits) -> tuple[str, ...]:
    """``models``, if they can be asked. Raises `UnknownName` or `BadConfig`."""
    if not 1 <= len(models) <= limits.models:
        raise BadConfig(f"{len(models)} models are chosen; choose 1 to {limits.models}")
    for name in models:
        if asked not in (card := model_cards.card(name)).capabilities:
            raise BadConfig(f"{name} cannot {asked!r}; it can: {', '.join(card.capabilities)}")
    return tuple(models)


def work(context: ServerContext, sample: Sample, models: Sequence[str]) -> Work:
    """The job that asks ``models``; its result grows by a model at a time."""

    def ask(job: Job) -> InferenceResult:
        trial, given = InferenceResult(), list[ModelAnswer]()
        for name in models:
            job.cancel.raise_if_cancelled()
            job.progress("models", len(given), len(models))
            given.append(_given(job, context, sample, model_cards.card(name)))
            told = answers_page.plain(given[-1], partial(_kept, context, name))
            trial = InferenceResult((*trial.answers, told), answers_page.write(sample, given, context.fresh("answers")))
            job.show(trial)
        job.progress("models", len(models), len(models))
        return trial

    return Work(ask, inputs=sample.folder)


def _kept(context: ServerContext, model: str, sound: Audio) -> str:
    """The address of a sound's file."""
    path = context.fresh("sounds") / f"{model}.wav"
    audio.write(path, sound)
    return context.address(path)


def _given(job: Job, context: ServerContext, sample: Sample, card: ModelCard) -> ModelAnswer:
    """What one model answers; why there is no answer, if there is none."""
    found: list[ModelAnswer] = []

    def refused(reason: str) -> None:
        found.append(ModelAnswer(card.name, error=reason))

    def ask(allocation: ResourceAllocation) -> None:
        try:
            worker = direct.worker(card, context.device, context.trusted, allocation, log=sample.folder / f"{card.name}.log")
        except ModelLabError as error:
            return refused(str(error))
        job.cancel.on_cancel(worker.kill)
        job.say(f"{card.name}: loading")
        found.append(_asked(job, worker, sample))

    LocalExecutor(1).run([Task(card.name, measured_memory.memory_gb(card), ask, refused)])
    job.cancel.raise_if_cancelled()
    (given,) = found
    job.say(f"{card.name}: {given.error or 'answered'}")
    return given


def _asked(job: Job, worker: Worker, sample: Sample) -> ModelAnswer:
    asked: Capability = sample.capability
    try:
        worker.start()
        job.cancel.raise_if_cancelled()
        answer = worker.ask(asked.name, sample.inputs, direct.timeout(sample.duration))
    except ModelLabError as error:
        return ModelAnswer(worker.card.name, error=str(error), memory_mb=_memory(worker))
    else:
        costs = (worker.load_s, answer.taken.latency_s, _memory(worker), worker.device_used)
        return ModelAnswer(worker.card.name, answer.value, "", *costs, notes=answer.notes)
    finally:
        worker.close()


def _memory(worker: Worker) -> float | None:
    """Its peak, in MB; None if it did not live to say."""
    return worker.session(0).peak_memory_mb or None
