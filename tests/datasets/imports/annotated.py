"""Small sounds with annotation files for tests, and the proof that data is read right: the oracle scores perfectly on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from model_lab.capabilities import capability
from model_lab.cli import app
from model_lab.datasets import imports
from model_lab.results.store import RunFolder

RATE = 8000


def sound(path: Path, seconds: float = 4.0) -> Path:
    """A recording of noise, whose content differs by its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(path.name.encode())
    samples = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


def rows(path: Path, name: str, **columns: str) -> list[dict[str, Any]]:
    """The rows of the manifest that data becomes."""
    return [json.loads(line) for line in imported(path, name, **columns).manifest.read_text("utf-8").splitlines()]


def imported(path: Path, name: str, **columns: str) -> imports.ImportedData:
    return imports.materialise(path, columns=columns, capability=capability(name))


def require_perfect(path: Path, name: str, folder: Path, *options: str) -> None:
    """``model-lab run baseline_oracle --data PATH --capability NAME`` has the best value of the primary metric."""
    command = [
        "run",
        "baseline_oracle",
        "--data",
        str(path),
        "--capability",
        name,
        "--runs",
        str(folder),
        "--name",
        "run",
        *options,
    ]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, (result.output, result.exception)
    outcome = RunFolder(folder / "run").cells()[0].outcome()
    metric = capability(name).metrics[0]
    best = 1.0 if metric.higher_is_better else 0.0
    assert outcome is not None and outcome.n_ok == outcome.n_samples
    assert {score.metric: score.value for score in outcome.scores}[metric.name] == pytest.approx(best, abs=1e-3)
