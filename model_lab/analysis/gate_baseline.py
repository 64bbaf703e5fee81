"""The baseline of a gate: the outcome, per-sample components and failures of each cell, from a run folder or a stored file.

A stored baseline is one JSON file, so that it can be kept in a repository without the answers and audio of the run::

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
    """The answers and scores of one model on one dataset."""

    spec: RunSpec
    outcome: Run | None
    samples: tuple[SampleComponents, ...]
    answers: dict[str, str] = Field(description="sample id -> error of a failed sample, empty where it was answered")

    @classmethod
    def of(cls, cell: ResultCell) -> BaselineCell:
        """Read a cell of a run. Raises `StoreError` or `BadConfig` if it is incomplete."""
        scored, latest = Scored.of(cell), cell.latest()
        evaluated = {question.id: latest[question.id] for question in cell.questions() if question.id in latest}
        answers = {
            sample_id: "" if result.status == "ok" else shortened(result.error) or "no error message"
            for sample_id, result in evaluated.items()
        }
        return cls(spec=scored.spec, outcome=scored.outcome, samples=scored.samples, answers=answers)

    @property
    def scored(self) -> Scored:
        """The scores that a comparison reads."""
        return Scored(self.spec, self.outcome, self.samples)

    @property
    def answered(self) -> set[str]:
        """The ids of the samples that were answered without error."""
        return {sample_id for sample_id, error in self.answers.items() if not error}


class BaselineMachine(Strict):
    """The hardware on which the speeds were measured."""

    cpu: str = ""
    gpu: tuple[str, ...] = ()


class Baseline(Strict):
    """The answers and scores of all models of a run."""

    schema_version: int = SCHEMA_VERSION
    run: str
    machine: BaselineMachine = BaselineMachine()
    cells: tuple[BaselineCell, ...]

    @classmethod
    def of(cls, folder: RunFolder) -> Baseline:
        """Read a run folder."""
        stored = folder.manifest().get("machine") or {}
        machine = BaselineMachine(cpu=str(stored.get("cpu") or ""), gpu=tuple(map(str, stored.get("gpu") or ())))
        return cls(run=folder.name, machine=machine, cells=tuple(map(BaselineCell.of, folder.model_cells())))

    def by_place(self) -> dict[tuple[str, str], BaselineCell]:
        """(model, dataset with its perturbation) -> cell."""
        return {(cell.spec.model, cell.spec.place): cell for cell in self.cells}


def store(baseline: Baseline, path: Path) -> None:
    """Write a baseline as JSON."""
    write_json(path, baseline.model_dump(mode="json"))


def find(runs: Path, name: str) -> Baseline:
    """The baseline called ``name``: a run in ``runs``, else the path of a run folder, else a file written by `store`.

    Raises `UnknownName` if it is none of these, `BadConfig` if the file is not a stored baseline.
    """
    path = Path(name)
    if (runs / name / "manifest.json").is_file():
        return Baseline.of(RunFolder(runs / name))
    if (path / "manifest.json").is_file():
        return Baseline.of(RunFolder(path.resolve()))
    if path.is_dir():
        raise UnknownName(
            f"{path} is not a run: it has no manifest.json; name a run, its folder, or a file written by: model-lab gate --store"
        )
    if path.is_file():
        return _read(path)
    try:
        return Baseline.of(run_folder(runs, name))
    except UnknownName as error:
        raise UnknownName(f"{error}, or give the path of a run folder or of a file written by: model-lab gate --store") from None


def _read(path: Path) -> Baseline:
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(
            f"{path} is not valid JSON ({error}); expected a file written by: model-lab gate RUN --store {path.name}"
        ) from None
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version") if isinstance(data, dict) else type(data).__name__
        raise BadConfig(
            f"{path} has schema version {version}, expected {SCHEMA_VERSION}; write it again with: model-lab gate RUN --store {path.name}"
        )
    return parse(Baseline, data, path)
