"""The report as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence

from model_lab import units
from model_lab.analysis import leaderboard_rows, phrasing, robustness
from model_lab.analysis.contended_times import marked
from model_lab.analysis.links import slug
from model_lab.analysis.overview import Leader, leaders, matrix
from model_lab.analysis.schema import STATUS_WORDS, DatasetTable, Report, ResultRow, Scorecard
from model_lab.formats.markdown import bullets, escape, table


def markdown(report: Report, first: Sequence[str] = ()) -> str:
    """The report as GitHub-flavoured Markdown, ``first`` before its tables. Everything that came from data is escaped."""
    parts = [
        f"# Model Lab: {escape(report.run)}",
        bullets(report.problems),
        *first,
        *_leaderboard(report),
        "## At a glance" if report.scorecards else "",
        _glance(report) if report.scorecards else "",
        _matrix(report) if report.scorecards else "",
        *(part for card in report.scorecards for part in scorecard(card)),
        "## Environment",
        *_environment(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _leaderboard(report: Report) -> list[str]:
    if (board := report.leaderboard) is None:
        return []
    rows = leaderboard_rows.shown(board)
    numbers = (0, *range(6, 6 + len(board.datasets)))
    return [
        f"## {escape(leaderboard_rows.title(board))}",
        table(list(rows[0]), [[str(cell) for cell in row.values()] for row in rows], numbers),
        bullets(board.notes),
    ]


def _glance(report: Report) -> str:
    rows = [
        [
            leader.card.title,
            leader.table.data.name,
            _best(leader) or "no model could be ranked",
            phrasing.heading(leader.table.primary),
            ", ".join(phrasing.primary(leader.table, row) for row in leader.rows) or units.MISSING,
        ]
        for leader in leaders(report)
    ]
    return table(["capability", "dataset", "best", "metric", "value"], rows)


def _best(leader: Leader) -> str:
    """The leader of a table, or all that are tied for it."""
    return f"{', '.join(map(phrasing.named, leader.rows))}{' (tied)' if len(leader.rows) > 1 else ''}"


def _matrix(report: Report) -> str:
    grid = matrix(report)

    def status(model: ResultRow, card: Scorecard) -> str:
        status_name = grid.cells.get((model.model, card.capability))
        return STATUS_WORDS[status_name] if status_name else ""

    rows = [[model.model, *(status(model, card) for card in grid.capabilities)] for model in grid.models]
    return table(["model", *(card.capability for card in grid.capabilities)], rows)


def scorecard(card: Scorecard) -> list[str]:
    """A scorecard as parts of a Markdown page."""
    parts = [f"## {escape(card.title)}", f"`{card.question}`" if card.question else ""]
    for shown in card.tables:
        parts += [
            f'<a id="{slug(shown.data.name)}"></a>',
            f"### {escape(shown.data.title)}",
            escape(phrasing.provenance(shown.data)),
            escape(shown.data.annotation),
            _rows(shown),
            _metrics(shown),
            _robustness(shown),
        ]
        parts += [_below(shown)]
    return parts


def _rows(shown: DatasetTable) -> str:
    others = shown.columns[1:]
    first = ["#", "model", "kind", phrasing.heading(shown.primary), "95 % interval", "scored", "clusters"]
    speed = ["latency p50", "latency p95", "RTF", "cold start", "peak memory", "failed"]
    headings = [*first, *map(phrasing.heading, others), *speed, "licence", "status"]
    return table(headings, [_row(shown, row) for row in shown.rows], numbers=(0, *range(3, 13 + len(others))))


def _row(shown: DatasetTable, row: ResultRow) -> list[str]:
    score, speed = shown.score(row), row.speed
    return [
        phrasing.rank(row),
        f"{row.title} ({row.model})",
        row.kind,
        phrasing.primary(shown, row),
        phrasing.primary_interval(shown, row) or units.MISSING,
        phrasing.counted(shown, row),
        units.count(score.n_groups if score else None),
        *(phrasing.value(row, column) for column in shown.columns[1:]),
        marked(units.seconds(speed.latency_p50_s), speed),
        marked(units.seconds(speed.latency_p95_s), speed),
        marked(units.factor(speed.real_time_factor), speed),
        marked(units.seconds(speed.cold_start_s), speed),
        units.megabytes(speed.peak_memory_mb),
        units.count(row.n_failed),
        ", ".join([row.licence, *row.marks]),
        STATUS_WORDS[row.status],
    ]


def _metrics(shown: DatasetTable) -> str:
    return bullets(f"{column.name}: {phrasing.explained(column)}" for column in shown.columns)


def _robustness(shown: DatasetTable) -> str:
    if not shown.robustness:
        return ""
    unit = shown.primary.unit
    rows = [
        [
            row.model,
            row.perturbation,
            units.amount(row.clean, unit),
            units.amount(row.perturbed, unit),
            robustness.change(row, unit),
            robustness.retained(row),
            robustness.chance(row),
            units.count(row.n_common),
        ]
        for row in shown.robustness
    ]
    headings = ["model", "under", "clean", "perturbed", "change (* significant)", "retained", "p (Holm)", "n"]
    title = f"Robustness: {escape(phrasing.heading(shown.primary))} on perturbed sound"
    return "\n\n".join(filter(None, [title, table(headings, rows, range(2, 8)), bullets(robustness.remarks(shown.robustness))]))


def _below(shown: DatasetTable) -> str:
    failures = [f"{row.model}: {error} ({number} samples)" for row in shown.rows for error, number in row.failures.items()]
    return bullets([*shown.caveats, *phrasing.remarks(shown, shown.rows), *failures])


def _environment(report: Report) -> list[str]:
    again = "\n".join(report.commands)
    text = json.dumps(report.environment, indent=1, ensure_ascii=False)
    return [fenced(again, "sh") if again else "The manifest does not record the commands of this run.", fenced(text, "json")]


def fenced(text: str, language: str) -> str:
    """``text`` as a block of code."""
    longest = max((len(line) - len(line.lstrip("`")) for line in text.splitlines()), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
