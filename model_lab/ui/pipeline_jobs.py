"""A recording as a job: through a recipe, into a page to hear while reading it, and files."""

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
        """How far a stage is."""
        self.job.progress(what, done, total)

    def loading(self, what: str) -> None:
        """Nothing: its progress is shown."""

    def ended(self, record: StageRecord) -> None:
        """What a stage took."""
        self.job.say(str(record))


@dataclass(frozen=True)
class PipelineResult:
    """What was said, the page of it, and the other files."""

    conversation: Conversation
    page: Path
    files: tuple[Path, ...]


def chosen(name: str, use: Mapping[str, str]) -> Recipe:
    """A packaged recipe, by name and not by a path of the server, with other models at some stages. Raises `UnknownName` or `BadConfig`."""
    if name not in names():
        raise UnknownName(f"there is no recipe {name!r}{nearest(name, names())}; expected one of: {', '.join(names())}")
    return recipe(name, use)


def work(context: ServerContext, recording: Path, name: str, recipe: Recipe, inputs: Path | None = None) -> Work:
    """The job that takes a recording through a recipe. ``name``: what it was called where it comes from; ``inputs``: see `Work`.

    Raises `BadAudio` at once for what is no sound, is too large or lasts too long. The same recording goes on where it was stopped.
    """
    limits = context.limits
    uploads.accepted(recording, limits.upload_mb, limits.pipeline_minutes)

    def hold(job: Job) -> PipelineResult:
        job.say(f"{name}: {recipe.title}")
        folder = context.pipelines / run.place(recording, digest(recording)).name
        with uploads.named(recording, name):
            found = run.pipeline(
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
        files = conversation_files.write(found, folder)
        return PipelineResult(found, conversation_page.write(found, folder), tuple(files))

    return Work(hold, inputs)
