"""Divides text, or its phonemes, into parts for speech synthesizers with limited input."""

from __future__ import annotations

import re

_PLACES_TO_CUT = (r"[.!?…。！？]+[\"”')]*\s*", r"[,;:—、，；]\s*", r"\s")


def passages(text: str, longest: int) -> list[str]:
    """Cut into parts of at most ``longest`` characters: after sentences where that suffices, else after commas, else between words.

    >>> passages("One two. Three, four five", 12)
    ['One two.', 'Three,', 'four five']
    >>> passages("  One  two ", 12)
    ['One two']
    """
    rest, parts = " ".join(text.split()), []
    while len(rest) > longest:
        place = _place(rest, longest)
        parts.append(rest[:place].strip())
        rest = rest[place:].strip()
    return [*parts, rest] if rest else parts


def _place(text: str, longest: int) -> int:
    """The end of the first part of ``text``."""
    for place in _PLACES_TO_CUT:
        if ends := [match.end() for match in re.finditer(place, text) if len(text[: match.end()].rstrip()) <= longest]:
            return ends[-1]
    return longest
