"""A pipeline on a recording as a job: its result is a page with the audio and the transcript, and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_lab.errors import UnknownName, nearest
from model_lab.pipelines import run
from model_lab.pipelines.conversation import Conversation, StageRecord
from model_lab.pipelines.decode import digest
from model_lab.pipelines.recipe import Recipe, names, recipe
from model_lab.report import conversation_files, conversation_page
from model_lab.ui import uploads
from model_lab.ui.jobs import Job, Work
from model_lab.ui.server_context import ServerContext


@dataclass(frozen=True)
class PipelineJobObserver:
    """A `StageObserver` that writes into a job."""

    job: Job

    def progress(self, what: str, done: int, total: int) -> None:
        """Report the progress of a stage."""
        self.job.progress(what, done, total)

    def loading(self, what: str) -> None:
        """Nothing: its progress is shown."""

    def ended(self, record: StageRecord) -> None:
        """Log what a stage took."""
        self.job.say(str(record))


@dataclass(frozen=True)
class PipelineResult:
    """The conversation, its page, and the other files."""

    conversation: Conversation
    page: Path
    files: tuple[Path, ...]


def chosen(name: str, use: Mapping[str, str]) -> Recipe:
    """A packaged recipe, by name (never a path on the server), with other models at some stages. Raises `UnknownName` or `BadConfig`."""
    if name not in names():
        raise UnknownName(f"there is no recipe {name!r}{nearest(name, names())}; expected one of: {', '.join(names())}")
    return recipe(name, use)


def work(context: ServerContext, recording: Path, name: str, recipe: Recipe, inputs: Path | None = None) -> Work:
    """The job that runs a recipe on a recording. ``name``: its original file name; ``inputs``: see `Work`.

    Raises `BadAudio` at once for what is not audio, is too large or too long. A stopped pipeline on the same recording continues where it stopped.
    """
    limits = context.limits
    uploads.accepted(recording, limits.upload_mb, limits.pipeline_minutes)

    def transcribe(job: Job) -> PipelineResult:
        job.say(f"{name}: {recipe.title}")
        folder = context.pipelines / run.place(recording, digest(recording)).name
        with uploads.named(recording, name):
            conversation = run.pipeline(
                recording,
                recipe,
                out=folder,
                watch=PipelineJobObserver(job),
                device=context.device,
                trusted=context.trusted,
                cancel=job.cancel,
                longest_s=60 * limits.pipeline_minutes,
            )
        job.cancel.raise_if_cancelled()
        files = conversation_files.write(conversation, folder)
        return PipelineResult(conversation, conversation_page.write(conversation, folder), tuple(files))

    return Work(transcribe, inputs)
