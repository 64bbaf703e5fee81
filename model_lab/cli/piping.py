"""``model-lab pipeline``: a recording becomes a conversation, and files of it; recipes are judged by the commands below it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_lab.cli import judging
from model_lab.cli.pipelines import DEFAULT, DEVICE, JOBS, USE, Recordings, StageBars
from model_lab.cli.running import TRACK, TRUST

if TYPE_CHECKING:
    from model_lab.pipelines.conversation import Conversation, StageRecord

_HEAD = 12
_HELP = """Who said what when in a recording, by a recipe of models; how good a recipe is, and which stage causes its errors.

model-lab pipeline meeting.m4a --recipe podcast: a recording (as does: model-lab pipeline run meeting.m4a --recipe podcast).

model-lab pipeline evaluate dialogues_en --recipe podcast: a recipe on recordings whose truth is known.

A recording whose name is that of a command is reached by its path: ./compare."""


def register(app: typer.Typer) -> None:
    """Add this module's command, and those that judge recipes, to ``app``."""
    group = typer.Typer(
        cls=Recordings,
        help=_HELP,
        no_args_is_help=True,
        subcommand_metavar="RECORDING | COMMAND [ARGS]...",
        rich_markup_mode=None,
    )
    group.command(DEFAULT)(pipeline)
    judging.register(group)
    app.add_typer(group, name="pipeline")


def pipeline(
    recording: Annotated[Path, typer.Argument(help="Any sound or video, hours long.")],
    recipe: Annotated[str, typer.Option("--recipe", help="A packaged recipe's name, or a YAML file.")] = "meeting",
    use: USE = [],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for everything; pipelines/NAME-DIGEST if none is named.")
    ] = None,
    device: DEVICE = "cpu",
    jobs: JOBS = 0,
    trust: TRUST = [],
    track: TRACK = 0,
) -> None:
    """Who said what when in a recording, and what it was about: transcript, speakers, entities, summary, chapters.

    The word run may be left out. Written into one folder: conversation.html (a page to hear while reading it), .json and .md, subtitles
    with speakers (SRT, WebVTT), RTTM, CTM and TextGrid. The same command goes on where it was stopped; with another model at a stage,
    only that stage and those that read it are asked again.
    """
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.recipe import replacements
    from model_lab.pipelines.run import pipeline, place
    from model_lab.report import conversation_files, conversation_page

    with Screen() as screen:
        found = pipeline(
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
    folder = out or place(recording, found.source.sha256)
    files = [*conversation_files.write(found, folder), conversation_page.write(found, folder)]
    _show(found)
    typer.echo(f"written: {', '.join(path.name for path in files)} in {folder}")


class _Lines(StageBars):
    """What the stages do, on the screen."""

    def ended(self, record: StageRecord) -> None:
        """A line that stays: what the stage took."""
        self._screen.say(str(record))


def _show(found: Conversation) -> None:
    """The beginning of the transcript, and what else there is to know."""
    from model_lab.report.conversation_files import clock

    for utterance in found.utterances[:_HEAD]:
        speaker = f" {utterance.speaker}:" if utterance.speaker else ""
        typer.echo(f"{clock(utterance.start)}{speaker} {utterance.text}")
    if len(found.utterances) > _HEAD:
        typer.echo(f"... and {len(found.utterances) - _HEAD} utterances more")
    for note in found.notes:
        typer.echo(note)
