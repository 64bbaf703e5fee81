from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab import units
from model_lab.errors import BadConfig


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0, "ratio", "0.0 %"),
        (-0.0001, "ratio", "0.0 %"),
        (1.5, "ratio", "150.0 %"),
        (12.345, "dB", "12.35 dB"),
        (440.04, "Hz", "440.0 Hz"),
        (3.14159, "MOS", "3.14"),
        (2.0, "speakers", "2.000 speakers"),
        (2.0, "", "2.000"),
        (math.inf, "dB", "∞ dB"),
        (-math.inf, "dB", "-∞ dB"),
        (math.nan, "dB", units.MISSING),
        (None, "ratio", units.MISSING),
    ],
)
def test_amounts_carry_their_unit(value: float | None, unit: str, shown: str) -> None:
    assert units.amount(value, unit) == shown


@pytest.mark.parametrize(("low", "high"), [(None, 0.5), (0.5, None), (math.nan, 0.5), (None, None)])
def test_an_interval_with_a_missing_end_is_not_shown(low: float | None, high: float | None) -> None:
    assert units.interval(low, high, "ratio") == ""


def test_direction_in_signs_and_words() -> None:
    assert [units.arrow(up) for up in (True, False, None)] == ["↑", "↓", ""]
    assert [units.direction(up) for up in (True, False, None)] == ["higher is better", "lower is better", "direction unknown"]


@pytest.mark.parametrize("show", [units.seconds, units.megabytes, units.factor])
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_not_a_number_is_shown_as_missing(show: object, value: float | None) -> None:
    assert callable(show)
    assert show(value) == units.MISSING


@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_printable_line_within_its_limit(text: str, limit: int) -> None:
    line = units.one_line(text, limit)
    assert len(line) <= limit
    assert all(sign.isprintable() for sign in line)
    assert line.strip() == line or line.endswith("…")


@given(st.floats(0, 1e6))
def test_times_and_factors_never_lose_all_digits(value: float) -> None:
    assert any(sign.isdigit() for sign in units.seconds(value))
    assert math.isclose(float(units.factor(value)), value, rel_tol=0.06, abs_tol=0.005) or value < 0.01


@pytest.mark.parametrize(("text", "seconds"), [("90m", 5400), ("1h30m", 5400), ("5400s", 5400), ("1h", 3600), (" 1h2m3s ", 3723)])
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["90", "90 m", "1.5h", "m", "", "0m", "-5m", "30m1h", "1d", "٣m"])
def test_other_durations_are_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(BadConfig, match="expected hours, minutes and seconds as in 90m"):
        units.parse_duration(text)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_any_hours_minutes_and_seconds_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert units.parse_duration(f"{hours}h{minutes}m{seconds}s") == 3600 * hours + 60 * minutes + seconds
