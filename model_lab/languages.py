"""Languages by their tags: which one is meant, which are the same, and how they are written.

Tags are those of BCP 47 (``en``, ``en-US``, ``zh-Hant-TW``) with the codes of ISO 639-1, 639-2 or 639-3 (``eng``, ``ger``,
``yue``), in any case, with ``-`` or ``_``; English names are taken too. All is looked up in langcodes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from model_lab.errors import nearest

if TYPE_CHECKING:
    from langcodes import Language

ENGLISH = "en"
_NO_LANGUAGE = ("mis", "mul", "und", "zxx")
"""Codes that ISO 639 has for what is not one known language."""

_GROUPS = {"nb": "no", "nn": "no"}
"""Language -> the group of languages (ISO 639-3: macrolanguage) that goes by a code of its own beside it in data and models."""

_UNSPACED_SCRIPTS = ("Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr")
_ABJADS = ("Arab", "Hebr", "Syrc")
_SHORTEST_NAME = 4
_OF_NO_COUNTRY = "en"
"""What CLDR says is spoken where it knows no better."""
_VOWELS_ALWAYS = ("ks", "yi")
"""Languages in the script of an abjad that write all their vowels: Kashmiri, Yiddish."""


def canonical(tag: str) -> str:
    """The code of the language that ``tag`` names: ISO 639-1 where it has one, else ISO 639-3.

    Region, script and variant are left out, and the standard language of a group goes by the group's code (``cmn``: ``zh``).
    Raises `ValueError`, with the nearest right one, for what names no language.

    >>> [canonical(tag) for tag in ("en-US", "EN", "eng", "English", "zh_Hant_TW", "cmn", "yue", "iw")]
    ['en', 'en', 'en', 'en', 'zh', 'zh', 'yue', 'he']
    """
    if not isinstance(tag, str):
        raise ValueError(f"{tag!r} is of type {type(tag).__name__}; expected the tag of a language as text: en, en-US, yue")
    return _code(tag)


@lru_cache(maxsize=4096)
def _code(tag: str) -> str:
    found = _tagged(tag)
    if found is None or not found.is_valid():
        found = _named(tag)
    code = found.prefer_macrolanguage().language
    if not code or not code.isalpha() or code in _NO_LANGUAGE or "qaa" <= code <= "qtz" or not found.is_valid():
        raise ValueError(
            f"{tag!r} names no language{_nearest(tag)}; expected a tag of ISO 639 or BCP 47 such as en, en-US or yue"
        )
    return code


def known(tag: str) -> str:
    """The code of the language that ``tag`` names, empty where it names none: for tags that nobody has checked, such as a model's.

    >>> known("zh-Hans"), known("xx"), known("")
    ('zh', '', '')
    """
    try:
        return canonical(tag)
    except ValueError:
        return ""


def alike(one: str, other: str) -> bool:
    """Whether who knows the language of one tag knows that of the other: they name the same, or one names a group of the other's.

    What names no language is like nothing.

    >>> alike("en-US", "eng"), alike("no", "nb"), alike("nn", "nb"), alike("zh", "yue"), alike("xx", "xx")
    (True, True, False, False, False)
    """
    first, second = known(one), known(other)
    return (first == second != "") or _GROUPS.get(first) == second or _GROUPS.get(second) == first


def unspaced(tag: str) -> bool:
    """Whether the language is written without spaces between words.

    >>> [tag for tag in ("en", "zh-TW", "yue", "ja", "ko", "th", "lo", "km", "my", "vi", "hi") if unspaced(tag)]
    ['zh-TW', 'yue', 'ja', 'th', 'lo', 'km', 'my']
    """
    return _script(canonical(tag)) in _UNSPACED_SCRIPTS


def vowel_marks_optional(tag: str) -> bool:
    """Whether the language is commonly written without its vowel marks, which children's books and scripture have.

    >>> [tag for tag in ("ar", "arz", "he", "fa", "ur", "yi", "hi", "th") if vowel_marks_optional(tag)]
    ['ar', 'arz', 'he', 'fa', 'ur']
    """
    code = canonical(tag)
    return _script(code) in _ABJADS and code not in _VOWELS_ALWAYS


@lru_cache(maxsize=4096)
def _script(code: str) -> str:
    """The script that the language is most often written in (CLDR)."""
    import langcodes

    return langcodes.Language.get(code).maximize().script or ""


def _tagged(tag: str) -> Language | None:
    """What the tag says, a name of four letters such as Thai too, which has the form of one; None if it has no such form."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        return langcodes.Language.get(tag.strip())
    except LanguageTagError:
        return None


def _named(name: str) -> Language:
    """The language with that English name; an unknown one if there is none, or too little of one to tell."""
    import langcodes

    try:
        return langcodes.find(name, "en") if len(name.strip()) >= _SHORTEST_NAME else langcodes.Language.make()
    except LookupError:
        return langcodes.Language.make()


def _nearest(tag: str) -> str:
    """What may have been meant: the language of the country that has this code, or the name that is spelt most alike."""
    import langcodes
    from langcodes.data_dicts import LANGUAGE_ALPHA3

    country = langcodes.Language.make(territory=tag.strip().upper())
    spoken = country.maximize().language
    if country.is_valid() and spoken not in (None, _OF_NO_COUNTRY):
        return f" (did you mean {spoken!r}?)"
    if len(tag.strip()) < _SHORTEST_NAME:
        return ""
    names = [langcodes.Language.get(code).language_name() for code in LANGUAGE_ALPHA3]
    return nearest(tag, names)
