"""Inference on one input with several models, one after another: each answer and its cost, live."""

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

    Results are kept for a long time and hold no audio: that is in files, as 32-bit float WAV.
    """

    answers: tuple[dict[str, Any], ...] = ()
    page: Path | None = None


def offered(name: str) -> list[ModelCard]:
    """The models with a capability, by name, without baselines and the oracle."""
    return [card for card in model_cards.cards() if name in card.capabilities and card.kind not in ("baseline", "oracle")]


def question(context: ServerContext, capability_name: str, columns: Mapping[str, Any]) -> Sample:
    """A sample made of a user's input: text, numbers, and files (paths), which are copied. Empty columns are left out.

    ``columns`` are those of the capability's manifest, the reference included if it is known. A list of files becomes the named sounds
    that the capability takes, each named after its file. Raises `BadAudio` or `BadConfig` for what is missing or
    cannot be used. The copies are removed by the job that `work` makes of the sample.
    """
    chosen_capability = capability(capability_name)
    inputs = {column: (kind, chosen_capability.column(column)) for kind, column in chosen_capability.inputs}
    row: dict[str, Any] = {}
    with context.receiving() as place:
        for column, value in columns.items():
            if value is None or value == "" or value == []:
                continue
            kind, declared = inputs.get(column, ("", Column(column, "")))
            row[column] = _input_value(declared, kind, value, place, context.limits)
        _require_all(chosen_capability, row)
    return Sample("question", row, place.resolve(), "question", chosen_capability, "your question")


def _require_all(capability: Capability, row: Mapping[str, Any]) -> None:
    """Raises `BadConfig` for a column that is missing."""
    for kind, column in capability.inputs:
        if column not in row and capability.column(column).required:
            action = {"audio": "upload or record a sound", "text": "type a text", "number": "give a number"}[kind]
            raise BadConfig(f"{capability.name} is called as {capability.call} and {column!r} is missing; {action}")


def _input_value(column: Column, kind: str, value: Any, place: Path, limits: UploadLimits) -> Any:
    if isinstance(value, str) and kind != "audio":
        return uploads.text(value, limits.characters)
    if isinstance(value, list):
        named: dict[str, str] = {}
        for path in map(Path, value):
            if path.stem in named:
                raise BadConfig(f"two sounds are called {path.stem!r}; each of {column.name} needs a name of its own: rename one")
            named[path.stem] = _copied_file(path, place, limits)
        return {name: [file] for name, file in named.items()} if column.sounds == "named lists" else named
    return _copied_file(Path(value), place, limits) if kind == "audio" else value


def _copied_file(path: Path, place: Path, limits: UploadLimits) -> str:
    """The file's name in ``place``, once it has been decoded to its end."""
    uploads.decoded_seconds(path, limits.upload_mb, limits.ask_minutes)
    name, number = uploads.safe_name(path.name), 1
    while (place / name).exists():
        number += 1
        name = f"{number}-{uploads.safe_name(path.name)}"
    shutil.copyfile(path, place / name)
    return name


def chosen(capability_name: str, models: Sequence[str], limits: UploadLimits) -> tuple[str, ...]:
    """``models``, if all of them have the capability. Raises `UnknownName` or `BadConfig`."""
    if not 1 <= len(models) <= limits.models:
        raise BadConfig(f"{len(models)} models are chosen; choose 1 to {limits.models}")
    for name in models:
        if capability_name not in (card := model_cards.card(name)).capabilities:
            raise BadConfig(f"{name} cannot {capability_name!r}; it can: {', '.join(card.capabilities)}")
    return tuple(models)


def work(context: ServerContext, sample: Sample, models: Sequence[str]) -> Work:
    """The job that runs inference with ``models``; its result grows by one model at a time."""

    def run(job: Job) -> InferenceResult:
        result, answers = InferenceResult(), list[ModelAnswer]()
        for name in models:
            job.cancel.raise_if_cancelled()
            job.progress("models", len(answers), len(models))
            answers.append(_answer(job, context, sample, model_cards.card(name)))
            plain_answer = answers_page.plain(answers[-1], partial(_stored_sound, context, name))
            result = InferenceResult(
                (*result.answers, plain_answer), answers_page.write(sample, answers, context.fresh("answers"))
            )
            job.show(result)
        job.progress("models", len(models), len(models))
        return result

    return Work(run, inputs=sample.folder)


def _stored_sound(context: ServerContext, model: str, sound: Audio) -> str:
    """The address of a sound's file."""
    path = context.fresh("sounds") / f"{model}.wav"
    audio.write(path, sound)
    return context.address(path)


def _answer(job: Job, context: ServerContext, sample: Sample, card: ModelCard) -> ModelAnswer:
    """The answer of one model, or the reason why there is none."""
    answers: list[ModelAnswer] = []

    def refused(reason: str) -> None:
        answers.append(ModelAnswer(card.name, error=reason))

    def run(allocation: ResourceAllocation) -> None:
        try:
            worker = direct.worker(card, context.device, context.trusted, allocation, log=sample.folder / f"{card.name}.log")
        except ModelLabError as error:
            return refused(str(error))
        job.cancel.on_cancel(worker.kill)
        job.say(f"{card.name}: loading")
        answers.append(_run_inference(job, worker, sample))

    LocalExecutor(1).run([Task(card.name, measured_memory.memory_gb(card), run, refused)])
    job.cancel.raise_if_cancelled()
    (answer,) = answers
    job.say(f"{card.name}: {answer.error or 'answered'}")
    return answer


def _run_inference(job: Job, worker: Worker, sample: Sample) -> ModelAnswer:
    capability: Capability = sample.capability
    try:
        worker.start()
        job.cancel.raise_if_cancelled()
        answer = worker.ask(capability.name, sample.inputs, direct.timeout(sample.duration))
    except ModelLabError as error:
        return ModelAnswer(worker.card.name, error=str(error), memory_mb=_memory(worker))
    else:
        costs = (worker.load_s, answer.cost.latency_s, _memory(worker), worker.device_used)
        return ModelAnswer(worker.card.name, answer.value, "", *costs, notes=answer.notes)
    finally:
        worker.close()


def _memory(worker: Worker) -> float | None:
    """Its peak, in MB; None if the worker ended before it was measured."""
    return worker.session(0).peak_memory_mb or None
