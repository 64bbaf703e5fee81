"""SQL over run folders, whole and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.files import write_json
from model_lab.results.query import connect
from model_lab.results.schema import Run
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder
from model_lab.types import Audio

METRICS = len(capability("asr").metrics)
ROWS = [
    {"id": "a", "group": "g1", "text": "the red cat sat"},
    {"id": "b", "group": "g2", "text": "a dog"},
    {"id": "c", "text": "fish"},
]
RESULTS = [
    "run",
    "model",
    "dataset",
    "capability",
    "perturbation",
    "repeat",
    "metric",
    "value",
    "low",
    "high",
    "n",
    "n_unscored",
    "n_groups",
    "status",
    "reason",
    "tier",
    "device",
]
ANSWERS = [
    "run",
    "model",
    "dataset",
    "capability",
    "perturbation",
    "repeat",
    "sample_id",
    "cluster",
    "status",
    "cold",
    "latency_s",
    "cpu_s",
    "waited_s",
    "others_s",
    "duration_s",
    "error",
]


def columns(runs: Path, table: str) -> list[str]:
    return [name for name, *_ in connect(runs).execute(f"DESCRIBE {table}").fetchall()]


def rows(runs: Path, sql: str) -> list[Any]:
    return connect(runs).execute(sql).fetchall()


@pytest.mark.parametrize("made", [False, True])
def test_no_runs_give_empty_tables_with_their_columns(runs: Path, made: bool) -> None:
    if made:
        runs.mkdir()
    assert columns(runs, "results") == RESULTS
    assert columns(runs, "answers") == ANSWERS
    assert [rows(runs, f"SELECT * FROM {table}") for table in ("results", "answers", "unread")] == [[], [], []]


def test_results_are_the_scores(make_cell: Any, runs: Path) -> None:
    for model, run in (("m1", "r1"), ("m2", "r1"), ("m1", "r2")):
        score_cell(make_cell(model, ROWS, {row["id"]: row["text"] for row in ROWS}, run=run), run)
    found = rows(
        runs,
        "SELECT run, model, dataset, capability, value, n, n_groups, status, tier FROM results WHERE metric = 'wer' ORDER BY ALL",
    )
    assert found == [
        (run, model, "d", "asr", 0.0, 3, 3, "complete", "smoke") for run, model in (("r1", "m1"), ("r1", "m2"), ("r2", "m1"))
    ]
    assert rows(runs, "SELECT count(*), count(DISTINCT metric) FROM results") == [(3 * METRICS, METRICS)]
    assert columns(runs, "results") == RESULTS


def test_answers_are_the_last_of_each_sample_asked(make_cell: Any, make_record: Any, runs: Path) -> None:
    cell = make_cell("m", ROWS, {"a": ValueError("crash"), "zzz": "no longer asked"})
    cell.answers.append(make_record(cell, "a", "x", latency_s=0.25, cpu_s=0.125, waited_s=0.0625, others_s=-0.5, cold=True))
    cell.answers.append(make_record(cell, "b", ValueError('it\'s "bad"; --')))
    score_cell(cell, "r")
    assert rows(runs, "SELECT * FROM answers ORDER BY sample_id") == [
        ("r", "m", "d", "asr", "", 0, "a", "g1", "ok", True, 0.25, 0.125, 0.0625, -0.5, 2.0, ""),
        ("r", "m", "d", "asr", "", 0, "b", "g2", "failed", False, None, None, None, None, 2.0, 'it\'s "bad"; --'),
    ]


def test_answers_under_a_perturbation_are_told_apart(make_cell: Any, runs: Path) -> None:
    right, noisy = {row["id"]: row["text"] for row in ROWS}, {"perturbation": "noise:5", "perturbation_revision": "1"}
    score_cell(make_cell("m", ROWS, right), "r")
    score_cell(make_cell("m", ROWS, {row["id"]: "wrong" for row in ROWS}, **noisy), "r")
    scores = rows(runs, "SELECT dataset, perturbation, value FROM results WHERE metric = 'wer' ORDER BY perturbation")
    assert scores == [("d", "", 0.0), ("d", "noise:5", 1.0)]
    assert rows(runs, "SELECT count(*) FROM answers WHERE perturbation = ''") == [(3,)]


def test_repeats_are_told_apart(make_cell: Any, runs: Path) -> None:
    for repeat in (0, 1):
        score_cell(make_cell("m", ROWS, {row["id"]: row["text"] for row in ROWS}, seed=repeat, repeat=repeat), "r")
    assert rows(runs, "SELECT dataset, repeat FROM results WHERE metric = 'wer' ORDER BY ALL") == [("d", 0), ("d", 1)]


def test_undefined_numbers_are_null(make_cell: Any, runs: Path, tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", Audio(np.zeros(16000, np.float32), 16000))
    score_cell(make_cell("m", [{"id": "a", "audio": "a.wav", "text": ""}], {"a": "hello"}), "r")
    assert rows(runs, "SELECT value, low, high, n FROM results WHERE metric = 'wer'") == [(None, None, None, 1)]


def test_numbers_that_json_does_not_know_do_not_stop_it(make_cell: Any, runs: Path) -> None:
    cell = make_cell("m", ROWS, {"a": "x"})
    run = score_cell(cell, "r").model_dump(mode="json")
    run["scores"][0] |= {"value": float("nan"), "high": float("inf")}
    (cell.folder / "scores.json").write_text(json.dumps(run))
    assert rows(runs, "SELECT isnan(value), isinf(high) FROM results WHERE metric = 'wer'") == [(True, True)]


def test_a_model_that_was_not_run_is_a_row_without_a_metric(make_cell: Any, runs: Path) -> None:
    cell = make_cell("m", ROWS, {})
    run = Run(
        run="r",
        spec=cell.spec(),
        key=cell.spec().key,
        tier="smoke",
        status="not_run",
        reason="no GPU",
        n_samples=3,
        n_ok=0,
        n_failed=0,
    )
    write_json(cell.folder / "scores.json", run.model_dump(mode="json"))
    assert rows(runs, "SELECT model, metric, value, n, n_unscored, status, reason FROM results") == [
        ("m", None, None, 0, 3, "not_run", "no GPU")
    ]


def test_what_is_not_scored_yet_shows_its_answers_and_says_so(make_cell: Any, runs: Path) -> None:
    make_cell("m", ROWS, {"a": "x"})
    assert rows(runs, "SELECT count(*) FROM results") == [(0,)]
    assert rows(runs, "SELECT sample_id FROM answers") == [("a",)]
    assert "model-lab score r" in rows(runs, "SELECT reason FROM unread")[0][0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda cell: (cell.folder / "scores.json").write_text('{"run": "r", "sc'),
        lambda cell: (cell.folder / "scores.json").write_text("[]"),
        lambda cell: (cell.folder / "scores.json").write_bytes(b"\xff\xfe"),
        lambda cell: (cell.folder / "scores.json").write_text(
            json.dumps({**json.loads((cell.folder / "scores.json").read_text()), "schema_version": 0})
        ),
        lambda cell: (cell.folder / "scores.json").write_text(json.dumps({"schema_version": 0, "wer": 0.1})),
        lambda cell: cell.answers.path.write_text("not json\n"),
        lambda cell: cell.answers.path.write_text('{"sample_id": "a"}\n'),
        lambda cell: (cell.folder / "spec.json").write_text('{"key": "", "tier": "smoke", "spec": {}}'),
        lambda cell: (cell.folder / "questions.jsonl").write_text('{"id": 1}\n'),
    ],
)
def test_one_broken_cell_leaves_the_others_readable_and_is_told(make_cell: Any, runs: Path, damage: Any) -> None:
    broken, whole = (make_cell(model, ROWS, {"a": "x"}) for model in ("broken", "whole"))
    for cell in (broken, whole):
        score_cell(cell, "r")
    damage(broken)
    assert rows(runs, "SELECT count(*) FROM results WHERE model = 'whole'") == [(METRICS,)]
    assert rows(runs, "SELECT count(*) FROM answers WHERE model = 'whole'") == [(1,)]
    assert [(run, Path(folder).parent.name) for run, folder in rows(runs, "SELECT run, folder FROM unread")] == [("r", "broken")]


def test_half_written_folders_are_passed_over(make_cell: Any, runs: Path) -> None:
    cell = make_cell("m", ROWS, {"a": "x"})
    with cell.answers.path.open("a") as stream:
        stream.write('{"sample_id": "b", "sta')
    score_cell(cell, "r")
    (runs / "r" / "m2" / "d").mkdir(parents=True)
    (runs / "r" / "m3" / "d").mkdir(parents=True)
    (runs / "r" / "m3" / "d" / "spec.json").write_text('{"ke')
    (runs / "no manifest" / "m" / "d").mkdir(parents=True)
    (runs / "a file").write_text("")
    assert rows(runs, "SELECT DISTINCT model FROM results") == [("m",)]
    assert rows(runs, "SELECT sample_id FROM answers") == [("a",)]


def test_superseded_answers_do_not_show(make_cell: Any, runs: Path) -> None:
    cell = make_cell("m", ROWS, {"a": "x"})
    score_cell(cell, "r")
    RunFolder(runs / "r").supersede(cell)
    assert rows(runs, "SELECT count(*) FROM results") == rows(runs, "SELECT count(*) FROM answers") == [(0,)]
