"""Words in text of any script: splitting, joining, and merging the word pieces of recognisers.

Han, kana, Thai, Lao, Khmer and Burmese are written without spaces between words ("unspaced"): there the unit is a letter with its marks,
and words are joined without a space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from model_lab.types import Transcript, Word
from model_lab.typography import straight

_UNSPACED = ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
"""Prefixes of the Unicode names of their characters."""

_TATWEEL = "\u0640"
"""The Arabic character that stretches words to justify a line."""

_TONE_LAST = re.compile("([\u0e4d\u0ecd])([\u0e48-\u0e4b\u0ec8-\u0ecb])")
"""A ring and a tone mark over a Thai or Lao letter, which look the same in either order; Unicode decomposes am with the tone first."""


def folded(text: str) -> str:
    """``text`` in a canonical form: NFKC, lower case, straight apostrophes, digits 0 to 9.

    >>> folded("İSTANBUL’da ３ or ٣"), folded("cafe\u0301") == folded("CAFÉ")
    ("istanbul'da 3 or 3", True)
    """
    small = straight(unicodedata.normalize("NFKC", straight(text))).replace("İ", "i").lower().replace("i\u0307", "i")
    return _TONE_LAST.sub(r"\2\1", unicodedata.normalize("NFKC", "".join(map(_folded_sign, small))))


def tokens(text: str, apostrophes: bool = False) -> list[str]:
    """The words of ``text``, folded: runs of letters, marks and digits; in unspaced scripts single letters.

    ``apostrophes``: whether apostrophes within a word are kept; else they end it.

    >>> tokens("He can’t say: größer, हिन्दी 今天 OK")
    ['he', 'can', 't', 'say', 'größer', 'हिन्दी', '今', '天', 'ok']
    >>> tokens("A dog's bark -- 'twice'!", apostrophes=True)
    ['a', "dog's", 'bark', 'twice']
    """
    cleaned = "".join(sign if _kind(sign) in "LMN" or (apostrophes and sign == "'") else " " for sign in folded(text))
    words = (word.strip("'") for word in apart(cleaned).split())
    return [word for word in words if word and _kind(word[0]) != "M"]


def apart(text: str) -> str:
    """``text`` with a space on both sides of each letter of an unspaced script; its marks stay with it.

    >>> apart("用Python3写 สวัสดี").split()
    ['用', 'Python3', '写', 'ส', 'วั', 'ส', 'ดี']
    """
    parts: list[str] = []
    inside = False
    for sign in text:
        if _kind(sign) != "M":
            letter = _unspaced_letter(sign)
            if letter or inside:
                parts.append(" ")
            inside = letter
        parts.append(sign)
    return "".join(parts)


def has_unspaced(text: str) -> bool:
    """Whether the text has a letter of an unspaced script.

    >>> has_unspaced("OK 今天"), has_unspaced("OK。"), has_unspaced("오늘")
    (True, False, False)
    """
    return any(_unspaced_letter(sign) for sign in text)


def cut(text: str) -> list[str]:
    """``text`` between its spaces, and in unspaced scripts between letters; only spaces are dropped. See `joined`.

    >>> cut("Well, 今天（很）好。 OK")
    ['Well,', '今', '天', '（很）', '好。', 'OK']
    """
    words: list[str] = []
    for run in text.split():
        begin = 0
        for place, sign in enumerate(run):
            begins = sign.isalnum() or unicodedata.category(sign) in ("Ps", "Pi")
            if begins and _has_letter(run[begin:place]) and not spaced(run[begin:place], run[place:]):
                words.append(run[begin:place])
                begin = place
        words.append(run[begin:])
    return words


def spaced(before: str, after: str) -> bool:
    """Whether two words are separated by a space: not where both sides are in an unspaced script, or its punctuation.

    >>> spaced("good", "day"), spaced("今天", "天气"), spaced("好。", "“今天”"), spaced("今天", "OK")
    (True, False, False, True)
    """
    return not (_ends_unspaced(reversed(before)) and _ends_unspaced(after))


def gaps(texts: Sequence[str]) -> list[str]:
    """The separator before each word of a text: empty before the first, a space or empty before the others."""
    return ["", *(" " if spaced(before, after) else "" for before, after in pairwise(texts))][: len(texts)]


def joined(texts: Iterable[str]) -> str:
    """Join words to one text.

    >>> joined(["good", "day"]), joined(["今天", "天气", "很好。"])
    ('good day', '今天天气很好。')
    """
    words = list(texts)
    return "".join(f"{gap}{word}" for gap, word in zip(gaps(words), words, strict=True))


def whole(transcript: Transcript) -> tuple[Word, ...]:
    """The words of a transcript, merged as its text is spaced: "post" and "-mortem" are one word, "$1" and ",000" too.

    Recognisers time word pieces, with or without the preceding space. In unspaced scripts the pieces are kept, except that punctuation
    is appended to the preceding word.

    >>> whole(Transcript("a post-mortem", (Word("a", 0, 1), Word("post", 1, 2), Word("-mortem", 2, 3))))
    (Word(text='a', start=0, end=1), Word(text='post-mortem', start=1, end=3))
    >>> [word.text for word in whole(Transcript("今天很好。", (Word("今天", 0, 1), Word("很好", 1, 2), Word("。", 2, 2))))]
    ['今天', '很好。']
    """
    words: list[Word] = []
    spaces_in_pieces = any(piece.text.strip() and piece.text[0].isspace() for piece in transcript.words)
    end = 0
    for piece in transcript.words:
        text = piece.text.strip()
        if not text:
            continue
        begin = transcript.text.find(text, end)
        between = transcript.text[end:begin] if begin >= 0 else ""
        if begin >= 0:
            end = begin + len(text)
            apart_in_text = any(sign.isspace() or sign.isalnum() for sign in between)
        else:
            apart_in_text = not spaces_in_pieces or piece.text[0].isspace()
        if words and not apart_in_text and _one_word(words[-1].text, text):
            last = words[-1]
            words[-1] = Word(last.text + between + text, last.start, max(last.end, piece.end))
        else:
            words.append(Word(text, piece.start, piece.end))
    return tuple(words)


def _one_word(before: str, after: str) -> bool:
    """Whether two pieces without a space between them are one word."""
    return spaced(before, after) or not (_has_letter(before) and _has_letter(after)) or _kind(after[0]) == "M"


def _has_letter(text: str) -> bool:
    """Whether the text has a letter or a digit."""
    return any(sign.isalnum() for sign in text)


def _ends_unspaced(inwards: Iterable[str]) -> bool:
    """Whether a word, from one of its ends inwards, is in an unspaced script; digits and common punctuation are neutral."""
    for sign in inwards:
        if _unspaced(sign) or (_kind(sign) == "P" and unicodedata.east_asian_width(sign) in "WF"):
            return True
        if sign.isalpha():
            return False
    return False


def _unspaced_letter(sign: str) -> bool:
    return _unspaced(sign) and (sign.isalpha() or unicodedata.category(sign) == "Nl")


@lru_cache(maxsize=4096)
def _unspaced(sign: str) -> bool:
    return unicodedata.name(sign, "").removeprefix("HALFWIDTH ").startswith(_UNSPACED)


@lru_cache(maxsize=4096)
def _kind(sign: str) -> str:
    """Letter, Mark, Number, Punctuation, Symbol, Z (separator) or C (other)."""
    return unicodedata.category(sign)[0]


@lru_cache(maxsize=4096)
def _folded_sign(sign: str) -> str:
    """Digits as 0 to 9, white space and controls as a space; empty for invisible characters and variation selectors."""
    if sign.isspace() or unicodedata.category(sign) == "Cc":
        return " "
    if (
        sign == _TATWEEL
        or unicodedata.category(sign) in ("Cf", "Cs", "Me")
        or unicodedata.name(sign, "").startswith("VARIATION SELECTOR")
    ):
        return ""
    return str(unicodedata.decimal(sign, sign))
