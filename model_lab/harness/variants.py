"""Names of variants: a model with other options than its own, ``NAME@OPTION=VALUE,OPTION=VALUE``.

A variant is a model of its own to everything that compares, ranks and stores. Its name is the name of its folder in a run, so values
are written in the characters of every file system, the others percent-encoded; options are in alphabetical order, and one that has its
default value is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import yaml

from model_lab.errors import BadConfig

MARK = "@"
LONGEST = 150
"""Characters of a name: folders' names may have 255, and some hold more than the model."""


def name(base: str, options: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The name of ``base`` with ``options``.

    >>> defaults = {"beam_size": 5, "language": "en", "prompt": ""}
    >>> name("whisper", {"language": "de", "beam_size": 1, "prompt": ""}, defaults)
    'whisper@beam_size=1,language=de'
    >>> name("whisper", {"prompt": "a, b/c"}, defaults), name("whisper", {"beam_size": 5}, defaults)
    ('whisper@prompt=a%2C%20b%2Fc', 'whisper')

    Raises `BadConfig` if it would be too long for a folder.
    """
    changed = [f"{key}={_written(value)}" for key, value in sorted(options.items()) if not _same(value, defaults.get(key))]
    found = f"{base}{MARK}{','.join(changed)}" if changed else base
    if len(found) > LONGEST:
        raise BadConfig(
            f"the options of {base} make a name of {len(found)} characters, and {LONGEST} fit; give it a model of its own: model-lab new model"
        )
    return found


def options(told: str, whole: str) -> dict[str, Any]:
    """The options in the part of a name behind the mark; ``whole`` is the name, for messages. Values are read as YAML.

    >>> options("beam_size=1,prompt=a%2C%20b", "whisper@beam_size=1,prompt=a%2C%20b")
    {'beam_size': 1, 'prompt': 'a, b'}

    Raises `BadConfig` if it is not OPTION=VALUE,OPTION=VALUE, or names an option twice.
    """
    found: dict[str, Any] = {}
    for pair in told.split(","):
        key, mark, value = pair.partition("=")
        if not (key and mark) or key in found:
            raise BadConfig(
                f"{whole!r} is not MODEL@OPTION=VALUE,OPTION=VALUE with each option once; for example whisper@beam_size=1"
            )
        found[key] = value_of(unquote(value), f"{whole!r}")
    return found


def value_of(text: str, where: str) -> Any:
    """The value of an option, read as YAML; raises `BadConfig` if it is not."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadConfig(
            f"{where}: {text!r} is not a value ({' '.join(str(error).split())}); put text with signs in it in quotes"
        ) from None


def _same(value: Any, default: Any) -> bool:
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def _written(value: Any) -> str:
    """A value so that reading it as YAML gives it back: text as it is where that is text to YAML, too."""
    plain = isinstance(value, str) and _reads_as_itself(value)
    return quote(value if plain else json.dumps(value, ensure_ascii=False, default=str), safe="")


def _reads_as_itself(text: str) -> bool:
    try:
        return bool(yaml.safe_load(text) == text)
    except yaml.YAMLError:
        return False
