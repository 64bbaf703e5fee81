"""Which language is spoken: prompts, and the spoken words of children's programs joined to clips of some seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop, speakers
from model_lab.datasets.recipes._levels import trimmed
from model_lab.errors import BadConfig
from model_lab.types import Audio, FloatArray

_RATE = 16000
_RMS = 0.05
_PAUSE = np.zeros(round(0.2 * _RATE), np.float32)


def prompts(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``per_language`` telephone prompts of every language."""
    for row in speakers.labelled(workshop):
        yield row | {"languages": workshop.settings["languages"], "stratum": row["language"]}


def words(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Recordings of single words and short descriptions, joined in an order drawn from ``seed`` to clips of ``seconds``.

    ``sources`` says where they lie: package -> {language: pattern}. At most ``per_language`` clips of a language and package.
    """
    settings = workshop.settings
    languages = sorted({language for patterns in settings["sources"].values() for language in patterns})
    for number, (package, patterns) in enumerate(sorted(settings["sources"].items())):
        for language, pattern in sorted(patterns.items()):
            files = sorted(workshop.archive(package).glob(pattern))
            if not files:
                raise BadConfig(f"recipe: {package} has no file {pattern}; correct the card")
            np.random.default_rng([settings["seed"], number, languages.index(language)]).shuffle(files)
            for clip, sound in enumerate(_clips(files, settings["seconds"], settings["per_language"])):
                name = f"{package.partition('-')[0]}-{language}-{clip:02d}"
                yield {
                    "id": name,
                    "audio": workshop.save(name, sound),
                    "language": language,
                    "languages": languages,
                    "stratum": language,
                }


def _clips(files: list[Path], seconds: float, most: int) -> Iterator[Audio]:
    """Words one after another with pauses of 0.2 s, each as loud as the others; what is left over at the end is dropped."""
    parts: list[FloatArray] = []
    made = 0
    for path in files:
        sound = audio.read(path).mono().resample(_RATE)
        if sound.frames < _RATE // 10 or np.abs(sound.samples).max() < 1e-3:
            continue
        parts += [trimmed(sound, 0.3, _RMS).samples, _PAUSE]
        if sum(map(len, parts)) >= seconds * _RATE:
            joined = np.concatenate(parts)
            yield Audio((joined / max(1.0, float(np.abs(joined).max()))).astype(np.float32), _RATE)
            parts, made = [], made + 1
            if made == most:
                return
