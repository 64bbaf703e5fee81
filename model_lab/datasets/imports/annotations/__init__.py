"""Sound files with annotation files beside them, or in a folder of their own: a format a module."""

from __future__ import annotations

from model_lab.datasets.imports._base import ImportFormat
from model_lab.datasets.imports.annotations import audacity, ctm, jams, midi, rttm, stm, subtitles, textgrid

ANNOTATIONS: tuple[ImportFormat, ...] = (
    rttm.FORMAT,
    stm.FORMAT,
    ctm.FORMAT,
    textgrid.FORMAT,
    subtitles.FORMAT,
    midi.FORMAT,
    jams.FORMAT,
    audacity.FORMAT,
)
"""The formats of this package."""
