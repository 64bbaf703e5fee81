"""``model-lab import``: a user's own data in any format, written as a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.running import COLUMNS, FORM


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    app.command("import")(import_data)


def import_data(
    path: Annotated[Path, typer.Argument(help="Your data: a file or a folder.")],
    out: Annotated[Path, typer.Option("--out", help="The JSONL manifest to write.")],
    form: FORM = "",
    columns: COLUMNS = "",
    capability: Annotated[
        str, typer.Option("--capability", help="What the data is for: its columns are looked for, and completed.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing manifest.")] = False,
) -> None:
    """Write your data as a manifest, whatever its format: `run --data` reads both.

    Formats are recognised by what is there; --as names one: kaldi, lhotse, save_to_disk, webdataset, common_voice, ljspeech, audiofolder,
    nemo, trials, jsonl, table (CSV, TSV, Parquet) or class_folders; sound files with annotations beside them: rttm, stm, ctm, textgrid,
    subtitles, midi, jams or audacity. Sound files stay where they are. Parts of recordings, and sound from inside other files, are written
    to a folder beside the manifest, OUT_audio.
    """
    from model_lab import capabilities
    from model_lab.cli.screen import Screen
    from model_lab.datasets import imports
    from model_lab.datasets.imports.columns import parsed
    from model_lab.errors import BadConfig
    from model_lab.files import shown

    if out.exists() and not force:
        raise BadConfig(f"{shown(out)} exists; name another file, or replace it with --force")
    chosen = capabilities.capability(capability) if capability else None
    with Screen() as screen:
        imported = imports.export(path, out, form, parsed(columns), chosen, screen.progress)
        screen.say(f"{shown(path)}: {imported.description}")
    print(f"written: {shown(out)}")
