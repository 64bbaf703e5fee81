"""What a gate holds a run against: each cell's outcome, per-sample counts and failures, from a run folder or a stored file.

A stored baseline is one JSON file, so that it can be kept in a repository without the run's answers and sound::

    {"schema_version": 1, "run": "...", "machine": {"cpu": "...", "gpu": [...]},
     "cells": [{"spec": {...}, "outcome": {...}, "samples": [{"sample_id", "group", "components"}, ...],
                "answers": {"sample id": "error, or empty for an answer"}}, ...]}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from model_lab.analysis.comparison import Scored
from model_lab.errors import BadConfig, UnknownName
from model_lab.files import write_json
from model_lab.results.schema import SCHEMA_VERSION, Run, RunSpec
from model_lab.results.scoring import SampleComponents, shortened
from model_lab.results.store import ResultCell, RunFolder, run_folder
from model_lab.schemas import Strict, parse


class BaselineCell(Strict):
    """One model on one dataset, as it was answered and scored."""

    spec: RunSpec
    outcome: Run | None
    samples: tuple[SampleComponents, ...]
    answers: dict[str, str] = Field(description="sample id -> why its answer failed, empty where it was answered")

    @classmethod
    def of(cls, cell: ResultCell) -> BaselineCell:
        """Read from a cell of a run; raises `StoreError` or `BadConfig` if it is not whole."""
        scored, latest = Scored.of(cell), cell.latest()
        asked = {question.id: latest[question.id] for question in cell.questions() if question.id in latest}
        answers = {
            sample_id: "" if result.status == "ok" else shortened(result.error) or "no reason was given"
            for sample_id, result in asked.items()
        }
        return cls(spec=scored.spec, outcome=scored.outcome, samples=scored.samples, answers=answers)

    @property
    def scored(self) -> Scored:
        """What a comparison reads."""
        return Scored(self.spec, self.outcome, self.samples)

    @property
    def answered(self) -> set[str]:
        """The samples with an answer that did not fail."""
        return {sample_id for sample_id, error in self.answers.items() if not error}


class BaselineMachine(Strict):
    """What the speeds were measured on."""

    cpu: str = ""
    gpu: tuple[str, ...] = ()


class Baseline(Strict):
    """What all models of a run answered."""

    schema_version: int = SCHEMA_VERSION
    run: str
    machine: BaselineMachine = BaselineMachine()
    cells: tuple[BaselineCell, ...]

    @classmethod
    def of(cls, folder: RunFolder) -> Baseline:
        """Read from a run folder."""
        told = folder.manifest().get("machine") or {}
        machine = BaselineMachine(cpu=str(told.get("cpu") or ""), gpu=tuple(map(str, told.get("gpu") or ())))
        return cls(run=folder.name, machine=machine, cells=tuple(map(BaselineCell.of, folder.asked())))

    def by_place(self) -> dict[tuple[str, str], BaselineCell]:
        """(model, dataset with its perturbation) -> cell."""
        return {(cell.spec.model, cell.spec.place): cell for cell in self.cells}


def store(baseline: Baseline, path: Path) -> None:
    """Write a baseline as JSON."""
    write_json(path, baseline.model_dump(mode="json"))


def find(runs: Path, name: str) -> Baseline:
    """The baseline meant by ``name``: a run in ``runs``, else the folder of a run, else a file that `store` wrote.

    Raises `UnknownName` if it is none of these, `BadConfig` if the file holds something else.
    """
    path = Path(name)
    if (runs / name / "manifest.json").is_file():
        return Baseline.of(RunFolder(runs / name))
    if (path / "manifest.json").is_file():
        return Baseline.of(RunFolder(path.resolve()))
    if path.is_dir():
        raise UnknownName(
            f"{path} is no run: it has no manifest.json; name a run, its folder, or a file of: model-lab gate --store"
        )
    if path.is_file():
        return _read(path)
    try:
        return Baseline.of(run_folder(runs, name))
    except UnknownName as error:
        raise UnknownName(f"{error}, or give the path of a run's folder or of a file of: model-lab gate --store") from None


def _read(path: Path) -> Baseline:
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(f"{path} is no JSON ({error}); expected what model-lab gate RUN --store {path.name} writes") from None
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        found = data.get("schema_version") if isinstance(data, dict) else type(data).__name__
        raise BadConfig(
            f"{path} is of schema version {found}, expected {SCHEMA_VERSION}; write it again with: model-lab gate RUN --store {path.name}"
        )
    return parse(Baseline, data, path)
