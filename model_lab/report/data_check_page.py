"""The page of a data check: what is suspected, with the sounds to listen to; and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import units
from model_lab.audio.decoding import opened
from model_lab.datasets.checking import Check, DataReport, Suspicion
from model_lab.errors import BadAudio
from model_lab.files import translate_os_errors
from model_lab.report import render
from model_lab.report.site.page import Grid, put
from model_lab.report.site.parts import Player
from model_lab.report.sounds import LONGEST_S, PlayableSound, Sounds
from model_lab.types import Audio
from model_lab.views.parts import Remark

PAGE = Path("page/index.html")
JSON = Path("data-check.json")

_PLAYED = 12
"""Suspects of one check that can be listened to on the page; all others are in its table."""


@dataclass(frozen=True)
class Suspect:
    """A suspicion with its sounds, as the page shows it."""

    suspicion: Suspicion
    parts: tuple[Player | Remark, ...]


@dataclass(frozen=True)
class CheckSection:
    """A check with the suspects that can be listened to, and a table of all if there are more."""

    check: Check
    suspects: tuple[Suspect, ...]
    count: int
    table: Grid | None


def write(report: DataReport, folder: Path) -> Path:
    """Write the page, its sounds and its JSON.

    Args:
        report: What was checked and what is suspected.
        folder: Where they are written; files of an earlier check are replaced.

    Returns:
        The path of the page.

    Raises:
        StoreError: They cannot be written.
    """
    sounds = Sounds(folder / "sounds")
    with translate_os_errors(folder):
        sections = [_section(check, suspicions, sounds) for check, suspicions in report.by_check.items()]
        title = f"Data check of {report.data.path.name}"
        page = render.html("data_check.html", "", title, "../", report=report, sections=sections, totals=totals(report))
        put(folder / PAGE, page)
        for name, text in render.assets().items():
            put(folder / name, text)
        put(folder / JSON, json.dumps(plain(report), ensure_ascii=False, indent=1) + "\n")
    return folder / PAGE


def totals(report: DataReport) -> dict[str, str]:
    """What was checked, in numbers."""
    counts = report.severities
    return {
        "samples": units.count(len(report.data.samples)),
        "sound files": units.count(len(report.data.measures) + len(report.data.undecodable)),
        "of sound": units.seconds(report.seconds),
        **{f"{severity}s": units.count(counts[severity]) for severity in ("error", "warning", "note")},
    }


def plain(report: DataReport) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "data": str(report.data.path),
        "capability": report.data.capability.name,
        "samples": len(report.data.samples),
        "seconds": round(report.seconds, 3),
        "suspicions": [suspicion.row() for suspicion in report.suspicions],
    }


def _section(check: Check, suspicions: Sequence[Suspicion], sounds: Sounds) -> CheckSection:
    shown = tuple(Suspect(suspicion, _parts(suspicion, sounds)) for suspicion in suspicions[:_PLAYED])
    rows = tuple({"sample": each.sample, "seen": each.seen, "where": each.origin} for each in suspicions)
    table = Grid(f"{check.title}: all {units.count(len(rows))}", rows) if len(suspicions) > _PLAYED else None
    return CheckSection(check, shown, len(suspicions), table)


def _parts(suspicion: Suspicion, sounds: Sounds) -> tuple[Player | Remark, ...]:
    return tuple(_player(path, sounds) for path in suspicion.sounds)


def _player(path: Path, sounds: Sounds) -> Player | Remark:
    try:
        return Player(path.name, _beginning(path, sounds))
    except BadAudio as error:
        return Remark(f"{path.name} cannot be played: {error}")


@lru_cache(maxsize=256)
def _beginning(path: Path, sounds: Sounds) -> PlayableSound:
    """The first `LONGEST_S` of a file, of which no more is decoded."""
    with opened(path) as decoder:
        blocks, frames, longest = [], 0, int(LONGEST_S * decoder.rate)
        for block in decoder.blocks():
            blocks.append(block)
            frames += block.shape[1]
            if frames > longest:
                break
        samples = np.concatenate(blocks, axis=1)[:, :longest]
        kept = sounds.add(Audio(samples[0] if len(samples) == 1 else samples, decoder.rate))
    cut = (f"cut: the first {LONGEST_S:.0f} s",) if frames > longest else ()
    return replace(kept, remarks=(*cut, *kept.remarks))
