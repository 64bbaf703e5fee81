from __future__ import annotations

import json
import math

import pytest

from model_lab.analysis.run_report import commands, report
from model_lab.analysis.schema import DatasetTable, Report, ResultRow
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.contract import Permitted
from model_lab.results.schema import Score
from model_lab.results.store import RunFolder
from tests.scored_run import TEXT, MakeCell, broken, dataset_card, model_card, rewrite, right, wrong


def only_table(folder: RunFolder, *models: str, **kinds: str) -> DatasetTable:
    cards = [model_card(name, kinds.get(name, "neural")) for name in models]
    (card,) = scorecards(entries(folder)[0], cards, [dataset_card()])
    (table,) = card.tables
    return table


def by_model(table: DatasetTable) -> dict[str, ResultRow]:
    return {row.model: row for row in table.rows}


def slip(every: int):  # type: ignore[no-untyped-def]
    """A recogniser that leaves out the last word of every so many samples."""
    return lambda number: TEXT.rsplit(" ", 1)[0] if number % every == 0 else TEXT


def test_models_that_do_not_differ_share_a_rank_and_the_next_counts_them(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", slip(5))
    make_cell("b", slip(7))
    make_cell("c", wrong)
    table = only_table(folder, "a", "b", "c")
    assert [(row.model, row.rank) for row in table.rows] == [("b", 1), ("a", 1), ("c", 3)]
    significant = {(pair.better, pair.worse): pair.significant for pair in table.differences}
    assert significant == {("b", "a"): False, ("b", "c"): True, ("a", "c"): True}
    assert all(pair.n_common == 24 and pair.p is not None for pair in table.differences)


def test_an_oracle_is_shown_and_not_ranked(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("truth", right)
    make_cell("a", slip(3))
    table = only_table(folder, "a", "truth", truth="oracle")
    assert [(row.model, row.rank) for row in table.rows] == [("a", 1), ("truth", None)]
    assert table.differences == ()


def test_what_could_not_run_or_failed_is_a_row_with_its_reason(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("good", right)
    make_cell("absent", ended="absent needs espeak-ng; run: apt-get install espeak-ng")
    make_cell("bad", broken)
    rows = by_model(only_table(folder, "good", "absent", "bad"))
    assert next(iter(rows)) == "good"
    assert rows["absent"].rank is None and "apt-get install espeak-ng" in rows["absent"].reason
    assert rows["bad"].status == "failed" and rows["bad"].n_failed == 24 and rows["bad"].rank is None
    assert sum(rows["bad"].failures.values()) == 24


def test_every_column_of_a_row_comes_from_the_run(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", lambda number: RuntimeError("no") if number < 4 else right(number))
    row = by_model(only_table(folder, "a"))["a"]
    score = row.scores["wer"]
    assert (score.n_scored, score.n_unscored, score.n_groups) == (20, 4, 10)
    assert (row.n_samples, row.n_ok, row.n_failed) == (24, 20, 4)
    assert row.speed.peak_memory_mb == 123.0 and row.speed.real_time_factor == pytest.approx(0.25)
    assert (row.title, row.licence, row.tier) == ("The a", "MIT", "standard")


def test_a_cell_without_scores_says_how_to_get_them(folder: RunFolder, make_cell: MakeCell) -> None:
    cell = make_cell("a")
    (cell.folder / "scores.json").unlink()
    row = by_model(only_table(folder, "a"))["a"]
    assert row.status == "not_scored" and "model-lab score synthetic" in row.reason


def test_a_model_and_a_dataset_that_are_not_registered_are_shown_by_name(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("gone")
    (card,) = scorecards(entries(folder)[0], [], [])
    (table,) = card.tables
    row = by_model(table)["gone"]
    assert (row.title, row.kind, row.marks, row.rank) == ("gone", "unknown", ("not registered",), 1)
    assert table.data.title == "clips" and any("not a registered dataset" in line for line in table.caveats)


def test_a_capability_that_is_not_registered_is_shown_without_ranks(folder: RunFolder, make_cell: MakeCell) -> None:
    cell = make_cell("a")
    spec = cell.spec().model_dump() | {"capability": "telepathy"}
    rewrite(cell, spec=spec)
    (card,) = scorecards(entries(folder)[0], [model_card("a")], [dataset_card()])
    assert card.title == "telepathy"
    assert card.tables[0].primary.name == "wer" and card.tables[0].rows[0].rank is None


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_score_that_is_no_number_is_no_score_and_says_so(folder: RunFolder, make_cell: MakeCell, value: float | None) -> None:
    cell = make_cell("a")
    make_cell("b")
    score = Score(
        metric="wer", version=1, value=None, low=None, high=None, n_scored=24, n_unscored=0, n_groups=12, note="undefined"
    )
    rewrite(cell, scores=[score.model_dump() | {"value": value, "low": value}])
    row = by_model(only_table(folder, "a", "b"))["a"]
    assert row.scores["wer"].value is None and row.scores["wer"].low is None
    assert row.rank is None and "undefined" in row.scores["wer"].note
    assert value is None or str(value) in row.scores["wer"].note


def test_one_sample_gives_a_value_without_an_interval_and_says_why(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", samples=1)
    table = only_table(folder, "a")
    score = table.score(table.rows[0])
    assert score is not None and score.value == 0.0
    assert score.low is None and "at least 2" in score.note


@pytest.mark.parametrize(
    ("tier", "changes", "said"),
    [
        ("smoke", {}, "smoke test, not a ranking claim"),
        ("standard", {"truth": "synthetic"}, "smoke test, not a ranking claim"),
        ("standard", {"truth": "weak"}, "labels are weak"),
        ("standard", {"commercial": False}, "not be used commercially"),
        ("standard", {"limits": "noisy rooms"}, "noisy rooms"),
    ],
)
def test_what_the_data_cannot_show_stands_with_the_table(
    folder: RunFolder, make_cell: MakeCell, tier: str, changes: dict[str, object], said: str
) -> None:
    make_cell("a", tier=tier)
    (card,) = scorecards(entries(folder)[0], [model_card("a")], [dataset_card(**changes)])
    assert any(said in caveat for caveat in card.tables[0].caveats)


def test_models_of_other_languages_are_named_as_not_asked(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a")
    models = [
        model_card("a"),
        model_card("b", languages=("ja",)),
        model_card("c", languages=("en", "ja")),
        model_card("d", languages=("ja",), capabilities=("tts",)),
    ]
    (card,) = scorecards(entries(folder)[0], models, [dataset_card(languages=("en",))])
    assert card.tables[0].caveats == ("Skipped because they do not support the language of the data: b (ja).",)
    (card,) = scorecards(entries(folder)[0], models, [dataset_card()])
    assert card.tables[0].caveats == ()


def test_ordinary_data_at_standard_tier_has_no_caveat(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a")
    assert only_table(folder, "a").caveats == ()


def test_rows_of_different_devices_are_told_apart(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a")
    cell = make_cell("b")
    outcome = cell.outcome()
    assert outcome is not None
    rewrite(cell, spec=outcome.spec.model_dump() | {"device": "cuda"})
    said = "Rows ran on different devices, so their speeds and memory are not comparable (cpu: a; cuda: b)."
    assert only_table(folder, "a", "b").caveats == (said,)


def test_scores_of_another_version_are_called_old_and_not_ranked(folder: RunFolder, make_cell: MakeCell) -> None:
    cell = make_cell("a")
    outcome = cell.outcome()
    assert outcome is not None
    rewrite(cell, scores=[score.model_dump() | {"version": 99} for score in outcome.scores])
    table = only_table(folder, "a")
    assert any("another version" in caveat for caveat in table.caveats)
    assert table.rows[0].rank is None and "version 99" in table.rows[0].unranked


def test_different_questions_are_not_ranked_against_each_other(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a")
    cell = make_cell("b")
    header = json.loads((cell.folder / "spec.json").read_text())
    header["spec"]["dataset_revision"] = "2"
    (cell.folder / "spec.json").write_text(json.dumps(header))
    table = only_table(folder, "a", "b")
    assert {row.rank for row in table.rows} == {None}
    assert any("were evaluated on different data" in caveat for caveat in table.caveats)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', '{"key": "1", "tier": "smoke", "spec": {}}'])
def test_a_half_written_cell_is_a_problem_and_not_a_crash(folder: RunFolder, make_cell: MakeCell, text: str) -> None:
    make_cell("whole")
    torn = folder.cell("torn", "clips").folder
    torn.mkdir(parents=True)
    (torn / "spec.json").write_text(text)
    said = report(folder, [model_card("whole")], [dataset_card()])
    assert [row.model for row in said.scorecards[0].tables[0].rows] == ["whole"]
    assert len(said.problems) == 1 and "torn" in said.problems[0]


def test_superseded_answers_and_foreign_folders_are_passed_over(folder: RunFolder, make_cell: MakeCell) -> None:
    folder.supersede(make_cell("old"))
    (folder.path / "notes" / "mine").mkdir(parents=True)
    found, problems = entries(folder)
    assert found == [] and problems == []


def test_an_empty_run_says_so(folder: RunFolder) -> None:
    said = report(folder, [], [])
    assert said.scorecards == () and "has no answers of any model" in said.problems[0]


@pytest.mark.parametrize("text", [None, "", "[1]", "{"])
def test_a_manifest_that_cannot_be_read_is_a_problem(folder: RunFolder, make_cell: MakeCell, text: str | None) -> None:
    make_cell("a")
    manifest = folder.path / "manifest.json"
    manifest.unlink() if text is None else manifest.write_text(text)
    said = report(folder, [model_card("a")], [dataset_card()])
    assert said.environment == {} and "manifest.json" in said.problems[0] and len(said.scorecards) == 1


def test_a_report_survives_its_json(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a")
    make_cell("b", wrong)
    said = report(folder, [model_card("a")], [dataset_card()])
    assert Report.model_validate_json(said.model_dump_json()) == said


def test_torn_and_odd_answers_do_not_reach_the_examples(folder: RunFolder, make_cell: MakeCell) -> None:
    cell = make_cell("a", samples=4)
    path = cell.folder / "samples.jsonl"
    path.write_bytes(b'{"sample_id": 3}\n[]\n\xff\n' + path.read_bytes() + b'{"sample_id": "clip')
    (example, *_) = only_table(folder, "a").examples
    assert (example.sample, example.answers) == ("clip0", {"a": TEXT})
    assert TEXT in example.reference


@pytest.mark.parametrize(
    ("permitted", "shown"), [("any", {"a", "gpl", "nc"}), ("commercial", {"a", "gpl"}), ("permissive", {"a"})]
)
def test_models_are_left_out_by_licence(folder: RunFolder, make_cell: MakeCell, permitted: Permitted, shown: set[str]) -> None:
    for name in ("a", "gpl", "nc"):
        make_cell(name)
    cards = [
        model_card("a"),
        model_card("gpl", licence={"code": "GPL-3.0-or-later", "commercial": True, "copyleft": True}),
        model_card("nc", licence={"code": "MIT", "weights": "CC-BY-NC-4.0", "commercial": False}),
    ]
    said = report(folder, cards, [dataset_card()], permitted)
    assert set(by_model(said.scorecards[0].tables[0])) == shown
    assert [line for line in said.problems if "nc" in line] == (
        [] if permitted == "any" else [f"Excluded by --licence {permitted}: {', '.join(sorted({'gpl', 'nc'} - shown))}."]
    )


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ({}, ()),
        ({"git": None, "command": None}, ()),
        ({"git": "odd", "command": "odd"}, ()),
        (
            {"git": None, "model_lab": "0.1.0", "command": ["model-lab", "run", "a b"]},
            ("pip install model-lab==0.1.0", "model-lab run 'a b'"),
        ),
        ({"git": {"revision": "abc", "dirty": True}}, ("git checkout abc  # plus uncommitted changes",)),
    ],
)
def test_commands_that_make_the_run_again(manifest: dict[str, object], expected: tuple[str, ...]) -> None:
    assert commands(manifest) == expected


def test_a_test_that_this_project_wrote_ranks_nothing_and_says_so(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", right)
    make_cell("b", wrong)
    (card,) = scorecards(entries(folder)[0], [model_card("a"), model_card("b")], [dataset_card(author="project")])
    (table,) = card.tables
    assert table.data.author == "project" and "Truth: project." in " ".join(table.caveats)
    assert {(row.rank, row.unranked) for row in table.rows} == {
        (None, "truth: project (a test written by this project ranks nothing)")
    }
    assert [(pair.better, pair.worse) for pair in table.differences] == [("a", "b")]


def test_a_model_is_not_ranked_on_data_of_its_makers_and_the_others_are(folder: RunFolder, make_cell: MakeCell) -> None:
    for name, answer in (("own", right), ("a", slip(2)), ("b", wrong)):
        make_cell(name, answer)
    cards = [model_card("own", own_datasets=("clips",)), model_card("a"), model_card("b")]
    (card,) = scorecards(entries(folder)[0], cards, [dataset_card()])
    rows = by_model(card.tables[0])
    assert {name: row.rank for name, row in rows.items()} == {"own": None, "a": 1, "b": 2}
    assert rows["own"].unranked == "its makers made this data, or tuned it on it: no independent test"


def test_every_model_is_compared_with_doing_nothing(folder: RunFolder, make_cell: MakeCell) -> None:
    """``wrong`` has no word right and two inserted for ten missing: WER 1, as nothing has."""
    make_cell("a", slip(2))
    make_cell("b", wrong)
    make_cell("baseline_null", lambda number: "")
    table = only_table(folder, "a", "b", "baseline_null", baseline_null="baseline")
    found = {one.model: one for one in table.improvements}
    assert set(found) == {"a", "b"} and {one.over for one in found.values()} == {"baseline_null"}
    assert (found["a"].nothing, found["a"].n_groups) == (1.0, 12)
    assert found["a"].difference == pytest.approx(0.95) and found["a"].p is not None and found["a"].p < 0.01
    assert found["a"].low is not None and found["a"].high is not None
    assert found["a"].low <= found["a"].difference <= found["a"].high
    assert found["b"].difference == pytest.approx(0.0)
