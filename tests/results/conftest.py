"""Cells with questions and answers, as the runner writes them, and capabilities scored by other metrics."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from model_lab.capabilities import Capability, capability
from model_lab.files import write_json
from model_lab.metrics._base import Judge, Metric
from model_lab.results import scoring
from model_lab.results.answers import pack
from model_lab.results.schema import Run, RunSpec, SampleResult, Score, StoredSample, WorkerSession
from model_lab.results.store import JsonlLog, ResultCell, RunFolder
from model_lab.types import Transcript

SPEC = RunSpec(model="m", model_revision="1", dataset="d", dataset_revision="1", capability="asr", device="cpu")

ROWS = [
    {"id": "a", "group": "ann", "text": "the red cat sat"},
    {"id": "b", "group": "ann", "text": "blue pear"},
    {"id": "c", "group": "bob", "text": "a small dog ran"},
]
RIGHT = {row["id"]: row["text"] for row in ROWS}

MakeCell = Callable[..., ResultCell]


def scores(run: Run) -> dict[str, Score]:
    return {score.metric: score for score in run.scores}


def metric(name: str, components: Callable[..., Any], value: Callable[..., float], judge: Judge | None = None) -> Metric:
    return Metric(name, name, "", True, 1.0, 0.0, 1, "", components, value, judge)


def result(name: str) -> SampleResult:
    return SampleResult(sample_id=name, status="ok", hypothesis=name)


def ids(log: JsonlLog) -> list[str]:
    return [record.sample_id for record in log.read(SampleResult)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """An empty folder for runs."""
    return tmp_path / "runs"


@pytest.fixture
def make_cell(runs: Path, tmp_path: Path) -> MakeCell:
    """``make_cell(model, rows, answers, run=..., spec=...)``: ``rows`` are manifest rows, ``answers`` sample id -> answer."""

    def make(
        model: str, rows: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], run: str = "r", **changes: Any
    ) -> ResultCell:
        spec = SPEC.model_copy(update={"model": model, **changes})
        folder = RunFolder(runs / run)
        write_json(folder.path / "manifest.json", {})
        cell = folder.cell(model, spec.place)
        questions = [
            StoredSample(id=row["id"], group=row.get("group", row["id"]), duration=2.0, folder=str(tmp_path), row=dict(row))
            for row in rows
        ]
        cell.begin(spec, "smoke", questions)
        for sample_id, answer in answers.items():
            cell.answers.append(record(cell, sample_id, answer))
        return cell

    return make


def record(cell: ResultCell, sample_id: str, answer: Any, **fields: Any) -> SampleResult:
    if isinstance(answer, SampleResult):
        return answer
    if isinstance(answer, Exception):
        return SampleResult(sample_id=sample_id, status="failed", error=str(answer), **fields)
    plain = pack(Transcript(answer) if isinstance(answer, str) else answer, cell, sample_id)
    return SampleResult(sample_id=sample_id, status="ok", hypothesis=plain, **{"latency_s": 0.5, "cpu_s": 0.4, **fields})


@pytest.fixture
def make_record() -> Callable[..., SampleResult]:
    """``make_record(cell, sample_id, answer, **fields)``: an answer (or an exception) as a `SampleResult`."""
    return record


@pytest.fixture
def make_session() -> Callable[..., WorkerSession]:
    """A `WorkerSession` with ordinary numbers; ``make_session(**changes)``."""

    def make(**changes: Any) -> WorkerSession:
        ordinary = {
            "worker_pid": 7,
            "environment": "lab",
            "device": "cpu",
            "threads": 2,
            "load_s": 3.0,
            "load_cpu_s": 2.0,
            "peak_memory_mb": 100.0,
            "answered": 2,
            "ended": "closed",
        }
        return WorkerSession(**{**ordinary, **changes})

    return make


@pytest.fixture
def with_metrics(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Capability]:
    """``with_metrics(*metrics)``: speech recognition, scored by these."""

    def change(*metrics: Metric, **changes: Any) -> Capability:
        changed = dataclasses.replace(capability("asr"), metrics=metrics, **({"grading": None, "in_words": ""} | changes))
        monkeypatch.setattr(scoring, "capability", lambda name: changed)
        return changed

    return change
