"""How contended times are displayed: marked in every table, with a legend below it."""

from __future__ import annotations

from collections.abc import Iterable

from model_lab import units
from model_lab.analysis.schema import ResultRow
from model_lab.analysis.table_cells import Value
from model_lab.results.schema import Speed

MARK = "†"
CONTENDED = "contended"


def marked(text: str, speed: Speed) -> str:
    """A time of ``speed``, marked if contended, for a table with a `legend`.

    >>> marked("0.85", Speed(contended=True)), marked("0.85", Speed()), marked("—", Speed(contended=True))
    ('0.85 †', '0.85', '—')
    """
    return f"{text} {MARK}" if speed.contended and text != units.MISSING else text


def labelled(text: str, speed: Speed) -> str:
    """A time of ``speed``, labelled if contended, for places without a legend.

    >>> labelled("0.85", Speed(contended=True))
    '0.85 (contended)'
    """
    return f"{text} ({CONTENDED})" if speed.contended and text != units.MISSING else text


def value(text: str, number: float | None, speed: Speed) -> Value:
    """As `labelled`; a contended time has no number for programs either."""
    return Value(labelled(text, speed), None if speed.contended else number)


def legend(rows: Iterable[ResultRow], run: str) -> str:
    """The meaning of the mark, with the marked rows and how long they waited; empty if no row is marked."""
    contended = [f"{row.model} waited {_percent(row.speed.waited_share)} of its time" for row in rows if row.speed.contended]
    if not contended:
        return ""
    return (
        f"{MARK} contended: other processes used the CPU cores ({'; '.join(contended)}), so these times are not representative and are "
        f"not graded. On an idle machine, run: model-lab time {run}"
    )


def _percent(share: float | None) -> str:
    return units.MISSING if share is None else f"{100 * share:.0f} %"
