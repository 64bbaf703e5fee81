"""The rows of a leaderboard as they are shown: on the site and in Markdown one for each model, in the terminal two."""

from __future__ import annotations

from collections.abc import Mapping

from model_lab import units
from model_lab.analysis.schema import Leaderboard, LeaderboardCell, LeaderboardRow
from model_lab.analysis.table_cells import Shown, Value


def title(board: Leaderboard) -> str:
    """What the table shows."""
    return f"Leaderboard: {board.metric.name} {units.arrow(board.metric.higher_is_better)}, {board.average} average of {len(board.datasets)} datasets"


def named(row: LeaderboardRow) -> str:
    """The model, with its kind for baselines and oracles."""
    return f"{row.model} ({row.kind})" if row.kind in ("baseline", "oracle", "untouched") else row.model


def mean(board: Leaderboard, row: LeaderboardRow) -> str:
    """The mean with its interval, or on how many datasets the model has a value."""
    if row.mean is None:
        return f"{len(row.cells)} of {len(board.datasets)}"
    return f"{units.amount(row.mean, board.metric.unit)} {units.interval(row.low, row.high, board.metric.unit)}".strip()


def amount(board: Leaderboard, value: float | None) -> str:
    """A value in the unit of the metric."""
    return units.amount(value, board.metric.unit)


def short_names(board: Leaderboard) -> Mapping[str, str]:
    """Dataset -> its name without the word that all of them begin with.

    >>> from types import SimpleNamespace
    >>> short_names(SimpleNamespace(datasets=("esb_ami", "esb_voxpopuli")))
    {'esb_ami': 'ami', 'esb_voxpopuli': 'voxpopuli'}
    """
    first, mark, _ = board.datasets[0].partition("_")
    shared = len(board.datasets) > 1 and all(name.startswith(first + mark) for name in board.datasets)
    return {name: name.removeprefix(first + mark) if shared and mark else name for name in board.datasets}


def shown(board: Leaderboard) -> tuple[Shown, ...]:
    """One row for each model, the published values in the same cells."""
    return tuple(
        {
            "#": Value("" if row.rank is None else str(row.rank), row.rank),
            "model": named(row),
            f"mean {board.metric.name}": Value(mean(board, row), row.mean),
            "published mean": Value(amount(board, row.published_mean), row.published_mean),
            "verdict": row.verdict,
            "published as": row.published_as,
            **{dataset: _cell(board, row.cells.get(dataset)) for dataset in board.datasets},
        }
        for row in board.rows
    )


def _cell(board: Leaderboard, cell: LeaderboardCell | None) -> Value:
    if cell is None:
        return Value(units.MISSING)
    ours = f"{amount(board, cell.value)} {units.interval(cell.low, cell.high, board.metric.unit)}".strip()
    return Value(ours if cell.published is None else f"{ours}, published {amount(board, cell.published)}", cell.value)
