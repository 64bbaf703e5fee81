"""``model-lab pipeline``: a recording becomes a conversation, and files of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_lab.cli.running import TRUST

if TYPE_CHECKING:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.conversation import Conversation, StageRecord

_HEAD = 12


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(pipeline)


def pipeline(
    recording: Annotated[Path, typer.Argument(help="Any sound or video, hours long.")],
    recipe: Annotated[str, typer.Option("--recipe", help="A packaged recipe's name, or a YAML file.")] = "meeting",
    use: Annotated[
        list[str],
        typer.Option("--use", metavar="STAGE=MODEL", help="Another model at a stage, e.g. ner=rule_ner (may be repeated)."),
    ] = [],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for everything; pipelines/NAME-DIGEST if none is named.")
    ] = None,
    device: Annotated[
        str, typer.Option("--device", help="cpu or cuda, for every stage whose recipe names none; never changed silently.")
    ] = "cpu",
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Workers at once; 0: two, where there are two cores.")] = 0,
    trust: TRUST = [],
) -> None:
    """Who said what when in a recording, and what it was about: transcript, speakers, entities, summary, chapters.

    Written into one folder: conversation.html (a page to hear while reading it), .json and .md, subtitles with speakers (SRT, WebVTT),
    RTTM, CTM and TextGrid. The same command goes on where it was stopped; with another model at a stage, only that stage and those that
    read it are asked again.
    """
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.run import pipeline, place
    from model_lab.reports import conversation_files, conversation_page

    with Screen() as screen:
        found = pipeline(
            recording, recipe, use=pairs(use), out=out, watch=_Lines(screen), device=device, jobs=jobs, trusted=trust
        )
    folder = out or place(recording, found.source.sha256)
    files = [*conversation_files.write(found, folder), conversation_page.write(found, folder)]
    _show(found)
    typer.echo(f"written: {', '.join(path.name for path in files)} in {folder}")


class Bars:
    """How far the stages are, on the screen; nothing stays of them."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def progress(self, what: str, done: int, total: int) -> None:
        """A bar while the stage is at work."""
        self._screen.progress(what, done, total)

    def ended(self, record: StageRecord) -> None:
        """Nothing."""


class _Lines(Bars):
    """What the stages do, on the screen."""

    def ended(self, record: StageRecord) -> None:
        """A line that stays: what the stage took."""
        model = f" ({record.model})" if record.model else ""
        kept = f", {record.from_cache} of {record.chunks} answers were there" if record.from_cache else ""
        memory = f", {record.peak_memory_mb:.0f} MB" if record.peak_memory_mb else ""
        self._screen.say(f"{record.stage}{model}: {record.seconds:.1f} s{memory}{kept}")


def pairs(use: list[str]) -> dict[str, str]:
    """``["ner=rule_ner"]`` as ``{"ner": "rule_ner"}``."""
    from model_lab.errors import BadConfig

    found = dict(pair.partition("=")[::2] for pair in use)
    for pair in use:
        if not all(pair.partition("=")):
            raise BadConfig(f"--use {pair!r} is not STAGE=MODEL; for example --use ner=rule_ner")
    return found


def _show(found: Conversation) -> None:
    """The beginning of the transcript, and what else there is to know."""
    from model_lab.reports.conversation_files import clock

    for utterance in found.utterances[:_HEAD]:
        speaker = f" {utterance.speaker}:" if utterance.speaker else ""
        typer.echo(f"{clock(utterance.start)}{speaker} {utterance.text}")
    if len(found.utterances) > _HEAD:
        typer.echo(f"... and {len(found.utterances) - _HEAD} utterances more")
    for note in found.notes:
        typer.echo(note)
