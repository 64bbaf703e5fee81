"""The test recordings of PocketSphinx: LibriVox sentences, card phrases and a command, with their transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import spans
from model_lab.types import Audio

_LINE = re.compile(r"<s>\s*(?P<text>.*?)\s*</s>\s*\((?P<name>[^)]+)\)")


def transcripts(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Every recording with a transcript; ``spelling`` (phrase -> phrase) fixes errors in the transcripts.

    Where speech begins and ends is taken from the recording's own energy.
    """
    data = workshop.archive("pocketsphinx-testdata") / "usr/share/pocketsphinx/test/data"
    for part, listing in (("librivox", "transcription"), ("cards", "cards.transcription")):
        for match in _LINE.finditer((data / part / listing).read_text("utf-8")):
            text = match["text"]
            for wrong, right in workshop.settings["spelling"].items():
                text = text.replace(wrong, right)
            yield _row(workshop, f"{part}-{match['name']}", audio.read(data / part / f"{match['name']}.wav"), text, part)
    yield _row(workshop, "command-goforward", _raw(data / "goforward.raw"), "go forward ten meters", "command")


def _row(workshop: Workshop, name: str, sound: Audio, text: str, part: str) -> dict[str, Any]:
    speech = spans(sound, pause=0.3)
    return {
        "id": name,
        "audio": workshop.save(name, sound),
        "text": text,
        "language": "en",
        "speech_start": speech[0][0],
        "speech_end": speech[-1][1],
        "speaker": part,
        "stratum": part,
    }


def _raw(path: Path) -> Audio:
    """A headerless recording: 16-bit little-endian mono at 16 kHz."""
    return Audio((np.fromfile(path, "<i2") / 32768.0).astype(np.float32), 16000)
