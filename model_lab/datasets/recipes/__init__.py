"""Recipes: functions that write a dataset's sound and yield its manifest rows, one module per family.

A recipe draws every random choice from a generator seeded by its settings, so that it writes the same dataset everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.errors import BadConfig
from model_lab.types import Audio


@dataclass
class Workshop:
    """What a recipe works with: the folder to write into, its archives (package name -> unpacked folder), its settings."""

    folder: Path
    archives: dict[str, Path]
    settings: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)

    def save(self, name: str, audio: Audio) -> str:
        """Write ``audio`` as 16-bit FLAC (bit for bit where it came from 16-bit sound); returns its path for the manifest.

        Raises `BadConfig` if a sample is beyond full scale or not a number: a recipe sets its levels so that nothing clips.
        """
        import soundfile

        peak = float(np.abs(audio.samples).max(initial=0.0))
        if not peak <= 1.0:
            raise BadConfig(f"recipe: {name} peaks at {peak:.2f}; expected at most 1.0, lower its level")
        relative = f"audio/{name}.flac"
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        integers = np.clip(np.round(audio.samples * 32768.0), -32768, 32767).astype(np.int16)
        soundfile.write(path, integers.T, audio.sample_rate, format="FLAC", subtype="PCM_16")
        self.seconds[relative] = round(audio.duration, 6)
        return relative

    def archive(self, package: str) -> Path:
        """The unpacked folder of a package of the card; raises `BadConfig` if the card does not list it."""
        if package not in self.archives:
            raise BadConfig(f"recipe: the card lists no archive {package!r}; it has: {', '.join(self.archives) or 'none'}")
        return self.archives[package]


Recipe = Callable[[Workshop], Iterator[dict[str, Any]]]
