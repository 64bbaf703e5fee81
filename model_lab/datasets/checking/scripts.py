"""Which script a text is written in, by the names of its letters in Unicode; which one a language is written in, by CLDR."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

from model_lab import languages

_SCRIPTS = {
    "LATIN": "Latn",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "ARMENIAN": "Armn",
    "GEORGIAN": "Geor",
    "HEBREW": "Hebr",
    "ARABIC": "Arab",
    "SYRIAC": "Syrc",
    "THAANA": "Thaa",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "GURMUKHI": "Guru",
    "GUJARATI": "Gujr",
    "ORIYA": "Orya",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "KANNADA": "Knda",
    "MALAYALAM": "Mlym",
    "SINHALA": "Sinh",
    "THAI": "Thai",
    "LAO": "Laoo",
    "TIBETAN": "Tibt",
    "MYANMAR": "Mymr",
    "KHMER": "Khmr",
    "ETHIOPIC": "Ethi",
    "CHEROKEE": "Cher",
    "MONGOLIAN": "Mong",
    "TIFINAGH": "Tfng",
    "NKO": "Nkoo",
    "CJK": "Hani",
    "IDEOGRAPHIC": "Hani",
    "HIRAGANA": "Hira",
    "KATAKANA": "Kana",
    "BOPOMOFO": "Bopo",
    "HANGUL": "Hang",
}
"""The first word of the name of a letter -> its script (ISO 15924)."""

_PARTS = {
    "Jpan": {"Hani", "Hira", "Kana"},
    "Kore": {"Hang", "Hani"},
    "Hans": {"Hani", "Bopo"},
    "Hant": {"Hani", "Bopo"},
}
"""Scripts of a language that are made of several scripts of Unicode."""

_ALSO = {
    "sr": {"Latn"},
    "bs": {"Cyrl"},
    "az": {"Cyrl", "Arab"},
    "uz": {"Cyrl", "Arab"},
    "kk": {"Latn", "Arab"},
    "ky": {"Latn", "Arab"},
    "tk": {"Cyrl", "Arab"},
    "tg": {"Arab", "Latn"},
    "tt": {"Latn"},
    "mn": {"Mong"},
    "pa": {"Arab"},
    "sd": {"Deva"},
    "ks": {"Deva"},
    "ku": {"Arab", "Cyrl"},
    "ug": {"Latn", "Cyrl"},
    "ha": {"Arab"},
    "ms": {"Arab"},
    "sh": {"Cyrl"},
    "ro": {"Cyrl"},
    "mo": {"Cyrl"},
    "yue": {"Hani"},
    "zh": {"Hani"},
}
"""Languages that are written in other scripts as well, as newspapers and books in them are."""

IDEOGRAPHIC = frozenset({"Hani", "Hira", "Kana", "Hang"})
"""Scripts in which a sign is a syllable or a word."""

_LOOK_ALIKE = frozenset({"Latn", "Cyrl", "Grek"})
"""Scripts with letters that look the same: a and а, o and о and ο."""


@lru_cache(maxsize=1 << 14)
def script_of(sign: str) -> str:
    """The script of a letter (ISO 15924); empty for what is no letter, and for letters of rarer scripts.

    >>> [script_of(sign) for sign in "aжカ字7é"]
    ['Latn', 'Cyrl', 'Kana', 'Hani', '', 'Latn']
    """
    if not sign.isalpha():
        return ""
    return _SCRIPTS.get(unicodedata.name(sign, "").partition(" ")[0].partition("-")[0], "")


def counted(text: str) -> Counter[str]:
    """The letters of a text by script; signs of full width are those of normal width."""
    return Counter(script for sign in unicodedata.normalize("NFKC", text) if (script := script_of(sign)))


def main_script(text: str) -> str:
    """The script of most letters; signs of Chinese, Japanese and Korean count as one, ``Hani``.

    >>> main_script("Bonjour"), main_script("これはペンです"), main_script("42")
    ('Latn', 'Hani', '')
    """
    merged: Counter[str] = Counter()
    for script, count in counted(text).items():
        merged["Hani" if script in IDEOGRAPHIC else script] += count
    return merged.most_common(1)[0][0] if merged else ""


def of_language(tag: str) -> frozenset[str]:
    """The scripts that a language is written in; empty if the tag names no language, or one that CLDR has no script for.

    >>> sorted(of_language("ja")), sorted(of_language("sr")), of_language("xx")
    (['Hani', 'Hira', 'Kana'], ['Cyrl', 'Latn'], frozenset())
    """
    import langcodes

    code = languages.code_or_empty(tag)
    script = langcodes.Language.get(code).maximize().script if code else ""
    stated = langcodes.Language.get(tag.strip()).script if code and langcodes.tag_is_valid(tag.strip()) else ""
    named = [name for name in (script, stated) if name]
    return (
        frozenset(part for name in named for part in _PARTS.get(name, {name})) | _ALSO.get(code, set()) if named else frozenset()
    )


def look_alikes(word: str) -> str:
    """The scripts of a word that mixes letters which look alike; empty if it does not.

    >>> look_alikes("сat"), look_alikes("cat"), look_alikes("iPhoneом")
    ('Cyrl and Latn', '', 'Cyrl and Latn')
    """
    scripts = {script for sign in word if (script := script_of(sign))} & _LOOK_ALIKE
    return " and ".join(sorted(scripts)) if len(scripts) > 1 else ""
