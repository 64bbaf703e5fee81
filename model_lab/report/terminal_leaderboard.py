"""A leaderboard in the terminal: a line for each model and, below it, a line of published values of the same weights."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from model_lab import units
from model_lab.analysis import leaderboard_rows as lines
from model_lab.analysis.schema import Leaderboard, LeaderboardRow
from model_lab.report.terminal_text import as_is


def show(board: Leaderboard, console: Console) -> None:
    """Print a leaderboard."""
    console.print(as_is(lines.title(board), "bold"))
    names = lines.short_names(board)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("#", justify="right")
    table.add_column("model", overflow="fold", min_width=12)
    table.add_column("mean", no_wrap=True)
    for dataset in board.datasets:
        table.add_column(as_is(names[dataset]), justify="right", overflow="fold", min_width=7)
    table.add_column("verdict", overflow="fold", min_width=7)
    for row in board.rows:
        for cells, style in _lines(board, row):
            table.add_row(*(as_is(cell) for cell in cells), style=style)
    console.print(table)
    for note in board.notes:
        console.print(Padding(as_is(units.one_line(note), "dim"), (0, 0, 0, 2)))
    console.print()


def _lines(board: Leaderboard, row: LeaderboardRow) -> Iterator[tuple[list[str], str]]:
    values = {name: cell.value for name, cell in row.cells.items()}
    rank = "" if row.rank is None else str(row.rank)
    style = "dim" if row.kind in ("baseline", "oracle", "untouched") else "yellow" if row.mean is None else ""
    yield [rank, lines.named(row), lines.mean(board, row), *_amounts(board, values), row.verdict], style
    if row.published_as:
        published = {name: cell.published for name, cell in row.cells.items()}
        mean = "" if row.published_mean is None else lines.amount(board, row.published_mean)
        yield ["", f"  published: {row.published_as}", mean, *_amounts(board, published), ""], "dim"


def _amounts(board: Leaderboard, values: dict[str, float] | dict[str, float | None]) -> list[str]:
    return [lines.amount(board, values.get(dataset)) for dataset in board.datasets]
