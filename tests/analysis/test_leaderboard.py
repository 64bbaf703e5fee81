from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab.analysis import leaderboard as boards
from model_lab.analysis.published import PublishedNumber, published
from model_lab.analysis.schema import Leaderboard, LeaderboardRow
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.files import write_json
from model_lab.metrics.statistics import interval, mean_of
from model_lab.results.store import RunFolder
from tests.scored_run import MakeCell, dataset_card, model_card, rewrite, right, wrong

FIRST, SECOND = "clips", "cuts"


def sometimes(number: int) -> str:
    return wrong(number) if number % 4 == 0 else right(number)


def board(
    folder: RunFolder, names: tuple[str, ...] = (FIRST, SECOND), facts: list[PublishedNumber] | None = None
) -> Leaderboard | None:
    request = boards.Request(capability="asr", datasets=names, metric="open_asr_wer")
    models = [model_card(name) for name in ("good", "fair", "bad")] + [model_card("truth", "oracle")]
    [card] = scorecards(entries(folder)[0], models, [dataset_card(FIRST), dataset_card(SECOND)])
    return boards.leaderboard(request, card, folder.cell, facts or [])


def rows(made: Leaderboard | None) -> dict[str, LeaderboardRow]:
    assert made is not None
    return {row.model: row for row in made.rows}


def test_every_dataset_counts_the_same_whatever_its_size(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("fair", sometimes, samples=40, dataset=FIRST)
    make_cell("fair", right, samples=12, dataset=SECOND)
    row = rows(board(folder))["fair"]
    first, second = row.cells[FIRST], row.cells[SECOND]
    assert first.value > second.value == 0
    assert row.mean == pytest.approx(first.value / 2)
    assert row.low is not None and row.high is not None
    assert first.low is not None and first.high is not None
    assert row.high - row.low == pytest.approx((first.high - first.low) / 2, rel=0.2), "the other dataset adds no spread"


def test_models_that_differ_are_ranked_and_those_without_all_datasets_are_not(folder: RunFolder, make_cell: MakeCell) -> None:
    for name, answer in (("good", right), ("fair", sometimes), ("bad", wrong), ("truth", right)):
        for dataset in (FIRST, SECOND):
            if (name, dataset) != ("good", SECOND):
                make_cell(name, answer, dataset=dataset)
    made = board(folder)
    by_name = rows(made)
    assert made is not None and [row.model for row in made.rows] == ["fair", "bad", "truth", "good"]
    assert (by_name["fair"].rank, by_name["bad"].rank, by_name["truth"].rank) == (1, 2, None)
    assert by_name["good"].mean is None and by_name["good"].rank is None
    assert any("good (1 of 2)" in note for note in made.notes)


def test_equal_models_share_a_rank(folder: RunFolder, make_cell: MakeCell) -> None:
    for name in ("good", "fair"):
        for dataset in (FIRST, SECOND):
            make_cell(name, sometimes, dataset=dataset)
    assert {row.rank for row in rows(board(folder)).values()} == {1}


def test_a_score_of_another_version_has_no_interval_and_no_rank(folder: RunFolder, make_cell: MakeCell) -> None:
    cells = [make_cell("good", right, dataset=dataset) for dataset in (FIRST, SECOND)]
    for cell in cells:
        outcome = cell.outcome()
        assert outcome is not None
        rewrite(cell, scores=[score.model_dump(mode="json") | {"version": 99} for score in outcome.scores])
    row = rows(board(folder))["good"]
    assert row.mean == 0 and row.low is None and row.rank is None and "another version" in row.note


FACTS = """
registered: {{Fair: [fair], Good: [good]}}
sources: {{board: {{title: A board, date: "2026"}}}}
tables:
  - capability: asr
    source: board
    metric: WER
    ours: open_asr_wer
    unit: "%"
    scorer_id: {scorer}
    data: [{{dataset: one, ours: clips}}, {{dataset: two, ours: cuts}}, {{dataset: three}}]
    values: {{Fair: [{fair}, 0, 50], Good: [0, null, 50]}}
"""


@pytest.mark.parametrize(
    ("scorer", "fair", "published_mean", "verdict"),
    [
        ("open-asr-english-1", 25, 0.125, "agrees"),
        ("open-asr-english-1", 90, 0.45, "differs: published is above our interval"),
        ("another-scorer", 25, None, ""),
    ],
)
def test_the_published_mean_is_of_the_same_datasets_and_the_same_scorer(
    folder: RunFolder,
    make_cell: MakeCell,
    tmp_path: Path,
    scorer: str,
    fair: float,
    published_mean: float | None,
    verdict: str,
) -> None:
    make_cell("fair", sometimes, samples=40, dataset=FIRST)
    make_cell("fair", right, samples=40, dataset=SECOND)
    make_cell("good", right, dataset=FIRST)
    make_cell("good", right, dataset=SECOND)
    path = tmp_path / "published.yaml"
    path.write_text(FACTS.format(scorer=scorer, fair=fair))
    by_name = rows(board(folder, facts=published(path)))
    assert by_name["fair"].published_mean == pytest.approx(published_mean) if published_mean else published_mean is None
    assert by_name["fair"].verdict == verdict
    assert by_name["good"].published_mean is None, "of one of the two datasets nothing is published"
    assert by_name["good"].verdict == ("agrees on 1 of 1 datasets" if scorer == "open-asr-english-1" else "")


def test_a_run_without_the_metric_has_no_leaderboard(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("good", right, dataset="other")
    assert board(folder) is None


def test_a_manifest_that_asks_for_a_broken_leaderboard_is_a_problem_of_the_report(folder: RunFolder, make_cell: MakeCell) -> None:
    from model_lab.analysis.run_report import report

    make_cell("good", right, dataset=FIRST)
    write_json(folder.path / "manifest.json", {"arguments": {"leaderboard": {"metric": "wer", "dataset": []}}})
    made = report(folder, [model_card("good")], [dataset_card(FIRST)])
    assert made.leaderboard is None
    assert any("The leaderboard cannot be shown" in problem for problem in made.problems)


def test_the_interval_of_a_mean_covers_as_often_as_it_says() -> None:
    """Two datasets of different spread, 400 times: the mean of the bootstrap draws is as wide as it should be."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        drawn, sizes = [], []
        for spread, size in ((1.0, 12), (0.2, 30)):
            values = rng.normal(0, spread, size)
            picks = rng.integers(size, size=(400, size))
            drawn.append(values[picks].mean(axis=1))
            sizes.append(size)
        ends = interval(*mean_of(drawn, sizes))
        assert ends.low is not None and ends.high is not None
        hits += ends.low <= 0 <= ends.high
    assert 0.92 <= hits / 400 <= 0.98
