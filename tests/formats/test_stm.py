"""STM: what is written is read back, by this project and by meeteval; what is not STM is named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meeteval.io import STM

from model_lab.errors import BadManifest
from model_lab.formats import NotRepresentable, SpokenSegment
from model_lab.formats.stm import read, segments, write
from model_lab.types import Segment
from tests.formats.values import ANY_TEXTS, FIELDS, NAMES, TEXTS, by_time, times


def spoken(texts: st.SearchStrategy[str], speakers: st.SearchStrategy[str]) -> st.SearchStrategy[list[SpokenSegment]]:
    one = st.builds(lambda span, text, speaker: SpokenSegment(*span, text, speaker), times(), texts, speakers)
    return st.lists(one, min_size=1, max_size=6)


def back(content: str) -> dict[str, tuple[SpokenSegment, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.stm"
        path.write_text(content, "utf-8")
        return read(path)


@given(st.dictionaries(NAMES, spoken(TEXTS, FIELDS), max_size=3))
def test_segments_come_back(recordings: dict[str, list[SpokenSegment]]) -> None:
    assert back(write(recordings)) == {name: tuple(by_time(found)) for name, found in recordings.items()}


@given(spoken(ANY_TEXTS, ANY_TEXTS))
def test_any_text_can_be_written_and_is_read_the_same_twice(found: list[SpokenSegment]) -> None:
    once = back(write({"a": found}))
    assert back(write(once)) == once
    assert len(once["a"]) == len(found)


@given(spoken(TEXTS.filter(lambda text: not text.startswith("<")), FIELDS))
def test_meeteval_reads_the_same(found: list[SpokenSegment]) -> None:
    lines = STM.parse(write({"call": found}), parse_float=float).lines
    assert [SpokenSegment(line.begin_time, line.end_time, line.transcript, line.speaker_id) for line in lines] == by_time(found)


def test_labels_and_what_is_not_scored(tmp_path: Path) -> None:
    path = tmp_path / "a.stm"
    path.write_text(
        ";; sclite\n"
        "call A ann 0 2.5 <o,f0,female> good   day\n"
        "call A inter_segment_gap 2.5 3 <O> IGNORE_TIME_SEGMENT_IN_SCORING\n"
        "call B bob 3 4\n"
    )
    assert segments(path, "call") == (SpokenSegment(0, 2.5, "good day", "ann"), SpokenSegment(3, 4, "", "bob"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("call 1 ann 0", "has 4 fields; expected FILE CHANNEL SPEAKER"),
        ("call 1 ann x 1 good", "has 'x' where a number of seconds is expected"),
        ("call 1 ann 2 1 good", "is 2-1 s; expected 0 <= start < end"),
        ("call 1 ann 1 1 good", "is 1-1 s"),
    ],
)
def test_a_line_that_is_not_stm_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "a.stm"
    path.write_text(f"call 1 ann 0 1 a\n{line}\n")
    with pytest.raises(BadManifest, match=f"a.stm:2: .*{problem}"):
        read(path)


def test_a_segment_without_words_is_refused() -> None:
    with pytest.raises(NotRepresentable, match="with a Segment where a spoken segment is expected"):
        write({"a": [Segment(0, 1)]})  # type: ignore[list-item]
