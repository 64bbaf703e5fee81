"""Names of variants: a model with other options than its own, ``NAME@OPTION=VALUE,OPTION=VALUE``.

Everything that compares, ranks and stores treats a variant as a model of its own. Its name is the name of its folder in a run, so
characters that are not safe on every file system are percent-encoded; options are in alphabetical order, and options with their
default value are left out.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import yaml

from model_lab.errors import BadConfig

MARK = "@"
LONGEST = 150
"""Maximum length of a name: folder names may have 255 characters, and some contain more than the model."""
_HASH = 12


def name(base: str, options: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The name of ``base`` with ``options``.

    >>> defaults = {"beam_size": 5, "language": "en", "prompt": ""}
    >>> name("whisper", {"language": "de", "beam_size": 1, "prompt": ""}, defaults)
    'whisper@beam_size=1,language=de'
    >>> name("whisper", {"prompt": "a, b/c"}, defaults), name("whisper", {"beam_size": 5}, defaults)
    ('whisper@prompt=a%2C%20b%2Fc', 'whisper')

    A name that is too long for a folder has a hash of the options instead, and only the run that contains it knows them:

    >>> name("whisper", {"prompt": "word " * 50}, defaults)
    'whisper@2bb378146067'
    """
    changed = [f"{key}={_written(value)}" for key, value in sorted(options.items()) if not _same(value, defaults.get(key))]
    written_options = ",".join(changed)
    if not written_options:
        return base
    fits = len(base) + 1 + len(written_options) <= LONGEST
    return f"{base}{MARK}{written_options if fits else hashlib.sha256(written_options.encode()).hexdigest()[:_HASH]}"


def hashed(name: str) -> bool:
    """Whether a name contains a hash of its options instead of the options.

    >>> hashed("whisper@0123456789ab"), hashed("whisper@beam_size=1"), hashed("whisper")
    (True, False, False)
    """
    return bool(re.fullmatch(rf"[^{MARK}]+{MARK}[0-9a-f]{{{_HASH}}}", name))


def options(text: str, whole: str) -> dict[str, Any]:
    """The options in the part of a name after the mark; ``whole`` is the full name, for messages. Values are read as YAML.

    >>> options("beam_size=1,prompt=a%2C%20b", "whisper@beam_size=1,prompt=a%2C%20b")
    {'beam_size': 1, 'prompt': 'a, b'}

    Raises `BadConfig` if it is not OPTION=VALUE,OPTION=VALUE, or names an option twice.
    """
    values: dict[str, Any] = {}
    for pair in text.split(","):
        key, mark, value = pair.partition("=")
        if not (key and mark) or key in values:
            raise BadConfig(
                f"{whole!r} is not MODEL@OPTION=VALUE,OPTION=VALUE with each option once; for example whisper@beam_size=1"
            )
        values[key] = value_of(unquote(value), f"{whole!r}")
    return values


def value_of(text: str, where: str) -> Any:
    """The value of an option, read as YAML 1.2; raises `BadConfig` if it is not.

    >>> [value_of(text, "") for text in ("no", "true", "1e-3", "12:30", "010")]
    ['no', True, 0.001, '12:30', '010']
    """
    try:
        return yaml.load(text, _YamlReader)
    except yaml.YAMLError as error:
        raise BadConfig(
            f"{where}: {text!r} is not a value ({' '.join(str(error).split())}); put text with special characters in quotes"
        ) from None


def fitted(value: Any, default: Any) -> Any:
    """The value of an option in the type of its default, so that one value has one name; unchanged if the default is None.

    >>> fitted(3, 8.0), fitted(2.0, 5), fitted(0.5, 5), fitted(None, "en"), fitted("a", None)
    (3.0, 2, 0.5, '', 'a')

    Raises `ValueError` with what is expected if it is of another type.
    """
    if isinstance(default, bool):
        return _required(value, isinstance(value, bool), "true or false")
    if isinstance(default, int | float):
        number = not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
        return _number(_required(value, number, "a number"), default)
    if isinstance(default, str):
        return "" if value is None else _required(value, isinstance(value, str), "text (a number or true in quotes)")
    if default is None:
        return value
    return _required(value, isinstance(value, type(default)), f"a {type(default).__name__}")


def _required(value: Any, fits: bool, expected: str) -> Any:
    if not fits:
        raise ValueError(expected)
    return value


def _number(value: float, default: float) -> float:
    if isinstance(default, float):
        return float(value)
    return int(value) if value == int(value) else value


def _same(value: Any, default: Any) -> bool:
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def _written(value: Any) -> str:
    """A value as text that YAML reads back as the same value."""
    try:
        text = yaml.dump(value, Dumper=_YamlWriter, default_flow_style=True, allow_unicode=True, width=math.inf)
    except yaml.YAMLError:  # of a type that YAML cannot represent
        text = str(value)
    return quote(text.removesuffix("...\n").rstrip("\n"), safe="")


class _YamlReader(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does: ``no`` is a language, ``12:30`` and ``2026-01-31`` are text, ``1e-3`` is a number."""


class _YamlWriter(yaml.SafeDumper):
    """Writes what `_YamlReader` reads."""


_WORDS = {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    "null": r"~|null|Null|NULL|",
}
for _kind in (_YamlReader, _YamlWriter):
    _kind.yaml_implicit_resolvers = {}
    for _tag, _pattern in _WORDS.items():
        _kind.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^({_pattern})$"), None)
