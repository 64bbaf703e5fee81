"""Language tags: which language a tag names, which are the same, and how they are written.

Tags are those of BCP 47 (``en``, ``en-US``, ``zh-Hant-TW``) with the codes of ISO 639-1, 639-2 or 639-3 (``eng``, ``ger``,
``yue``), in any case, with ``-`` or ``_``; English names are accepted too. All data comes from langcodes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from model_lab.deprecation import renamed
from model_lab.errors import nearest

if TYPE_CHECKING:
    from langcodes import Language

ENGLISH = "en"
_NO_LANGUAGE = ("mis", "mul", "und", "zxx")
"""Codes of ISO 639 that do not name a single known language."""

_GROUPS = {"nb": "no", "nn": "no"}
"""Language -> its macrolanguage (ISO 639-3), whose code datasets and models use as well."""

_UNSPACED_SCRIPTS = ("Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr")
_ABJADS = ("Arab", "Hebr", "Syrc")
_SHORTEST_NAME = 4
_DEFAULT = "en"
"""The language that CLDR gives for a territory it has no data for."""
_VOWELS_ALWAYS = ("ks", "yi")
"""Languages in an abjad script that write all vowels: Kashmiri, Yiddish."""


def canonical(tag: str) -> str:
    """The code of the language that ``tag`` names: ISO 639-1 where it has one, else ISO 639-3.

    Region, script and variant are dropped, and the standard language of a macrolanguage gets its code (``cmn``: ``zh``). Raises
    `ValueError`, with the nearest language, for anything that names no language.

    >>> [canonical(tag) for tag in ("en-US", "EN", "eng", "English", "zh_Hant_TW", "cmn", "yue", "iw")]
    ['en', 'en', 'en', 'en', 'zh', 'zh', 'yue', 'he']
    """
    if not isinstance(tag, str):
        raise ValueError(f"{tag!r} is of type {type(tag).__name__}; expected a language tag as text such as en, en-US or yue")
    return _code(tag)


@lru_cache(maxsize=4096)
def _code(tag: str) -> str:
    language = _parse(tag)
    if language is None or not language.is_valid():
        language = _find_by_name(tag)
    code = language.prefer_macrolanguage().language
    if not code or not code.isalpha() or code in _NO_LANGUAGE or "qaa" <= code <= "qtz" or not language.is_valid():
        raise ValueError(
            f"{tag!r} names no language{_nearest(tag)}; expected a tag of ISO 639 or BCP 47 such as en, en-US or yue"
        )
    return code


def code_or_empty(tag: str) -> str:
    """The code of the language that ``tag`` names, empty where it names none, for unchecked tags such as those of a model.

    >>> code_or_empty("zh-Hans"), code_or_empty("xx"), code_or_empty("")
    ('zh', '', '')
    """
    try:
        return canonical(tag)
    except ValueError:
        return ""


def same_language(one: str, other: str) -> bool:
    """Whether two tags name the same language, or one names the macrolanguage of the other.

    Invalid tags are never the same.

    >>> same_language("en-US", "eng"), same_language("no", "nb"), same_language("nn", "nb"), same_language("zh", "yue"), same_language("xx", "xx")
    (True, True, False, False, False)
    """
    first, second = code_or_empty(one), code_or_empty(other)
    return (first == second != "") or _GROUPS.get(first) == second or _GROUPS.get(second) == first


def unspaced(tag: str) -> bool:
    """Whether the language is written without spaces between words.

    >>> [tag for tag in ("en", "zh-TW", "yue", "ja", "ko", "th", "lo", "km", "my", "vi", "hi") if unspaced(tag)]
    ['zh-TW', 'yue', 'ja', 'th', 'lo', 'km', 'my']
    """
    return _script(canonical(tag)) in _UNSPACED_SCRIPTS


def vowel_marks_optional(tag: str) -> bool:
    """Whether the language is usually written without vowel marks, which occur in children's books and scripture.

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


def _parse(tag: str) -> Language | None:
    """The language of a syntactically valid tag (which names of four letters such as Thai are too); else None."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        return langcodes.Language.get(tag.strip())
    except LanguageTagError:
        return None


def _find_by_name(name: str) -> Language:
    """The language with that English name; an unknown one if there is none, or the name is too short."""
    import langcodes

    try:
        return langcodes.find(name, "en") if len(name.strip()) >= _SHORTEST_NAME else langcodes.Language.make()
    except LookupError:
        return langcodes.Language.make()


def _nearest(tag: str) -> str:
    """A suggestion: the language of the country with this code, or the most similar name."""
    import langcodes
    from langcodes.data_dicts import LANGUAGE_ALPHA3

    country = langcodes.Language.make(territory=tag.strip().upper())
    main_language = country.maximize().language
    if country.is_valid() and main_language not in (None, _DEFAULT):
        return f" (did you mean {main_language!r}?)"
    if len(tag.strip()) < _SHORTEST_NAME:
        return ""
    names = [langcodes.Language.get(code).language_name() for code in LANGUAGE_ALPHA3]
    return nearest(tag, names)


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"alike": "same_language", "known": "code_or_empty"})
