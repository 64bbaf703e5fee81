"""Run folders: append-only answers that survive a kill at any moment.

The layout::

    runs/<run>/manifest.json                      machine, packages, git, arguments
    runs/<run>/<model>[@<option>=<value>,...]/<dataset>[~<perturbation>][@seed-<seed of a repeat>]/
                                 spec.json        the RunSpec, its key and tier
                                 questions.jsonl  the samples, in order
                                 samples.jsonl    one SampleResult per line, appended and fsynced at once
                                 sessions.jsonl   one WorkerSession per line
                                 timings.jsonl    one Timing per line: samples run again, with no other worker
                                 artifacts/       audio that models returned
                                 judgements/      answers of judge models on these answers
                                 components.jsonl, scores.json   rewritten by scoring, with hashes of what was scored
                                 scorers/         the scores by other scorers, one JSON file each (results.rescoring)
    runs/<run>/superseded/                        answers of specs that have changed since
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from model_lab import cache
from model_lab.datasets.card import Tier
from model_lab.errors import BadConfig, StoreError, UnknownName, nearest
from model_lab.files import lock_folder, translate_os_errors, write_json, write_jsonl
from model_lab.results.schema import SCHEMA_VERSION, UNTOUCHED, Run, RunSpec, SampleResult, StoredSample
from model_lab.schemas import parse

Record = TypeVar("Record", bound=BaseModel)

COMPONENTS = "components.jsonl"
_BLOCK = 1 << 20


class JsonlLog:
    """A JSONL file that is only appended to, one fsynced line at a time.

    A line torn by a kill or a full disk is cut off when the log is next opened or read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: BaseModel) -> None:
        """Append one record; raises `StoreError` and leaves the file unchanged if it cannot be written."""
        line = (record.model_dump_json(exclude_defaults=True) + "\n").encode()
        with translate_os_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                end = self._whole_end(descriptor)
                try:
                    if os.write(descriptor, line) != len(line):
                        raise OSError(errno.ENOSPC, "short write")
                    os.fsync(descriptor)
                except OSError:
                    os.ftruncate(descriptor, end)
                    raise
            finally:
                os.close(descriptor)

    def read(self, kind: type[Record]) -> list[Record]:
        """All complete records, in order; a torn last line is ignored."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")[:-1]
        return [parse(kind, self._row(line, number), f"{self.path}:{number}") for number, line in enumerate(lines, 1)]

    def _row(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise StoreError(f"{self.path}:{number} is not a JSON object; move the folder {self.path.parent} away and run again")
        return row

    @staticmethod
    def _whole_end(descriptor: int) -> int:
        """Cut off a torn last line; returns the length of the complete lines."""
        end = os.fstat(descriptor).st_size
        if end == 0 or os.pread(descriptor, 1, end - 1) == b"\n":
            return end
        whole = end
        while whole and os.pread(descriptor, 1, whole - 1) != b"\n":
            start = max(0, whole - _BLOCK)
            whole = start + os.pread(descriptor, whole - start, start).rfind(b"\n") + 1
        os.ftruncate(descriptor, whole)
        return whole


class ResultCell:
    """The folder of one model on one dataset within a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = JsonlLog(folder / "samples.jsonl")
        self.sessions = JsonlLog(folder / "sessions.jsonl")
        self.timings = JsonlLog(folder / "timings.jsonl")
        self.artifacts = folder / "artifacts"

    def begin(self, spec: RunSpec, tier: Tier, questions: Iterable[StoredSample]) -> None:
        """Store the spec and the samples before inference starts."""
        write_jsonl(self.folder / "questions.jsonl", (question.model_dump(mode="json") for question in questions))
        write_json(self.folder / "spec.json", {"key": spec.key, "tier": tier, "spec": spec.model_dump(mode="json")})

    def header(self) -> dict[str, Any] | None:
        """The content of ``spec.json``: key, tier and spec; None if it is missing or unreadable."""
        try:
            header = json.loads((self.folder / "spec.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return header if isinstance(header, dict) and {"key", "tier", "spec"} <= header.keys() else None

    def spec(self) -> RunSpec:
        """The spec of this folder; raises `StoreError` if it has none."""
        header = self.header()
        if header is None:
            raise StoreError(f"{self.folder} has no spec.json that can be read; run the sprint again to write it")
        return parse(RunSpec, header["spec"], self.folder / "spec.json")

    def repeats(self) -> list[ResultCell]:
        """The further runs of this cell with other seeds, in order: those of the same model, data and tier as it is now."""
        header = self.header()
        if header is None or (own := self.spec()).repeat:
            return []
        beside = [ResultCell(path.parent) for path in self.folder.parent.glob(f"{escape(self.folder.name)}@seed-*/spec.json")]
        same = [
            (spec.repeat, cell)
            for cell in beside
            if (other := cell.header()) and other["tier"] == header["tier"] and (spec := cell.spec()) == own.again(spec.repeat)
        ]
        return [cell for _, cell in sorted(same, key=lambda each: each[0])]

    def questions(self) -> list[StoredSample]:
        """The samples, in order."""
        return JsonlLog(self.folder / "questions.jsonl").read(StoredSample)

    def latest(self) -> dict[str, SampleResult]:
        """The last record of every sample answered so far."""
        return {result.sample_id: result for result in self.answers.read(SampleResult)}

    def digests(self) -> dict[str, str]:
        """The SHA-256 of every file that scores depend on, by its path within the folder: all JSONL but ``components.jsonl``."""
        paths = (path for path in self.folder.rglob("*.jsonl") if path.name != COMPONENTS)
        return {path.relative_to(self.folder).as_posix(): cache.sha256(path) for path in sorted(paths)}

    def outcome(self) -> Run | None:
        """The scores; None if scoring has not run, or wrote another schema."""
        try:
            data = json.loads((self.folder / "scores.json").read_text("utf-8"))
            outcome = parse(Run, data, self.folder / "scores.json")
        except (OSError, ValueError, BadConfig):
            return None
        return outcome if outcome.schema_version == SCHEMA_VERSION else None


class RunFolder:
    """One run: ``runs/<run>``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    def manifest(self) -> dict[str, Any]:
        """The content of ``manifest.json``; empty if it is missing or unreadable."""
        try:
            data = json.loads((self.path / "manifest.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def cell(self, model: str, dataset: str) -> ResultCell:
        """The folder of ``model`` on ``dataset``; a colon in the dataset's name is a hyphen there."""
        return ResultCell(self.path / model / dataset.replace(":", "-"))

    def cells(self) -> list[ResultCell]:
        """All folders with a readable spec, by model and dataset."""
        return [
            ResultCell(path.parent)
            for path in sorted(self.path.glob("*/*/spec.json"))
            if path.parts[-3] != "superseded" and ResultCell(path.parent).header()
        ]

    def first_cells(self) -> list[ResultCell]:
        """The cells without repeats, which `ResultCell.repeats` has."""
        return [cell for cell in self.cells() if not cell.spec().repeat]

    def model_cells(self) -> list[ResultCell]:
        """The cells of models: all except those of the untouched input."""
        return [cell for cell in self.cells() if cell.folder.parent.name != UNTOUCHED]

    def models(self) -> dict[str, dict[str, Any]]:
        """The models and variants with answers in this run: name -> options."""
        specs = (header["spec"] for cell in self.model_cells() if (header := cell.header()))
        return {
            spec["model"]: spec["options"] for spec in specs if isinstance(spec, dict) and {"model", "options"} <= spec.keys()
        }

    def supersede(self, cell: ResultCell) -> Path:
        """Move a cell's answers aside: its spec has changed, or it is to be run again. Returns their new folder."""
        header = cell.header() or {"key": "unknown"}
        target = self.path / "superseded" / f"{cell.folder.parent.name}.{cell.folder.name}.{header['key']}.{time.time_ns()}"
        with translate_os_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            cell.folder.rename(target)
        return target

    def scores_digest(self) -> str:
        """The SHA-256 of all scores, those by other scorers included: a report is up to date while it is the same."""
        digest = hashlib.sha256()
        for path in sorted([*self.path.glob("*/*/scores.json"), *self.path.glob("*/*/scorers/*.json")]):
            digest.update(os.fsencode(path.relative_to(self.path).as_posix()) + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the run for writing; raises `StoreError` at once if another process holds the lock."""
        with lock_folder(self.path, f"{self.path} is being written by another sprint; wait for it to end, or stop it"):
            yield


def run_folder(runs: Path, name: str) -> RunFolder:
    """The existing run called ``name``; raises `UnknownName` with the nearest one."""
    known = [folder.name for folder in run_folders(runs)]
    if name not in known:
        raise UnknownName(f"there is no run {name!r} in {runs}{nearest(name, known)}; see: model-lab list runs")
    return RunFolder(runs / name)


def chosen(runs: Path, name: str = "") -> RunFolder:
    """The run called ``name``, or the one that was started last by its manifest; raises `UnknownName` if there is none."""
    if name:
        return run_folder(runs, name)
    folders = run_folders(runs)
    if not folders:
        raise UnknownName(f"there is no run in {runs}; run: model-lab sprint hf_sprint_2026q1")
    return max(folders, key=lambda folder: (str(folder.manifest().get("started", "")), folder.name))


def run_folders(runs: Path) -> list[RunFolder]:
    """All runs in the folder, by name."""
    return [RunFolder(path.parent) for path in sorted(runs.glob("*/manifest.json"))]
