"""Files inside a compiled Qt resource file (``.rcc``), versions 1 to 3, as Qt's qresource.cpp reads them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from model_lab.errors import BadConfig

_COMPRESSED, _DIRECTORY = 0x01, 0x02
_NODE_BYTES = {1: 14, 2: 22, 3: 22}


def members(path: Path) -> dict[str, bytes]:
    """The path of every file in it and its content; raises `BadConfig` if ``path`` is not such a file."""
    content = path.read_bytes()
    magic, version, tree, data, names = struct.unpack_from(">4s4I", content.ljust(20, b"\0"))
    if magic != b"qres" or version not in _NODE_BYTES:
        raise BadConfig(f"recipe: {path.name} is no Qt resource file of version 1 to 3; correct the card")

    def walk(node: int, folder: str) -> Iterator[tuple[str, bytes]]:
        at = tree + node * _NODE_BYTES[version]
        name_at, flags = struct.unpack_from(">IH", content, at)
        name = f"{folder}/{_text(content, names + name_at)}" if node else ""
        if flags & _DIRECTORY:
            count, first = struct.unpack_from(">II", content, at + 6)
            for child in range(first, first + count):
                yield from walk(child, name)
        else:
            (data_at,) = struct.unpack_from(">I", content, at + 10)
            yield name, _blob(content, data + data_at, bool(flags & _COMPRESSED))

    return dict(walk(0, ""))


def _text(content: bytes, at: int) -> str:
    """A name: its length, a hash, UTF-16."""
    (length,) = struct.unpack_from(">H", content, at)
    return content[at + 6 : at + 6 + 2 * length].decode("utf-16-be")


def _blob(content: bytes, at: int, compressed: bool) -> bytes:
    """What a file holds: its size, then its bytes; compressed ones start with their size unpacked."""
    (size,) = struct.unpack_from(">I", content, at)
    stored = content[at + 4 : at + 4 + size]
    return zlib.decompress(stored[4:]) if compressed else stored
