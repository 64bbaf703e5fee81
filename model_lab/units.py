"""Formatting of values for display: units, intervals, directions and single lines of text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from model_lab.errors import BadConfig

MISSING = "—"
"""Placeholder for a missing number."""


@dataclass(frozen=True)
class _Style:
    factor: float
    decimals: int
    suffix: str


_STYLES = {
    "ratio": _Style(100.0, 1, " %"),
    "dB": _Style(1.0, 2, " dB"),
    "Hz": _Style(1.0, 1, " Hz"),
    "BPM": _Style(1.0, 1, " BPM"),
    "s": _Style(1.0, 3, " s"),
    "ms": _Style(1.0, 1, " ms"),
    "MOS": _Style(1.0, 2, ""),
    "of 100": _Style(1.0, 1, ""),
    "per minute": _Style(1.0, 1, " per minute"),
}


def _style(unit: str) -> _Style:
    return _STYLES.get(unit) or _Style(1.0, 3, f" {unit}" if unit else "")


def _is_number(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _number(value: float, style: _Style) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value * style.factor:.{style.decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def amount(value: float | None, unit: str) -> str:
    """A metric's value with its unit; ratios as per cent.

    >>> amount(0.12345, "ratio"), amount(-3.2, "dB"), amount(3.456, "MOS"), amount(28.41, "of 100"), amount(None, "ratio")
    ('12.3 %', '-3.20 dB', '3.46', '28.4', '—')
    """
    style = _style(unit)
    return _number(value, style) + style.suffix if value is not None and _is_number(value) else MISSING


def gap(difference: float, unit: str) -> str:
    """The difference of two values of a metric: ratios differ by percentage points.

    >>> gap(-0.0305, "ratio"), gap(1.5, "dB")
    ('-3.0 points', '1.50 dB')
    """
    return amount(difference, unit).replace(" %", " points")


def interval(low: float | None, high: float | None, unit: str) -> str:
    """The interval of a value without its unit; empty if either end is missing.

    >>> interval(0.1, 0.152, "ratio"), interval(None, 0.2, "ratio")
    ('[10.0, 15.2]', '')
    """
    if low is None or high is None or not (_is_number(low) and _is_number(high)):
        return ""
    style = _style(unit)
    return f"[{_number(low, style)}, {_number(high, style)}]"


def arrow(higher_is_better: bool | None) -> str:
    """The direction of a metric as a sign: up where higher is better."""
    return {True: "↑", False: "↓", None: ""}[higher_is_better]


def direction(higher_is_better: bool | None) -> str:
    """The direction of a metric in words."""
    return {True: "higher is better", False: "lower is better", None: "direction unknown"}[higher_is_better]


def seconds(value: float | None) -> str:
    """A time in a suitable unit.

    >>> seconds(0.00042), seconds(0.0421), seconds(3.14159), seconds(600.0), seconds(None)
    ('0.42 ms', '42 ms', '3.14 s', '10.0 min', '—')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 0.01:
        return f"{value * 1000:.2f} ms"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 120 else f"{value / 60:.1f} min"


def parse_duration(text: str) -> float:
    """A duration as people write it, in seconds. Raises `BadConfig` for anything else.

    >>> parse_duration("90m"), parse_duration("1h30m"), parse_duration("5400s")
    (5400.0, 5400.0, 5400.0)
    """
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text.strip(), re.ASCII)
    total = sum(int(number or 0) * size for number, size in zip(parts.groups(), (3600, 60, 1), strict=True)) if parts else 0
    if not total:
        raise BadConfig(f"the duration is {text!r}; expected hours, minutes and seconds as in 90m, 1h30m or 5400s")
    return float(total)


def megabytes(value: float | None) -> str:
    """An amount of memory given in MB.

    >>> megabytes(612.4), megabytes(2150.0)
    ('612 MB', '2.15 GB')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.0f} MB" if value < 1000 else f"{value / 1000:.2f} GB"


def data_size(number: float) -> str:
    """An amount of data given in bytes.

    >>> data_size(12_345), data_size(183_400_000), data_size(48_120_000_000)
    ('12.3 kB', '183 MB', '48.1 GB')
    """
    if number < 1e6:
        return f"{number / 1e3:.1f} kB"
    return f"{number / 1e6:.3g} MB" if number < 999.5e6 else f"{number / 1e9:.1f} GB"


def factor(value: float | None) -> str:
    """A real-time factor: processing time over audio time.

    >>> factor(0.0421), factor(0.00031), factor(2.5)
    ('0.042', '0.00031', '2.50')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}" if value >= 0.01 else f"{value:.2g}"


def count(value: int | None) -> str:
    """A count with thousands separators.

    >>> count(1234567)
    '1,234,567'
    """
    return MISSING if value is None else f"{value:,}"


def one_line(text: str, limit: int = 500) -> str:
    """``text`` on one line without control characters, shortened to ``limit`` characters.

    >>> one_line("a\\n\\tb\\x1b[31m c")
    'a b[31m c'
    >>> one_line("abcdef", 4)
    'abc…'
    """
    line = " ".join("".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
