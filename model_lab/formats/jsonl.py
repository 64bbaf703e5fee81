"""JSONL manifests: one JSON object a line.

Source:
    JSON Lines (https://jsonlines.org) over RFC 8259, which has no NaN and no infinite numbers, and where an object has each name once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from model_lab.errors import BadManifest
from model_lab.formats import plain

Row = dict[str, Any]


def write(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as lines of JSON.

    Args:
        rows: Objects of what JSON holds.

    Returns:
        The file's text: a line for each row.

    Raises:
        ValueError: For a number that is NaN or infinite.

    Example:
        >>> print(write([{"id": "a", "text": "grüß dich"}]), end="")
        {"id": "a", "text": "grüß dich"}
    """
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)


def read(path: Path) -> list[tuple[int, Row]]:
    """The rows of a file.

    Args:
        path: A file in UTF-8, with or without a byte order mark.

    Returns:
        Each row with the number of its line, from 1; blank lines are skipped.

    Raises:
        BadManifest: As `rows`, and for a file that cannot be read.
    """
    return list(rows(plain.content_of(path, "a JSONL manifest"), path))


def rows(content: bytes, path: Path) -> Iterator[tuple[int, Row]]:
    """The rows in the content of a file.

    Args:
        content: UTF-8, with or without a byte order mark.
        path: The file, for messages.

    Yields:
        Each row with the number of its line, from 1; blank lines are skipped.

    Raises:
        BadManifest: For a line that is not a JSON object, naming it.
    """
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            yield number, row(line, f"{path}:{number}")


def row(line: bytes, origin: str) -> Row:
    """The object on one line.

    Args:
        line: The line.
        origin: ``FILE:LINE`` for the message.

    Returns:
        Its fields.

    Raises:
        BadManifest: It is not a JSON object.
    """
    try:
        fields = json.loads(plain.decoded(line, f"{origin}: this line"), parse_constant=_refused, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise BadManifest(f"{origin}: not JSON ({error.msg} at column {error.colno}); expected one object a line") from None
    except (RecursionError, ValueError) as error:
        raise BadManifest(f"{origin}: not usable JSON ({error}); expected one object a line") from None
    if not isinstance(fields, dict):
        raise BadManifest(f"{origin}: a {type(fields).__name__}; expected a JSON object with the sample's columns")
    return fields


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not a number in JSON")


def _object(pairs: list[tuple[str, Any]]) -> Row:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is repeated")
    return fields
