"""``model-lab pipeline``: turns a recording into a conversation and writes its files; the group also evaluates recipes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_lab.cli import pipeline_evaluation
from model_lab.cli.pipeline_options import DEFAULT, DEVICE, JOBS, USE, Recordings, StageBars
from model_lab.cli.running import TRACK, TRUST

if TYPE_CHECKING:
    from model_lab.pipelines.conversation import Conversation, StageRecord

_HEAD = 12
_HELP = """Transcribe who said what when with a recipe of models, evaluate a recipe, and attribute its errors to stages.

model-lab pipeline meeting.m4a --recipe podcast: process a recording (short for: model-lab pipeline run meeting.m4a --recipe podcast).

model-lab pipeline evaluate dialogues_en --recipe podcast: evaluate a recipe on recordings with references.

A recording named like a command is given by its path: ./compare."""


def register(app: typer.Typer) -> None:
    """Add this module's command, and those that evaluate recipes, to ``app``."""
    group = typer.Typer(
        cls=Recordings,
        help=_HELP,
        no_args_is_help=True,
        subcommand_metavar="RECORDING | COMMAND [ARGS]...",
        rich_markup_mode=None,
    )
    group.command(DEFAULT)(pipeline)
    pipeline_evaluation.register(group)
    app.add_typer(group, name="pipeline")


def pipeline(
    recording: Annotated[Path, typer.Argument(help="Any audio or video file, up to several hours.")],
    recipe: Annotated[str, typer.Option("--recipe", help="A packaged recipe's name, or a YAML file.")] = "meeting",
    use: USE = [],
    out: Annotated[Path | None, typer.Option("--out", help="Output folder; pipelines/NAME-DIGEST by default.")] = None,
    device: DEVICE = "cpu",
    jobs: JOBS = 0,
    trust: TRUST = [],
    track: TRACK = 0,
) -> None:
    """Transcribe a recording and describe its content: transcript, speakers, entities, summary, chapters.

    The word run may be omitted. Written into one folder: conversation.html (a page with a player), .json and .md, subtitles
    with speakers (SRT, WebVTT), RTTM, CTM and TextGrid. The same command resumes where it was stopped; with another model at a stage,
    only that stage and those that depend on it run again.
    """
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.recipe import replacements
    from model_lab.pipelines.run import pipeline, place
    from model_lab.report import conversation_files, conversation_page

    with Screen() as screen:
        conversation = pipeline(
            recording,
            recipe,
            use=replacements(use, "--use"),
            out=out,
            watch=_Lines(screen),
            device=device,
            jobs=jobs,
            trusted=trust,
            track=track,
        )
    folder = out or place(recording, conversation.source.sha256)
    files = [*conversation_files.write(conversation, folder), conversation_page.write(conversation, folder)]
    _show(conversation)
    typer.echo(f"written: {', '.join(path.name for path in files)} in {folder}")


class _Lines(StageBars):
    """Progress bars of the stages, and a line for each that has ended."""

    def ended(self, record: StageRecord) -> None:
        """Print a line with the time that the stage took."""
        self._screen.say(str(record))


def _show(conversation: Conversation) -> None:
    """Print the first utterances of the transcript, and the notes."""
    from model_lab.report.conversation_files import clock

    for utterance in conversation.utterances[:_HEAD]:
        speaker = f" {utterance.speaker}:" if utterance.speaker else ""
        typer.echo(f"{clock(utterance.start)}{speaker} {utterance.text}")
    if len(conversation.utterances) > _HEAD:
        typer.echo(f"... and {len(conversation.utterances) - _HEAD} utterances more")
    for note in conversation.notes:
        typer.echo(note)
