"""Values for round trips: times in whole milliseconds, and texts that a format can hold as they are, or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

_SIGNS = st.characters(exclude_categories=["C", "Z"])

FIELDS = st.text(_SIGNS, min_size=1, max_size=12)
"""Texts without spaces and control characters."""
NAMES = FIELDS.filter(lambda name: not name.startswith(";;"))
TEXTS = st.lists(FIELDS, min_size=1, max_size=5).map(" ".join)
"""Texts on one line, with one space between words."""
ANY_TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            '<b>bold</b> --> 00:00:01.000 --> 00:00:02,000\n\n2\r\n&amp; {\\an8} "quoted" \x00\x1b[31m\ud800 \u2028NOTE',
            "<O> words",
            '"" item [1]: intervals [2]: ! <exists> 3',
            "-->",
            ";;",
            "",
        ]
    ),
)
"""Texts of any kind."""


@st.composite
def times(draw: st.DrawFn) -> tuple[float, float]:
    """A start and a later end in seconds, up to three hours."""
    start = draw(st.integers(0, 9_999_999))
    return start / 1000, (start + draw(st.integers(1, 60_000))) / 1000


def by_time(values: Iterable[Any]) -> list[Any]:
    """By start and end."""
    return sorted(values, key=lambda value: (value.start, value.end))
