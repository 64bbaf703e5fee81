"""A few samples with the models' answers, shortened to one line each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from model_lab.analysis.schema import ExampleAnswers
from model_lab.capabilities import Capability
from model_lab.units import one_line
from model_lab.views import View, plain
from model_lab.views.fallback import FALLBACK

_SHOWN = 3
_LOOKED_AT = 200
_LENGTH = 240


def examples(cells: Sequence[tuple[str, Path]], capability: Capability | None) -> tuple[ExampleAnswers, ...]:
    """The first samples that a model answered; ``cells`` are (model, folder of the cell). Unreadable lines are skipped."""
    view = capability.view if capability else FALLBACK
    answers = {model: _answers(folder, view) for model, folder in cells}
    rows: dict[str, dict[str, Any]] = {}
    for _, folder in cells:
        for question in _lines(folder / "questions.jsonl"):
            if isinstance(question.get("row"), dict) and isinstance(question.get("id"), str):
                rows.setdefault(question["id"], question["row"])
    answered = [sample for sample in rows if any(sample in lines for lines in answers.values())]
    return tuple(
        ExampleAnswers(
            sample=one_line(sample),
            reference=reference_line(rows[sample], capability),
            answers={model: lines[sample] for model, lines in answers.items() if sample in lines},
        )
        for sample in answered[:_SHOWN]
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for line in islice(stream, _LOOKED_AT):
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    rows.append(row)
    except OSError:
        return []
    return rows


def _answers(folder: Path, view: View) -> dict[str, str]:
    return {
        str(row["sample_id"]): answer_line(row, view)
        for row in _lines(folder / "samples.jsonl")
        if {"sample_id", "status"} <= row.keys()
    }


def answer_line(record: Mapping[str, Any], view: View) -> str:
    """A record of ``samples.jsonl`` as one short line: the answer, or why there is none."""
    if record.get("status") == "ok":
        return line(record.get("hypothesis"), view)
    return f"failed: {one_line(plain.line(record.get('error')), _LENGTH)}"


def reference_line(row: dict[str, Any], capability: Capability | None) -> str:
    """The columns of a manifest's row that are neither sound nor objects, as one short line; the whole row if the capability is unknown."""
    if capability is None:
        return one_line(plain.line(row), _LENGTH)
    sounds = {column for kind, column in capability.inputs if kind == "audio"}
    shown = [
        column.name
        for column in capability.columns
        if column.name not in sounds and not isinstance(row.get(column.name), dict) and row.get(column.name) is not None
    ]
    return one_line(" · ".join(f"{name}: {one_line(plain.line(row[name]), _LENGTH)}" for name in shown), _LENGTH)


def line(stored: Any, view: View) -> str:
    """A stored answer (see `types.encode`) as one short line, as its capability writes it; or why that fails."""
    try:
        return one_line(view.line(stored), _LENGTH)
    except Exception as error:
        return one_line(f"it cannot be shown: {type(error).__name__}: {error}", _LENGTH)
