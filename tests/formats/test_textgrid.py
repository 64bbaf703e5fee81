"""TextGrid: what is written is read back, by this project, by praatio and by the textgrid package; all of Praat's text forms are read."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import textgrid as other
from hypothesis import given
from hypothesis import strategies as st
from praatio import textgrid as praatio

from model_lab.errors import BadManifest
from model_lab.formats import NotRepresentable, timed
from model_lab.formats.textgrid import laid_out, read, write
from model_lab.types import Segment, Word
from tests.formats.values import ANY_TEXTS, TEXTS, times

TIERS = {"words": [Segment(0.25, 0.5, 'say "hi"'), Segment(0.5, 1.0, "dé")], "empty": []}
LONG = write(TIERS, 2.0)
POINTS = """File type = "ooTextFile"
Object class = "TextGrid"

0
2
<exists>
2
"TextTier" ! a comment, with "quotes" and 3 numbers
"clicks"
0
2
2
0.5
"click"
1.5
""
"IntervalTier"
"clicks"
0
2
1
0
2
"all"
"""


def saved(folder: Path, content: str | bytes) -> Path:
    path = folder / "a.TextGrid"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def back(content: str) -> dict[str, tuple[Segment, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        return read(saved(Path(folder), content))


WORDS = st.lists(st.builds(lambda text, span: Word(text, *span), TEXTS, times()), max_size=6)


@given(st.dictionaries(TEXTS, WORDS, max_size=3), st.floats(0, 100))
def test_tiers_come_back(words: dict[str, list[Word]], duration: float) -> None:
    tiers = laid_out((name, span) for name, tier in words.items() for span in timed(tier))
    assert back(write(tiers, duration)) == {name: tuple(tier) for name, tier in tiers.items()}


@given(st.lists(st.builds(lambda text, span: Word(text, *span), ANY_TEXTS, times()), max_size=6))
def test_any_text_can_be_written(words: list[Word]) -> None:
    tiers = laid_out(("words", span) for span in timed(words))
    assert back(write(tiers, 1.0)) == {name: tuple(tier) for name, tier in tiers.items()}


def test_other_readers_read_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path, LONG)
    grid = other.TextGrid.fromFile(str(path))
    assert [(tier.name, [(i.minTime, i.maxTime, i.mark) for i in tier if i.mark]) for tier in grid] == [
        ("words", [(0.25, 0.5, 'say "hi"'), (0.5, 1.0, "dé")]),
        ("empty", []),
    ]
    tier = praatio.openTextgrid(str(path), includeEmptyIntervals=False).getTier("words")
    assert [Segment(*entry) for entry in tier.entries] == TIERS["words"]


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_what_praatio_writes_is_read(tmp_path: Path, form: str) -> None:
    grid = praatio.openTextgrid(str(saved(tmp_path, LONG)), includeEmptyIntervals=True)
    path = tmp_path / "b.TextGrid"
    grid.save(str(path), format=form, includeBlankSpaces=True)  # type: ignore[arg-type]
    assert read(path) == {name: tuple(tier) for name, tier in TIERS.items()}


@pytest.mark.parametrize(
    "encoded",
    [LONG.encode(), LONG.encode("utf-8-sig"), LONG.encode("utf-16"), LONG.replace("\n", "\r\n").encode()],
    ids=["utf-8", "with a mark", "utf-16", "of Windows"],
)
def test_encodings_of_praat(tmp_path: Path, encoded: bytes) -> None:
    assert read(saved(tmp_path, encoded)) == {name: tuple(tier) for name, tier in TIERS.items()}


def test_points_and_a_second_tier_of_one_name(tmp_path: Path) -> None:
    for content in (POINTS, POINTS.replace('"ooTextFile"', '"ooTextFile short"')):
        assert read(saved(tmp_path, content)) == {"clicks": (Segment(0.5, 0.5, "click"),), "clicks (2)": (Segment(0, 2, "all"),)}
    assert read(saved(tmp_path, 'File type = "ooTextFile"\nObject class = "TextGrid"\n0 2 <absent>')) == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "ends too early for a TextGrid; expected ooTextFile in quotes"),
        ('"ooTextFile" "Sound"', r'a.TextGrid:1: .* expected a file that begins with "ooTextFile" and "TextGrid"'),
        (b"ooBinaryFile\x08TextGrid", "ends too early"),
        (
            LONG.replace("xmax = 2", "xmax = two"),
            "a.TextGrid:6: '<exists>' in a TextGrid; expected a number",
        ),
        (LONG.replace("IntervalTier", "PitchTier", 1), "expected IntervalTier or TextTier, not 'PitchTier'"),
        (LONG.replace("intervals: size = 4", "intervals: size = 9"), r"a.TextGrid:\d+: .* expected a number"),
        (LONG.replace("intervals: size = 4", "intervals: size = 2.5"), "expected a number of tiers, intervals or points"),
        (LONG.replace("xmax = 0.5 ", "xmax = 0.1 ", 1), "expected an end that is not before its start, 0.25 s"),
        (LONG[: len(LONG) // 2], "ends too early"),
        (LONG.encode("utf-16")[:-1], "begins as UTF-16 and is not"),
        (b"\xff\xff", "is not UTF-8"),
    ],
)
def test_what_is_not_a_textgrid_is_named(tmp_path: Path, content: str | bytes, problem: str) -> None:
    with pytest.raises(BadManifest, match=problem):
        read(saved(tmp_path, content))


def test_overlap_within_a_tier_is_refused() -> None:
    with pytest.raises(NotRepresentable, match="overlap at 1 s in the tier 'a'"):
        write({"a": [Segment(0, 2, "x"), Segment(1, 3, "y")]}, 3.0)
