"""Recordings in which nobody speaks: silence, noise and music."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import pink
from model_lab.errors import BadConfig
from model_lab.types import Audio, FloatArray

RATE = 16000


def clips(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For recognition: clips of ``seconds`` at 16 kHz with an empty text. Files are written PLACE/FILE; ``places``: name -> package, root.

    Silence: digital, and pink noise at each of ``floors_db`` of full scale. Noise: pink noise at each of ``noise_db``. Of ``sounds``
    (noise or music -> files), each file again and again with a second between. Of ``pieces`` of music, ``per_piece`` excerpts each, evenly
    over the piece.
    """
    settings = workshop.settings
    frames = settings["seconds"] * RATE

    def row(kind: str, name: str, samples: FloatArray, group: str = "") -> dict[str, Any]:
        loudest = np.float32(max(1.0, np.abs(samples).max(initial=0.0)))  # resampled sound may exceed full scale
        path = workshop.save(f"{kind}-{name}", Audio((samples / loudest).astype(np.float32), RATE))
        return {"id": f"{kind}-{name}", "audio": path, "text": "", "group": group or f"{kind}-{name}", "stratum": kind}

    yield row("silence", "digital", np.zeros(frames, np.float32))
    levels = [("silence", level) for level in settings["floors_db"]] + [("noise", level) for level in settings["noise_db"]]
    for seed, (kind, level_db) in enumerate(levels):
        hiss = pink(np.random.default_rng([settings["seed"], seed]), frames, RATE)
        yield row(kind, f"pink{level_db}dB", hiss * np.float32(10 ** (level_db / 20)))
    for kind, files in settings["sounds"].items():
        for file in files:
            sound = np.concatenate([_read(workshop, file), np.zeros(RATE, np.float32)])
            yield row(kind, PurePosixPath(file).stem, np.resize(sound, frames))
    for file in settings["pieces"]:
        piece, name = _read(workshop, file), PurePosixPath(file).stem
        for start in np.linspace(0, len(piece) - frames, settings["per_piece"] + 2)[1:-1].astype(int):
            yield row("music", f"{name}-{start // RATE}s", piece[start : start + frames], f"music-{name}")


def _read(workshop: Workshop, file: str) -> FloatArray:
    place, _, path = file.partition("/")
    places: dict[str, dict[str, str]] = workshop.settings["places"]
    if place not in places:
        raise BadConfig(f"recipe: {file} is in no known place; the card's places are: {', '.join(places)}")
    return audio.read(workshop.archive(places[place]["package"]) / places[place]["root"] / path).mono().resample(RATE).samples
