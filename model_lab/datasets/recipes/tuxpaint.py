"""Sounds of Tux Paint's stamps: what sounds is said by the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.errors import BadConfig
from model_lab.types import Audio

_QUIETEST = 10 ** (-60 / 20)


def named_sounds(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """The files listed in ``sounds`` (label -> names in AudioSet, files below the stamps folder), mixed down to mono.

    Raises `BadConfig` for a file shorter than 0.3 s or silent: there is nothing to recognise in it.
    """
    stamps = workshop.archive("tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps"
    sounds: dict[str, dict[str, list[str]]] = workshop.settings["sounds"]
    classes = {label: entry["names"] for label, entry in sounds.items()}
    for label, entry in sounds.items():
        for file in entry["files"]:
            sound = audio.read(stamps / f"{file}.ogg").mono()
            if sound.duration < 0.3 or np.sqrt(np.mean(sound.samples**2)) < _QUIETEST:
                raise BadConfig(f"recipe: {file} lasts {sound.duration:.2f} s and may be silent; leave it out of the card")
            sound = Audio(sound.samples / np.float32(max(1.0, np.abs(sound.samples).max())), sound.sample_rate)
            name = file.rpartition("/")[2]
            yield {"id": name, "audio": workshop.save(name, sound), "label": label, "classes": classes, "stratum": label}
