from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from model_lab.formats.rttm import turns
from model_lab.types import Turn

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
