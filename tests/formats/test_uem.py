"""UEM: what is written is read back, by this project, by meeteval and by pyannote; what is not UEM is named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meeteval.io import UEM
from pyannote.database.util import load_uem

from model_lab.errors import BadManifest
from model_lab.formats.uem import read, segments, write
from model_lab.types import Segment
from tests.formats.values import NAMES, by_time, times

SEGMENTS = st.lists(times().map(lambda span: Segment(*span)), min_size=1, max_size=6)


@given(st.dictionaries(NAMES, SEGMENTS, max_size=3))
def test_segments_come_back(recordings: dict[str, list[Segment]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.uem"
        path.write_text(write(recordings), "utf-8")
        assert read(path) == {name: tuple(by_time(found)) for name, found in recordings.items()}


@given(st.dictionaries(NAMES, times(), min_size=1, max_size=6))
def test_meeteval_reads_the_same(found: dict[str, tuple[float, float]]) -> None:
    """It takes one segment for each recording."""
    lines = UEM.parse(write({name: [Segment(*span)] for name, span in found.items()}), parse_float=float).lines
    assert {line.filename: (line.begin_time, line.end_time) for line in lines} == found


def test_pyannote_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.uem"
    path.write_text(write({"one": [Segment(0.5, 60)], "two": [Segment(0, 1), Segment(2, 3)]}))
    timelines = load_uem(path)
    assert [(span.start, span.end) for span in timelines["two"]] == [(0, 1), (2, 3)]
    assert segments(path, "two") == (Segment(0, 1), Segment(2, 3))
    with pytest.raises(BadManifest, match="holds one, two; expected three"):
        segments(path, "three")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("call 1 0", "has 3 fields; expected FILE CHANNEL START END"),
        ("call 1 0 1 2", "has 5 fields"),
        ("call 1 a 1", "has 'a' where a number of seconds is expected"),
        ("call 1 1 0.5", "is 1-0.5 s; expected 0 <= start < end"),
    ],
)
def test_a_line_that_is_not_uem_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "a.uem"
    path.write_text(f";; scored\ncall 1 0 1\n{line}\n")
    with pytest.raises(BadManifest, match=f"a.uem:3: .*{problem}"):
        read(path)
