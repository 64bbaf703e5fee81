"""A small run of speech recognisers, really scored, and cards for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_lab.contract import ModelCard
from model_lab.datasets.card import DatasetCard
from model_lab.files import write_json
from model_lab.results.answers import pack
from model_lab.results.schema import Run, RunSpec, SampleResult, StoredSample, WorkerSession
from model_lab.results.scoring import score_cell
from model_lab.results.store import ResultCell, RunFolder
from model_lab.types import Transcript

TEXT = "the quick brown fox jumps over the lazy dog today"
EVIL = '<script>alert("x")</script> | [x](javascript:1) \n `code` & "quotes"'
MANIFEST = {
    "git": {"revision": "abc123", "dirty": False},
    "command": ["model-lab", "sprint", "s.yaml"],
    "machine": {"cpu": "<b>cpu</b>", "cores": 2, "gpu": []},
    "packages": [f"package-{number}==1.0" for number in range(20)],
    "something_new": {"deep": [{"er": None}]},
}

MakeCell = Callable[..., ResultCell]
Answer = Callable[[int], str | Exception]


def model_card(name: str, kind: str = "neural", **changes: Any) -> ModelCard:
    fields: dict[str, Any] = {
        "name": name,
        "title": f"The {name}",
        "summary": "Made by a test.",
        "kind": kind,
        "capabilities": ("asr",),
        "source": {"kind": "algorithm", "id": name},
        "licence": {"code": "MIT", "commercial": True},
        "memory_gb": 0.5,
    }
    return ModelCard(**(fields | changes))


def dataset_card(name: str = "clips", **changes: Any) -> DatasetCard:
    fields: dict[str, Any] = {
        "name": name,
        "title": "Clips made by a test",
        "summary": "Nothing real.",
        "capability": "asr",
        "licence": "CC0-1.0",
        "truth": "human",
        "annotation": "Written down by the test.",
        "group": "speaker",
        "source": {"kind": "manifest", "path": "clips.jsonl"},
        "tiers": {"smoke": 5, "standard": 0},
    }
    return DatasetCard(**(fields | changes))


def right(number: int) -> str:
    return TEXT


def wrong(number: int) -> str:
    return "something else"


def broken(number: int) -> Exception:
    return RuntimeError(EVIL)


def new_folder(place: Path) -> RunFolder:
    """A run folder with a manifest and nothing else."""
    made = RunFolder(place / "runs" / "synthetic")
    write_json(made.path / "manifest.json", MANIFEST)
    return made


def cell_maker(folder: RunFolder) -> MakeCell:
    """``make(model, answer, samples=24, ...)``: a cell of ``folder``, scored; two samples make a group; ``under``: perturbed."""

    def make(
        model: str,
        answer: Answer = right,
        samples: int = 24,
        dataset: str = "clips",
        tier: str = "standard",
        ended: str = "closed",
        under: str = "",
    ) -> ResultCell:
        spec = RunSpec(model=model, model_revision="1", dataset=dataset, dataset_revision="1", capability="asr", device="cpu")
        spec = spec.under(under) if under else spec
        cell = folder.cell(model, spec.place)
        rows = [{"id": f"clip{number}", "audio": "x.wav", "text": TEXT} for number in range(samples)]
        questions = [
            StoredSample(id=row["id"], group=f"speaker{number // 2}", duration=2.0, folder=str(folder.path.parents[1]), row=row)
            for number, row in enumerate(rows)
        ]
        cell.begin(spec, tier, questions)  # type: ignore[arg-type]
        for number in range(samples if ended == "closed" else 0):
            given = answer(number)
            fields: dict[str, Any] = {"status": "failed", "error": str(given)}
            if isinstance(given, str):
                fields = {
                    "status": "ok",
                    "hypothesis": pack(Transcript(given), cell, f"clip{number}"),
                    "latency_s": 0.5,
                    "cpu_s": 0.4,
                }
            cell.answers.append(SampleResult(sample_id=f"clip{number}", cold=number == 0, **fields))
        cell.sessions.append(
            WorkerSession(
                worker_pid=1,
                environment="lab",
                device="cpu",
                threads=1,
                load_s=3.0,
                load_cpu_s=2.0,
                peak_memory_mb=123.0,
                answered=samples,
                ended=ended,
            )
        )
        score_cell(cell, folder.name)
        return cell

    return make


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A folder of `new_folder`."""
    return new_folder(tmp_path)


@pytest.fixture
def make_cell(folder: RunFolder) -> MakeCell:
    """The `cell_maker` of ``folder``."""
    return cell_maker(folder)


def rewrite(cell: ResultCell, **changes: Any) -> None:
    """Change fields of the scores of a cell, as if scoring had written them so."""
    outcome = cell.outcome()
    assert isinstance(outcome, Run)
    write_json(cell.folder / "scores.json", outcome.model_dump(mode="json") | changes)
