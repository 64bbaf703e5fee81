"""A few questions with what the models answered, shortened to a line each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from model_lab.analysis.schema import ExampleAnswers
from model_lab.capabilities import Capability
from model_lab.units import one_line

_SHOWN = 3
_LOOKED_AT = 200
_LENGTH = 240
_ITEMS = 4
_NOTHING = "(nothing)"


def examples(cells: Sequence[tuple[str, Path]], asked: Capability | None) -> tuple[ExampleAnswers, ...]:
    """The first questions that a model answered; ``cells`` are (model, folder of the cell). Unreadable lines are passed over."""
    answers = {model: _answers(folder) for model, folder in cells}
    rows: dict[str, dict[str, Any]] = {}
    for _, folder in cells:
        for question in _lines(folder / "questions.jsonl"):
            if isinstance(question.get("row"), dict) and isinstance(question.get("id"), str):
                rows.setdefault(question["id"], question["row"])
    answered = [sample for sample in rows if any(sample in given for given in answers.values())]
    return tuple(
        ExampleAnswers(
            sample=one_line(sample),
            reference=truth(rows[sample], asked),
            answers={model: given[sample] for model, given in answers.items() if sample in given},
        )
        for sample in answered[:_SHOWN]
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for line in islice(stream, _LOOKED_AT):
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    found.append(row)
    except OSError:
        return []
    return found


def _answers(folder: Path) -> dict[str, str]:
    return {
        str(row["sample_id"]): answered(row) for row in _lines(folder / "samples.jsonl") if {"sample_id", "status"} <= row.keys()
    }


def answered(record: Mapping[str, Any]) -> str:
    """What a record of ``samples.jsonl`` says, as one short line: the answer, or why there is none."""
    return brief(record.get("hypothesis")) if record.get("status") == "ok" else f"failed: {brief(record.get('error'))}"


def truth(row: dict[str, Any], asked: Capability | None) -> str:
    """The columns of a manifest's row that are neither sound nor objects, as one short line; all of it if nobody knows the capability."""
    if asked is None:
        return brief(row)
    sounds = {column for kind, column in asked.inputs if kind == "audio"}
    shown = [
        column.name
        for column in asked.columns
        if column.name not in sounds and not isinstance(row.get(column.name), dict) and row.get(column.name) is not None
    ]
    return one_line(" · ".join(f"{name}: {brief(row[name])}" for name in shown), _LENGTH)


def brief(answer: Any) -> str:
    """An encoded answer (see `types.encode`) as one short line.

    >>> brief({"type": "Transcript", "text": "good day", "words": []})
    'good day'
    >>> brief([{"type": "Label", "name": "dog", "score": 0.9312}, {"type": "Label", "name": "cat", "score": 0.02}])
    'dog 0.931, cat 0.02'
    """
    return one_line(_brief(answer), _LENGTH)


def _brief(answer: Any) -> str:
    if isinstance(answer, dict):
        return _brief_mapping(answer)
    if isinstance(answer, list):
        shown = ", ".join(_brief(item) for item in answer[:_ITEMS])
        more = len(answer) - _ITEMS
        return (shown + f", and {more} more" if more > 0 else shown) or _NOTHING
    if isinstance(answer, float):
        return f"{answer:.3g}"
    return str(answer) if answer not in (None, "") else _NOTHING


def _brief_mapping(answer: dict[str, Any]) -> str:
    match answer:
        case {"type": "Transcript", "text": text}:
            return str(text) or _NOTHING
        case {"type": "StreamTranscript", "events": [*_, {"text": text}]}:
            return str(text) or _NOTHING
        case {"type": "Audio", "shape": [*_, int(frames)], "sample_rate": int(rate), "file": file} if rate > 0:
            return f"{frames / rate:.2f} s of sound ({file})"
        case {"type": "array", "data": {"dtype": dtype, "shape": shape}}:
            return f"array of {dtype}, shape {shape}"
        case {"type": _}:
            return " ".join(_brief(value) for key, value in answer.items() if key != "type" and value not in ("", [], None))
    return ", ".join(f"{key} {_brief(value)}" for key, value in islice(answer.items(), _ITEMS)) or _NOTHING
