from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from model_lab.capabilities import capability
from model_lab.metrics.labels import MEAN_AVERAGE_PRECISION, TOP1
from model_lab.metrics.text import CER, WER
from model_lab.report.site.records import Records
from model_lab.results.store import ResultCell
from tests.scored_run import TEXT, MakeCell, right, wrong


def _append(cell: ResultCell, *lines: str) -> None:
    with cell.answers.path.open("a") as stream:
        stream.write("".join(lines))


def test_the_last_record_of_a_sample_counts(make_cell: MakeCell) -> None:
    cell = make_cell("a", right, samples=3)
    _append(cell, '{"sample_id": "clip1", "status": "failed", "error": "later"}\n')
    with Records({"a": cell}, (WER,)) as records:
        assert records.ids == ("clip0", "clip1", "clip2")
        assert [(records.answer("a", number) or {})["status"] for number in range(3)] == ["ok", "failed", "ok"]
        assert records.question(2)["row"]["text"] == TEXT


def test_lines_that_are_no_records_are_passed_over(make_cell: MakeCell) -> None:
    cell = make_cell("a", right, samples=2)
    _append(cell, "\n", "[1]\n", "nonsense\n", '{"sample_id": 7}\n', '{"sample_id": "stranger"}\n', '{"sample_id": "clip1", "sta')
    with (cell.folder / "questions.jsonl").open("a") as stream:
        stream.write('{"id": 3, "row": {}}\n{"id": "x", "row": []}\n\xff\n')
    with Records({"a": cell}, (WER,)) as records:
        assert records.ids == ("clip0", "clip1")
        assert all((records.answer("a", number) or {})["status"] == "ok" for number in range(2))


def test_numbers_that_json_does_not_know_are_text(make_cell: MakeCell) -> None:
    cell = make_cell("a", right, samples=1)
    _append(cell, '{"sample_id": "clip0", "status": "ok", "latency_s": NaN, "hypothesis": Infinity}\n')
    with Records({"a": cell}, ()) as records:
        record = records.answer("a", 0)
        assert record is not None and (record["latency_s"], record["hypothesis"]) == ("NaN", "Infinity")


def test_models_may_have_been_asked_different_samples(make_cell: MakeCell) -> None:
    cells = {"few": make_cell("few", right, samples=1), "many": make_cell("many", wrong, samples=3)}
    with Records(cells, (WER,)) as records:
        assert records.ids == ("clip0", "clip1", "clip2")
        assert records.answer("few", 2) is None and math.isnan(records.value("few", 2))
        assert (records.value("few", 0), records.value("many", 2)) == (0.0, 1.0)


def test_a_missing_or_garbled_cell_has_no_answers_and_no_values(make_cell: MakeCell, tmp_path: Path) -> None:
    cell = make_cell("a", right, samples=2)
    (cell.folder / "components.jsonl").write_text('{"sample_id": "clip0"}\nnonsense\n')
    with Records({"gone": ResultCell(tmp_path / "nowhere"), "a": cell}, (WER, CER)) as records:
        assert records.metric is WER
        assert records.answer("gone", 0) is None
        assert math.isnan(records.value("gone", 0)) and math.isnan(records.value("a", 0))


def test_the_metric_is_the_first_that_tells_samples_apart(make_labels: Any) -> None:
    cells = {"right": make_labels("right", "dog"), "wrong": make_labels("wrong", "cat")}
    with Records(cells, capability("classify").metrics) as records:
        assert (
            capability("classify").primary.name == MEAN_AVERAGE_PRECISION.name and records.metric is TOP1 and records.has_values
        )
        assert (records.value("right", 0), records.value("wrong", 0)) == (1.0, 0.0)


def test_where_no_metric_tells_samples_apart_the_first_is_shown(make_cell: MakeCell) -> None:
    with Records({"a": make_cell("a", right)}, (WER, CER)) as records:
        assert records.metric is WER and records.value("a", 0) == 0.0


def test_an_unknown_capability_has_no_values(make_cell: MakeCell) -> None:
    with Records({"a": make_cell("a", right)}, ()) as records:
        assert not records.has_values
        assert records.metric is None and math.isnan(records.value("a", 0))
