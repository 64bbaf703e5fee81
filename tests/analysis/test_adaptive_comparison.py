"""The tables of an adaptive run: ranks, p values and intervals of its looks, at different n."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.analysis.adaptive_comparison import compare_looks
from model_lab.analysis.pairwise import compare_models
from model_lab.analysis.ranking import rank
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.capabilities import capability
from model_lab.metrics.looks import decide
from model_lab.results.looks import Round, StoredLook, looks_log, looks_of, measure, rounds_log
from model_lab.results.store import ResultCell, RunFolder
from tests.scored_run import TEXT, MakeCell, dataset_card, model_card, right, wrong

WER = capability("asr").primary


def sometimes(number: int) -> str:
    return TEXT if number % 5 else TEXT.replace("quick", "slow")


@pytest.fixture
def cells(folder: RunFolder, make_cell: MakeCell) -> dict[str, ResultCell]:
    """``worst`` stopped after 24 of 48 samples."""
    return {
        "best": make_cell("best", right, samples=48),
        "close": make_cell("close", sometimes, samples=48),
        "worst": make_cell("worst", wrong, samples=24),
    }


def record(folder: RunFolder, cells: dict[str, ResultCell], **changes: Any) -> None:
    """The looks that those cells allow: all at 12 of 24 clusters, the first two at all."""
    for clusters in (12, 24):
        names = [name for name, cell in cells.items() if len(cell.questions()) >= 2 * clusters]
        groups = {f"speaker{number}" for number in range(clusters)}
        for (first, second), seen in measure({name: cells[name] for name in names}, WER, groups, clusters / 24).items():
            fields: dict[str, Any] = {
                "at": "2027-01-01T00:00:00",
                "dataset": "clips",
                "metric": "wer",
                "version": WER.version,
                "first": first,
                "second": second,
                "keys": tuple((cells[name].header() or {})["key"] for name in (first, second)),
                "clusters": clusters,
                "planned": 24,
                "n_samples": seen.n_samples,
                "n_groups": seen.look.n_groups,
                "n_differing": seen.look.n_differing,
                "difference": seen.look.difference,
                "error": seen.look.error,
                "boundary": 3.0,
                "verdict": "open",
            }
            looks_log(folder).append(StoredLook(**(fields | changes)))


def test_a_run_without_looks_is_compared_as_ever(cells: dict[str, ResultCell]) -> None:
    assert compare_looks(cells, WER) is None
    ranking = rank(cells, WER)
    assert ranking.note == "" and len(ranking.differences) == 3


def test_each_pair_is_compared_where_it_was_looked_at(folder: RunFolder, cells: dict[str, ResultCell]) -> None:
    record(folder, cells)
    found = compare_looks(cells, WER)
    assert found is not None
    assert [(standing.system, standing.n_scored) for standing in found.standings] == [("best", 48), ("close", 48), ("worst", 24)]
    pairs = {(pair.better, pair.worse): pair for pair in found.pairs}
    assert {names: pair.n_common for names, pair in pairs.items()} == {
        ("best", "close"): 48,
        ("best", "worst"): 24,
        ("close", "worst"): 24,
    }
    looks = looks_of(folder, "clips", WER, cells)
    decisions = decide({pair: [each.measured() for each in of] for pair, of in looks.items()}, False, WER.margin)
    assert pairs["best", "worst"].p == decisions["best", "worst"].p
    assert pairs["best", "worst"].significant and pairs["best", "worst"].measured.low is not None
    assert "best better than worst after 1 look, 24 samples in 12 of 24 clusters" in pairs["best", "worst"].measured.note
    assert [standing.rank for standing in found.standings][-1] == 2 or pairs["best", "close"].significant


def test_the_scorecard_says_that_its_p_values_hold_over_all_looks(folder: RunFolder, cells: dict[str, ResultCell]) -> None:
    record(folder, cells)
    rounds_log(folder).append(Round(at="2027-01-01", budget_s=60, spent_s=60, ended="the budget of 60 s has ended"))
    [card] = scorecards(entries(folder)[0], [model_card(name) for name in cells], [dataset_card()])
    [table] = card.tables
    [note] = [caveat for caveat in table.caveats if caveat.startswith("Adaptive run")]
    assert "by looks at 12, 24 of 24 clusters" in note and "hold over all looks" in note
    assert {row.model: row.n_samples for row in table.rows} == {"best": 48, "close": 48, "worst": 24}
    assert all(row.rank for row in table.rows)
    p = {pair.p for pair in table.differences if pair.worse == "worst"}
    shown = {pair.pair.p for pair in compare_models([folder], list(cells)) if pair.pair and pair.second == "worst"}
    assert shown == p


@pytest.mark.parametrize("changes", [{"version": 1}, {"keys": ("x", "y")}])
def test_looks_at_something_else_are_said_to_be_and_not_used(
    changes: dict[str, Any], folder: RunFolder, cells: dict[str, ResultCell]
) -> None:
    record(folder, cells, **changes)
    assert "run the same command again" in rank(cells, WER).problem


def test_a_model_without_a_look_is_listed(folder: RunFolder, cells: dict[str, ResultCell], make_cell: MakeCell) -> None:
    record(folder, cells)
    cells["late"] = make_cell("late", right, samples=24)
    found = compare_looks(cells, WER)
    assert found is not None and found.standings[-1].system == "late" and found.standings[-1].rank is None


def test_cells_of_several_runs_are_not_of_one_adaptive_run(tmp_path: Path) -> None:
    assert compare_looks({"a": ResultCell(tmp_path / "r1/a/d"), "b": ResultCell(tmp_path / "r2/b/d")}, WER) is None
