"""The samples and answers of one dataset, read from disk one at a time; only the offsets of lines are kept in memory."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from model_lab.analysis.disagreement import sample_values
from model_lab.errors import ModelLabError
from model_lab.metrics._base import Judge, Metric
from model_lab.results.schema import SampleResult
from model_lab.results.scoring import answer_id, judgement_log
from model_lab.results.store import ResultCell

_NOWHERE = -1


class Records:
    """All models on one dataset. Lines that are not JSON objects, and answers to unknown samples, are skipped.

    ``ids`` of the samples in the order they were processed; the other methods take the number of a sample in it. ``metric``: the
    first of ``metrics`` that differs between single samples (a mean average precision does not: one sample alone always
    has the best rank), or else the first.
    """

    def __init__(self, cells: Mapping[str, ResultCell], metrics: Sequence[Metric]) -> None:
        self.cells = cells
        self._streams = ExitStack()
        self._numbers: dict[str, int] = {}
        self._questions: list[tuple[str, int]] = []
        self._judgements: dict[Path, array[int]] = {}
        self._opened: dict[Path, BinaryIO] = {}
        for model, cell in cells.items():
            self._ask(model, cell)
        self.ids = tuple(self._numbers)
        self._answers = {model: self._find(cell.answers.path) for model, cell in cells.items()}
        self.metric: Metric | None = None
        self._values: dict[str, array[float]] = {}
        for metric in metrics:
            values = self._score(metric)
            telling = _differ(values.values())
            if telling or self.metric is None:
                self.metric, self._values = metric, values
            if telling:
                break

    def __enter__(self) -> Records:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._streams.close()

    def question(self, number: int) -> dict[str, Any]:
        """A `results.schema.StoredSample` as it was written."""
        model, place = self._questions[number]
        return self._read(self.cells[model].folder / "questions.jsonl", place)

    def answer(self, model: str, number: int) -> dict[str, Any] | None:
        """The last `results.schema.SampleResult` as it was written; None if there is none."""
        place = self._answers[model][number]
        return None if place == _NOWHERE else self._read(self.cells[model].answers.path, place)

    def judgement(self, judge: Judge, model: str, number: int) -> dict[str, Any] | None:
        """A judge's answer about the answer, a `results.scoring.Judgement` as it was written; None if there is none."""
        path, answer = judgement_log(self.cells[model], judge).path, self.answer(model, number)
        if path not in self._judgements:
            self._judgements[path] = self._find(path)
        place = self._judgements[path][number]
        if place == _NOWHERE or answer is None:
            return None
        judged = self._read(path, place)
        present = answer_id(SampleResult.model_construct(hypothesis=answer.get("hypothesis")))
        return judged if judged.get("answer_id") == present else None

    def value(self, model: str, number: int) -> float:
        """The metric on the sample alone; NaN where it was not scored or the metric needs several samples."""
        return self._values[model][number] if self._values else math.nan

    @property
    def has_values(self) -> bool:
        """Whether the metric has a value on any sample."""
        return any(math.isfinite(value) for values in self._values.values() for value in values)

    def _ask(self, model: str, cell: ResultCell) -> None:
        for place, row in _objects(cell.folder / "questions.jsonl"):
            name = row.get("id")
            if isinstance(name, str) and isinstance(row.get("row"), dict) and name not in self._numbers:
                self._numbers[name] = len(self._questions)
                self._questions.append((model, place))

    def _find(self, path: Path) -> array[int]:
        """Where the last record of every sample begins."""
        places = array("q", [_NOWHERE]) * len(self.ids)
        for place, row in _objects(path):
            name = row.get("sample_id")
            if isinstance(name, str) and name in self._numbers:
                places[self._numbers[name]] = place
        return places

    def _score(self, metric: Metric) -> dict[str, array[float]]:
        return {model: self._score_one(cell, metric) for model, cell in self.cells.items()}

    def _score_one(self, cell: ResultCell, metric: Metric) -> array[float]:
        values = array("d", [math.nan]) * len(self.ids)
        try:
            scored = sample_values(cell, metric)
        except (ModelLabError, OSError, TypeError, LookupError):
            return values
        for name, value in scored.items():
            if name in self._numbers:
                values[self._numbers[name]] = value
        return values

    def _read(self, path: Path, place: int) -> dict[str, Any]:
        if path not in self._opened:
            self._opened[path] = self._streams.enter_context(path.open("rb"))
        stream = self._opened[path]
        stream.seek(place)
        return _object(stream.readline()) or {}


def _differ(values: Iterable[Iterable[float]]) -> bool:
    """Whether there are two different numbers."""
    finite = (value for each in values for value in each if math.isfinite(value))
    first = next(finite, math.nan)
    return any(value != first for value in finite)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Where each JSON object of a JSONL file begins, and the object."""
    place = 0
    try:
        with path.open("rb") as stream:
            for line in stream:
                if (row := _object(line)) is not None:
                    yield place, row
                place += len(line)
    except OSError:
        return


def _object(line: bytes) -> dict[str, Any] | None:
    """A line's object, with the numbers that JSON does not know as text; None if it holds none."""
    try:
        row = json.loads(line, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
