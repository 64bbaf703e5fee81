from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from model_lab.formats.markdown import bullets, escape, table


def cells(line: str) -> list[str]:
    """The cells of a table's line, split at the pipes that are not escaped."""
    return re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_whatever_stands_in_the_cells_the_table_keeps_its_shape(rows: list[list[str]]) -> None:
    lines = table(["a", "b", "c"], rows).split("\n")
    assert len(lines) == len(rows) + 2
    assert {len(cells(line)) for line in lines} == {3}


@given(st.text())
def test_no_tag_code_or_link_survives(text: str) -> None:
    escaped = escape(text)
    assert "<" not in escaped
    assert "](" not in escaped
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*|~]", escaped)


def test_bullets_stay_on_their_lines() -> None:
    assert bullets(["one\ntwo", "# three"]) == "- one two\n- # three"
