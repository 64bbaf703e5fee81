"""Evaluate a model of your own on your own recordings, from Python.

    python evaluate_my_model.py FOLDER

writes a model (``FOLDER/models/loud_parts``), three recordings and their manifest, evaluates the model on them, and prints its scores.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

import model_lab
from model_lab import audio

CONFIG = """\
title: Loud parts
summary: Detects everything above a level as speech.
kind: algorithm
capabilities: [vad]
source: {kind: algorithm, id: loud_parts}
licence: {code: Apache-2.0, commercial: true}
memory_gb: 0.15
options: {level: 0.05}
"""

LOADER = '''\
"""Detects everything above a level as speech, in frames of 20 ms."""

import numpy as np

from model_lab.contract import Bundle
from model_lab.types import Segment


def load(card, device):
    def detect(audio):
        frame = round(0.02 * audio.sample_rate)
        level = np.abs(audio.mono().samples)
        loud = [level[start : start + frame].max() > card.options["level"] for start in range(0, len(level), frame)]
        edges = np.flatnonzero(np.diff([False, *loud, False])).reshape(-1, 2) * 0.02
        return [Segment(float(start), min(float(end), audio.duration)) for start, end in edges]

    return Bundle(card, device, {"vad": detect})
'''


def main(folder: Path) -> None:
    """Write the model and the data, and evaluate the model on the data."""
    model = folder / "models" / "loud_parts"
    model.mkdir(parents=True)
    (model / "config.yaml").write_text(CONFIG)
    (model / "loader.py").write_text(LOADER)
    os.environ["MODEL_LAB_EXTENSIONS"] = str(folder)

    rng, rows = np.random.default_rng(0), []
    for number, start in enumerate((0.5, 1.0, 1.5)):
        samples = 0.01 * rng.standard_normal(48000)
        samples[round(start * 16000) : round((start + 1) * 16000)] *= 20
        audio.write(folder / f"{number}.wav", model_lab.Audio(samples.clip(-1, 1).astype(np.float32), 16000))
        rows.append({"id": str(number), "audio": f"{number}.wav", "speech": [[start, start + 1]]})
    manifest = folder / "recordings.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))

    [run] = model_lab.evaluate("loud_parts", manifest, runs=folder / "runs")
    for score in run.scores:
        print(f"{score.metric} {score.value:.3f} ({score.low:.3f} to {score.high:.3f}, n = {score.n_scored})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
