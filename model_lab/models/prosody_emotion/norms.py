"""Writes ``norms.json``: mean and standard deviation of each feature over calm speech.

Made from the dataset asterisk_speakers, four professional speakers (three women and a man with a high voice), each weighing the
same::

    model-lab fetch asterisk_speakers
    <python of the lab environment> -m model_lab.models.prosody_emotion.norms <folder of the dataset>/manifest.jsonl
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from model_lab import audio
from model_lab.models.prosody_emotion.prosody import NAMES, prosody


def main(manifest: Path) -> None:
    """Measure every recording of the manifest and write the norms beside this file."""
    measured: dict[str, list[dict[str, float]]] = defaultdict(list)
    for line in manifest.read_text("utf-8").splitlines():
        row = json.loads(line)
        if features := prosody(audio.read(manifest.parent / row["audio"])):
            measured[row["speaker"]].append(features)
    norms = {name: _norm(list(measured.values()), name) for name in NAMES}
    Path(__file__).with_name("norms.json").write_text(json.dumps(norms) + "\n", "utf-8")


def _norm(speakers: list[list[dict[str, float]]], name: str) -> list[float]:
    """Mean over speakers, and standard deviation within a speaker pooled over them."""
    values = [[recording[name] for recording in recordings] for recordings in speakers]
    mean = np.mean([np.mean(one) for one in values])
    deviation = np.sqrt(np.mean([np.var(one) for one in values]))
    return [round(float(mean), 3), round(float(deviation), 3)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
