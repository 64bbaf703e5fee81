"""TextGrid, annotations of Praat: tiers of intervals or points.

Source:
    Praat manual, "TextGrid file formats": in a text file Praat reads the numbers, the quoted texts and the flags in angle brackets
    that stand free, and nothing else; thus the long and the short form are read alike. ``""`` in a text is one ``"``, and ! begins
    a comment.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from model_lab.errors import BadManifest
from model_lab.formats._base import Format, NotRepresentable, plain_text
from model_lab.formats.plain import content_of, decoded
from model_lab.types import Segment

_TOKEN = re.compile(
    r"""(?:^|(?<=\s))(?: "(?P<text>[^"]*(?:""[^"]*)*)" | (?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?) | (?P<flag><[^<>\s]*>) )(?=\s|$)
        | (?:^|(?<=\s))!.*$""",
    re.VERBOSE | re.MULTILINE,
)
_FILES = ("ooTextFile", "ooTextFile short")
_INTERVALS, _POINTS = "IntervalTier", "TextTier"


def write(tiers: Mapping[str, Sequence[Segment]], duration: float) -> str:
    """A TextGrid of interval tiers, in its long form.

    Args:
        tiers: Segments by the name of their tier: rising, without overlap, in whole milliseconds. `laid_out` makes such tiers.
        duration: Seconds of the sound; the grid is as long, or longer if segments are.

    Returns:
        The file's text.

    Raises:
        NotRepresentable: If segments of a tier overlap.
    """
    from praatio.utilities.textgrid_io import getTextgridAsStr

    for name, segments in tiers.items():
        if late := next((after for before, after in pairwise(segments) if after.start < before.end), None):
            raise NotRepresentable(f"with segments that overlap at {late.start:g} s in the tier {name!r}")
    end = max([0.001, round(duration, 3), *(segment.end for tier in tiers.values() for segment in tier)])
    grid = {"xmin": 0.0, "xmax": end, "tiers": [_tier(name, segments, end) for name, segments in tiers.items()]}
    return str(getTextgridAsStr(grid, "long_textgrid", includeBlankSpaces=True))


def laid_out(named: Iterable[tuple[str, Segment]]) -> dict[str, list[Segment]]:
    """Tiers without overlap: each segment in the first tier of its name that has room for it.

    Args:
        named: The name of a tier and a segment, by rising start.

    Returns:
        Segments by tier, in the order of their first segment: "Ann", "Ann (2)", ...

    Example:
        >>> list(laid_out([("Ann", Segment(0, 2)), ("Ann", Segment(1, 3)), ("Ann", Segment(2, 3))]))
        ['Ann', 'Ann (2)']
    """
    tiers: dict[str, list[Segment]] = {}
    for name, segment in named:
        number = 1
        while (tier := tiers.setdefault(_numbered(name, number), [])) and tier[-1].end > segment.start:
            number += 1
        tier.append(segment)
    return tiers


def read(path: Path) -> dict[str, tuple[Segment, ...]]:
    """The tiers of a TextGrid, in its long or its short form.

    Args:
        path: A file in UTF-8, or in UTF-16 with a byte order mark, which Praat writes where a text is not ASCII.

    Returns:
        The intervals and points that have a text, by the name of their tier; a point is a segment that lasts 0 s. A second tier of
            one name is called "NAME (2)".

    Raises:
        BadManifest: For a file that is not a TextGrid of text, naming the line.
    """
    reader = _Reader(path, _text_of(path))
    if reader.text("ooTextFile") not in _FILES or reader.text("TextGrid") != "TextGrid":
        raise reader.refused('a file that begins with "ooTextFile" and "TextGrid"')
    reader.span()
    if reader.flag() != "<exists>":
        return {}
    tiers: dict[str, tuple[Segment, ...]] = {}
    for _ in range(reader.count()):
        kind, name = reader.text("IntervalTier or TextTier"), reader.text("the name of a tier")
        if kind not in (_INTERVALS, _POINTS):
            raise reader.refused(f"IntervalTier or TextTier, not {kind!r}")
        number = next(number for number in range(1, len(tiers) + 2) if _numbered(name, number) not in tiers)
        tiers[_numbered(name, number)] = tuple(reader.segments(kind))
    return tiers


class _Reader:
    """The free-standing numbers, texts and flags of a file, one after the other."""

    def __init__(self, path: Path, content: str) -> None:
        self._path, self._content = path, content
        self._tokens = (match for match in _TOKEN.finditer(content) if match.lastgroup)
        self._place = 0

    def segments(self, kind: str) -> Iterator[Segment]:
        """The entries of a tier that have a text."""
        self.span()
        for _ in range(self.count()):
            start, end = self.span() if kind == _INTERVALS else [self.number()] * 2
            if label := plain_text(self.text("the text of an interval or a point")):
                yield Segment(start, end, label)

    def span(self) -> tuple[float, float]:
        """Two times, the second not before the first."""
        start, end = self.number(), self.number()
        if end < start:
            raise self.refused(f"an end that is not before its start, {start:g} s")
        return start, end

    def count(self) -> int:
        """How many entries follow."""
        count = self.number()
        if count < 0 or not count.is_integer():
            raise self.refused("a number of tiers, intervals or points")
        return int(count)

    def number(self) -> float:
        """A number that is finite."""
        value = float(self._next("number", "a number"))
        if not math.isfinite(value):
            raise self.refused("a finite number")
        return value

    def text(self, what: str) -> str:
        """A quoted text, without its quotes."""
        return self._next("text", f"{what} in quotes").replace('""', '"')

    def flag(self) -> str:
        """A word in angle brackets."""
        return self._next("flag", "<exists>")

    def refused(self, expected: str) -> BadManifest:
        """What is wrong at the last thing that was read."""
        line = self._content.count("\n", 0, self._place) + 1
        there = self._content[self._place :].partition("\n")[0].strip()[:60]
        return BadManifest(f"{self._path}:{line}: {there!r} in a TextGrid; expected {expected}")

    def _next(self, kind: str, expected: str) -> str:
        match = next(self._tokens, None)
        if match is None:
            raise BadManifest(f"{self._path} ends too early for a TextGrid; expected {expected}")
        self._place = match.start()
        if match.lastgroup != kind:
            raise self.refused(expected)
        return match[kind]


def _text_of(path: Path) -> str:
    content = content_of(path)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise BadManifest(f"{path} begins as UTF-16 and is not ({error.reason}); save it as UTF-8") from None
    return decoded(content, str(path)).replace("\r\n", "\n")


def _tier(name: str, segments: Sequence[Segment], end: float) -> dict[str, object]:
    entries = [(segment.start, segment.end, segment.label) for segment in segments]
    return {"class": _INTERVALS, "name": name, "xmin": 0.0, "xmax": end, "entries": entries}


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"


FORMAT = Format("textgrid", "TextGrid", lambda tiers, recording, duration: write(tiers, duration), read)
