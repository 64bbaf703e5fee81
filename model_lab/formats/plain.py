"""Plain text as other programs write it: the lines of a file, in one encoding."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from model_lab.errors import BadManifest

_OTHERS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def decoded(content: bytes, origin: str) -> str:
    """The text of ``content``, UTF-8 with or without a byte order mark.

    Raises `BadManifest`, which begins with ``origin``, for another encoding and for zero bytes.

    >>> decoded(b"\\xef\\xbb\\xbfone", "a.txt")
    'one'
    """
    for mark, encoding in _OTHERS.items():
        if content.startswith(mark):
            raise BadManifest(f"{origin} is {encoding}; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadManifest(f"{origin} is not UTF-8 (byte {content[error.start]:#04x}); save it as UTF-8") from None
    if "\0" in text:
        raise BadManifest(f"{origin} has a zero byte; expected text in UTF-8")
    return text


def lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not blank, each with its number, from 1. Raises `BadManifest` unless it is text in UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadManifest(f"{path} cannot be read ({error.strerror}); expected a text file") from None
    numbered = enumerate(re.split(r"\r\n?|\n", decoded(content, str(path))), 1)
    return [(number, line) for number, line in numbered if line.strip()]
