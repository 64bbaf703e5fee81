"""How times are shown that others held up: marked in every table, with what to do below it."""

from __future__ import annotations

from collections.abc import Iterable

from model_lab import units
from model_lab.analysis.schema import ResultRow
from model_lab.analysis.table_cells import Value
from model_lab.results.schema import Speed

MARK = "†"
CONTENDED = "contended"


def marked(text: str, speed: Speed) -> str:
    """A time of ``speed`` in a table with a `legend`.

    >>> marked("0.85", Speed(contended=True)), marked("0.85", Speed()), marked("—", Speed(contended=True))
    ('0.85 †', '0.85', '—')
    """
    return f"{text} {MARK}" if speed.contended and text != units.MISSING else text


def told(text: str, speed: Speed) -> str:
    """A time of ``speed`` where no legend stands.

    >>> told("0.85", Speed(contended=True))
    '0.85 (contended)'
    """
    return f"{text} ({CONTENDED})" if speed.contended and text != units.MISSING else text


def value(text: str, number: float | None, speed: Speed) -> Value:
    """As `told`; a program, too, is told no bare number of a contended speed."""
    return Value(told(text, speed), None if speed.contended else number)


def legend(rows: Iterable[ResultRow], run: str) -> str:
    """What the mark means, which rows have it and how busy the machine was; empty if none has."""
    held_up = [f"{row.model} waited {_percent(row.speed.waited_share)} of its time" for row in rows if row.speed.contended]
    if not held_up:
        return ""
    return (
        f"{MARK} contended: others used the machine's cores ({'; '.join(held_up)}), so these times are not the model's own and are "
        f"not graded. On an idle machine, run: model-lab time {run}"
    )


def _percent(share: float | None) -> str:
    return units.MISSING if share is None else f"{100 * share:.0f} %"
