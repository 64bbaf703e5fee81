"""Cells of any capability, for pages of the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.results.answers import pack
from model_lab.results.schema import RunSpec, SampleResult, StoredSample
from model_lab.results.scoring import score_cell
from model_lab.results.store import ResultCell, RunFolder
from model_lab.types import Audio, Label

Answer = Callable[..., ResultCell]


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with ``a.wav`` and ``b.wav``, noise of one second."""
    for name in ("a", "b"):
        samples = 0.1 * np.random.default_rng(ord(name)).standard_normal(16000)
        audio.write(tmp_path / f"{name}.wav", Audio(samples.astype(np.float32), 16000))
    return tmp_path


@pytest.fixture
def answer(folder: RunFolder, sounds: Path) -> Answer:
    """``answer(model, capability, row, *answers, dataset="own")``: a scored cell, as many samples of one row as answers."""

    def make(model: str, capability: str, row: dict[str, Any], *answers: Any, dataset: str = "own") -> ResultCell:
        spec = RunSpec(
            model=model, model_revision="1", dataset=dataset, dataset_revision="1", capability=capability, device="cpu"
        )
        cell = folder.cell(model, dataset)
        names = [str(row.get("id", f"sample{number}")) for number in range(len(answers))]
        duration = 1.0 if "audio" in row else 0.0
        cell.begin(
            spec, "smoke", [StoredSample(id=name, group="all", duration=duration, folder=str(sounds), row=row) for name in names]
        )
        for name, given in zip(names, answers, strict=True):
            fields: dict[str, Any] = {"status": "failed", "error": str(given)}
            if not isinstance(given, Exception):
                fields = {"status": "ok", "hypothesis": pack(given, cell, name), "latency_s": 0.25}
            cell.answers.append(SampleResult(sample_id=name, **fields))
        score_cell(cell, folder.name)
        return cell

    return make


@pytest.fixture
def make_labels(answer: Answer) -> Callable[[str, str], ResultCell]:
    """``make_labels(model, label)``: a cell of one sound, a dog's, which the model takes for ``label``."""
    row = {"audio": "a.wav", "label": "dog", "classes": {"dog": ["Dog"], "cat": ["Cat"]}}
    return lambda model, label: answer(model, "classify", row, [Label(label, 0.75)])
