"""Typographic signs and the signs of a keyboard that stand for them: one table for metrics and for all who read text aloud.

The same words are typed with ' and " by some and with ’ and “ ” by others (telephones, word processors), and software that
knows one apostrophe alone hears another word: "don’t" is not "don't" then.
"""

from __future__ import annotations

_APOSTROPHES = "‘’‚‛ʼʻ＇`´′׳"
_QUOTES = "“”„‟＂″״«»"
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Soft hyphen, zero-width space, word joiner, byte order mark, and marks of the writing direction. The zero-width joiners stay:
some scripts spell with them."""

_STRAIGHT = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"') | dict.fromkeys(_INVISIBLE, ""))
_PLAIN = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | {"…": "..."})


def straight(text: str) -> str:
    """``text`` with straight apostrophes and quotation marks, and without signs that nobody sees.

    >>> straight("“Don’t,” they said — co\u00adoperate…")
    '"Don\\'t," they said — cooperate…'
    """
    return text.translate(_STRAIGHT)


def plain(text: str) -> str:
    """The same with the dashes and the ellipsis of a keyboard too, for programs that read ASCII.

    >>> plain("“Don’t” — 5 – 6…")
    '"Don\\'t" - 5 - 6...'
    """
    return straight(text).translate(_PLAIN)
