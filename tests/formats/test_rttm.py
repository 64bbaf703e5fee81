from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meeteval.io import RTTM

from model_lab.errors import BadManifest
from model_lab.formats.rttm import read, turns, write
from model_lab.types import Segment, Turn
from tests.formats.values import FIELDS, NAMES, times

TALK = """\
;; made by hand
SPKR-INFO talk 1 <NA> <NA> <NA> adult_male ann <NA> <NA>
SPEAKER talk 1 0.500 4.000 <NA> <NA> ann <NA> <NA>

LEXEME talk 1 0.5 0.4 well lex ann 0.9 <NA>
SPEAKER\ttalk\t2\t4.5\t5.5\t<NA>\t<NA>\tbob\t0.75
"""
TURNS = (Turn(0.5, 4.5, "ann"), Turn(4.5, 10.0, "bob"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "talk.rttm"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_turns_among_lines_of_other_types(file: Path, mark: str, ends: str) -> None:
    first_is_a_turn = "\n".join(TALK.splitlines()[2:])
    for told in (TALK, first_is_a_turn):
        file.write_bytes((mark + told.replace("\n", ends)).encode())
        assert turns(file, "talk") == TURNS


def test_of_several_recordings_one_is_taken_and_no_other_for_it(file: Path) -> None:
    file.write_text(TALK + "SPEAKER two_parts 1 0 1 <NA> <NA> eve <NA> <NA>\n")
    assert turns(file, "talk") == TURNS
    assert turns(file, "two parts") == turns(file, "two_parts") == (Turn(0, 1, "eve"),)
    with pytest.raises(BadManifest, match=r"talk.rttm holds talk, two_parts; expected third \(the name of the sound file\)"):
        turns(file, "third")
    file.write_text("SPEAKER interview7 1 0.5 4.0 <NA> <NA> A <NA> <NA>\n")
    with pytest.raises(BadManifest, match="holds interview7; expected talk"):
        turns(file, "talk")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("SPEAKER", "has 1 fields; expected 10"),
        ("SPEAKER talk 1 0.5 4.0", "has 5 fields; expected 10"),
        ("SPEAKER my talk 1 0.5 4.0 <NA> <NA> ann <NA> <NA>", "has 11 fields; expected 10"),
        ("SPEAKER talk 1 0.5 4.0 <NA> <NA> Jo Ann <NA> <NA>", "has 11 fields; expected 10"),
        ("SPEAKER my talk 1 0.5 4.0 <NA> <NA> ann <NA>", "is not RTTM; expected"),
        ("SPEAKER talk 1 0.5 4.0 <NA> <NA> Jo Ann <NA>", "is not RTTM; expected"),
        ("SPEAKER talk 1 0.5 4.0 ann <NA> <NA> <NA> <NA>", "are not in their places"),
        ("SPEAKER talk 1 zero 4.0 <NA> <NA> ann <NA> <NA>", "is not RTTM; expected"),
        ("SPEAKER talk 1 0,5 4,0 <NA> <NA> ann <NA> <NA>", "is not RTTM; expected"),
        ("SPEAKER talk 1 nan 4.0 <NA> <NA> ann <NA> <NA>", "at nan s for 4 s; expected an onset from 0"),
        ("SPEAKER talk 1 0.5 inf <NA> <NA> ann <NA> <NA>", "at 0.5 s for inf s"),
        ("SPEAKER talk 1 -0.5 4.0 <NA> <NA> ann <NA> <NA>", "at -0.5 s for 4 s"),
        ("SPEAKER talk 1 0.5 0 <NA> <NA> ann <NA> <NA>", "at 0.5 s for 0 s"),
        ("speaker talk 1 0.5 4.0 <NA> <NA> ann <NA> <NA>", r"is not RTTM \(did you mean 'SPEAKER'\?\)"),
        ("0.5 4.0 ann", "is not RTTM; expected SPEAKER FILE"),
    ],
)
def test_a_line_that_is_not_rttm_is_named(file: Path, line: str, problem: str) -> None:
    file.write_text(TALK + line + "\n")
    with pytest.raises(BadManifest, match=rf"talk.rttm:7: .*{problem}"):
        turns(file, "talk")


@pytest.mark.parametrize("text", ["", ";; nothing\n", "SPKR-INFO talk 1 <NA> <NA> <NA> unknown ann <NA> <NA>\n"])
def test_a_file_without_turns_does_not_say_that_nobody_speaks(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(BadManifest, match="has no SPEAKER line"):
        turns(file, "talk")


@given(st.dictionaries(NAMES, st.lists(st.builds(lambda span, who: Turn(*span, who), times(), FIELDS), min_size=1), max_size=3))
def test_turns_come_back(recordings: dict[str, list[Turn]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.rttm"
        path.write_text(write(recordings), "utf-8")
        if not recordings:
            with pytest.raises(BadManifest, match="has no SPEAKER line"):
                read(path)
            return
        assert {name: sorted((t.start, round(t.end, 3), t.speaker) for t in found) for name, found in read(path).items()} == {
            name: sorted((t.start, t.end, t.speaker) for t in found) for name, found in recordings.items()
        }


@given(st.lists(st.builds(lambda span, who: Turn(*span, who), times(), FIELDS), min_size=1, max_size=6))
def test_meeteval_reads_the_same(found: list[Turn]) -> None:
    lines = RTTM.parse(write({"call": found}), parse_float=float).lines
    assert sorted((line.begin_time, round(line.begin_time + line.duration, 3), line.speaker_id) for line in lines) == sorted(
        (turn.start, turn.end, turn.speaker) for turn in found
    )


def test_segments_are_turns_of_their_label() -> None:
    assert write({"a": [Segment(0, 1), Segment(1, 2, "music")]}).splitlines() == [
        "SPEAKER a 1 0.000 1.000 <NA> <NA> speech <NA> <NA>",
        "SPEAKER a 1 1.000 1.000 <NA> <NA> music <NA> <NA>",
    ]
