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
    r"""Text in UTF-8, with or without a byte order mark.

    Args:
        content: The bytes of a file, or of a part of it.
        origin: What a message begins with: the file, or the line.

    Returns:
        The text, without the mark.

    Raises:
        BadManifest: For another encoding and for zero bytes.

    Example:
        >>> decoded(b"\xef\xbb\xbfone", "a.txt")
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


def content_of(path: Path, what: str = "a file") -> bytes:
    """The bytes of a file.

    Args:
        path: The file.
        what: What it is expected to be, for the message.

    Returns:
        Its bytes.

    Raises:
        BadManifest: If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadManifest(f"{path} cannot be read ({error.strerror}); expected {what}") from None


def lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not blank.

    Args:
        path: The file.

    Returns:
        Each line with its number, from 1.

    Raises:
        BadManifest: Unless the file is text in UTF-8.
    """
    numbered = enumerate(re.split(r"\r\n?|\n", decoded(content_of(path, "a text file"), str(path))), 1)
    return [(number, line) for number, line in numbered if line.strip()]
