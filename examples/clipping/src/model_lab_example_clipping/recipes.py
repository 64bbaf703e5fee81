"""Sound whose clipping is known exactly, because it is made here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.types import Audio
from model_lab_example_clipping.regions import regions_where

RATE = 16000


def bursts(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Quiet tones with louder bursts, cut off at a ceiling that is another one in every recording.

    Settings:
        seed: Of all chance.
        recordings: How many.
        seconds: Of each of them.
    """
    rng = np.random.default_rng(workshop.settings["seed"])
    seconds = float(workshop.settings["seconds"])
    times = np.arange(round(seconds * RATE)) / RATE
    for number in range(workshop.settings["recordings"]):
        ceiling = float(np.round(rng.uniform(0.3, 0.95) * 32767) / 32768)  # a value that 16-bit sound holds
        tones = sum(
            rng.uniform(0.2, 1.0) * np.sin(2 * np.pi * rng.uniform(100, 1500) * times + rng.uniform(0, 6)) for _ in range(4)
        )
        loudness = np.full_like(times, 0.3 * ceiling)
        for start in np.sort(rng.uniform(0, seconds - 0.5, int(rng.integers(0, 4)))):
            loudness[(times >= start) & (times < start + rng.uniform(0.1, 0.5))] = 2.0 * ceiling
        sound = np.asarray(loudness * tones / np.abs(tones).max())
        regions = regions_where(np.abs(sound) > ceiling, RATE, ceiling)
        clipped = Audio(np.clip(sound, -ceiling, ceiling).astype(np.float32), RATE)
        yield {
            "id": f"bursts_{number:03}",
            "audio": workshop.save(f"bursts_{number:03}", clipped),
            "clipped": [[round(region.start, 6), round(region.end, 6)] for region in regions],
            "ceiling": ceiling,
            "group": f"bursts_{number:03}",
        }
