"""Scores as files of others: every value with n and interval, and what is undefined left out."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import duckdb
import yaml
from huggingface_hub import parse_eval_result_entries
from huggingface_hub.repocard_data import EvalResult, model_index_to_eval_results

from model_lab.analysis.scorecard import CellOutcome, entries
from model_lab.report import score_files
from model_lab.report.score_files import File
from model_lab.results.store import RunFolder
from tests.scored_run import EVIL, MakeCell, broken, rewrite, right, wrong


def of(folder: RunFolder) -> list[CellOutcome]:
    return entries(folder)[0]


def index(files: list[File]) -> dict[str, list[EvalResult]]:
    return {name: model_index_to_eval_results(yaml.safe_load(content)["model-index"])[1] for name, content in files}


def test_tables_are_what_duckdb_reads_back(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    make_cell("good")
    make_cell("bad", lambda number: broken(number) if number else right(number))
    for suffix in ("csv", "parquet"):
        for name, content in score_files.tables(folder, suffix, {"good", "bad"}, {"clips"}):
            assert isinstance(content, bytes)
            (tmp_path / name).write_bytes(content)
        read = duckdb.connect()
        scores = read.sql(
            f"SELECT model, n, low <= value AND value <= high FROM '{tmp_path}/results.{suffix}' WHERE metric = 'wer'"
        )
        assert sorted(scores.fetchall()) == [("bad", 1, None), ("good", 24, True)]
        failed = read.sql(
            f"SELECT count(*) FROM '{tmp_path}/answers.{suffix}' WHERE status = 'failed' AND error = $e", params={"e": EVIL}
        )
        assert failed.fetchall() == [(23,)]


def test_tables_hold_the_models_and_datasets_asked_for(make_cell: MakeCell, folder: RunFolder) -> None:
    make_cell("one")
    make_cell("two", dataset="others")
    [(_, results), (_, answers)] = score_files.tables(folder, "csv", {"one"}, {"clips"})
    assert isinstance(results, bytes) and b"one" in results and b"two" not in results + bytes(answers)  # type: ignore[arg-type]


def test_a_model_card_shows_n_and_interval_of_every_metric(make_cell: MakeCell, folder: RunFolder) -> None:
    cell = make_cell("good", lambda number: right(number) if number % 3 else wrong(number))
    outcome = cell.outcome()
    assert outcome
    [(name, results)] = index(list(score_files.model_index(of(folder)))).items()
    assert name == "good.yaml"
    wer = next(result for result in results if result.metric_type == "wer")
    score = outcome.scores[0]
    assert (wer.task_type, wer.dataset_type, wer.dataset_split) == ("automatic-speech-recognition", "clips", "standard")
    assert wer.metric_value == score.value
    assert wer.metric_args == {
        "low": score.low,
        "high": score.high,
        "confidence": 0.95,
        "n": 24,
        "n_unscored": 0,
        "n_clusters": 12,
        "version": score.version,
        "scorer": "model-lab-wer-3",
    }
    assert wer.metric_name and wer.metric_name.startswith("word error rate (n = 24, 95 % interval ")
    assert {result.metric_type for result in results} == {score.metric for score in outcome.scores if score.value is not None}


def test_perturbed_answers_are_marked_as_such(make_cell: MakeCell, folder: RunFolder) -> None:
    make_cell("good")
    make_cell("good", under="noise:10")
    results = index(list(score_files.model_index(of(folder))))["good.yaml"]
    assert {result.dataset_config for result in results if result.metric_type == "wer"} == {None, "noise:10"}
    files = dict(score_files.eval_results(of(folder), ""))
    assert set(files) == {"good/clips.yaml", "good/clips~noise-10.yaml"}
    assert "noise:10" in str(files["good/clips~noise-10.yaml"])
    suite = ElementTree.fromstring(str(dict(score_files.run_junit(of(folder), "r"))["junit.xml"]))
    assert [case.get("classname") for case in suite] == ["asr.clips", "asr.clips~noise-10"]


def test_values_that_are_no_numbers_are_left_out(make_cell: MakeCell, folder: RunFolder) -> None:
    cell = make_cell("good")
    outcome = cell.outcome()
    assert outcome
    scores = [score.model_dump() for score in outcome.scores]
    scores[0]["value"], scores[1]["value"] = float("nan"), None
    rewrite(cell, scores=scores)
    found = {result.metric_type for result in index(list(score_files.model_index(of(folder))))["good.yaml"]}
    assert found == {score.metric for score in outcome.scores[2:] if score.value is not None}


def test_eval_results_are_what_the_hub_reads(make_cell: MakeCell, folder: RunFolder) -> None:
    make_cell("good")
    [(name, content)] = score_files.eval_results(of(folder), "2026-11-23T04:17:22+00:00")
    wer = parse_eval_result_entries(yaml.safe_load(content))[0]
    assert name == "good/clips.yaml"
    assert (wer.dataset_id, wer.task_id, wer.value, wer.date) == ("clips", "wer", 0.0, "2026-11-23T04:17:22+00:00")
    assert wer.notes == "n = 24, 95 % interval 0.0 % to 0.0 %, tier standard"


def test_a_test_case_fails_where_an_answer_failed(make_cell: MakeCell, folder: RunFolder) -> None:
    make_cell("good")
    make_cell("half", lambda number: broken(number) if number % 2 else right(number))
    make_cell("none", broken)
    rewrite(make_cell("unwilling"), status="not_run", reason="no GPU", scores=[])
    (make_cell("unscored").folder / "scores.json").unlink()
    suite = ElementTree.fromstring(str(dict(score_files.run_junit(of(folder), "a <run>"))["junit.xml"]))
    told = {case.get("name"): (case[0].tag, case[0].get("message") or case[0].text or "") for case in suite}
    assert suite.get("name") == "a <run>" and suite.get("failures") == "3"
    assert told["good"] == ("system-out", "wer 0.0 % (n = 24, 95 % interval 0.0 % to 0.0 %)")
    assert told["half"][0] == "failure" and "12 of 24 answers failed: <script>" in told["half"][1]
    assert told["none"][0] == "failure" and "24 of 24 answers failed" in told["none"][1]
    assert told["unwilling"] == ("skipped", "no GPU")
    assert told["unscored"] == ("failure", "not scored; run: model-lab score a <run>")
