"""Files that appear whole or not at all, and what is said when the disk refuses."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_lab.errors import StoreError

LOCK = ".lock"
"""The file in a folder by which a process holds it."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG)


def utf8(name: str | os.PathLike[str]) -> str:
    """A name as text that can be written down: bytes that are not UTF-8 as ``\\xe9``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def shown(path: str | os.PathLike[str]) -> str:
    """A path for a message of one line: as `utf8`, and what cannot be printed is escaped.

    >>> print(shown("two\\nlines.wav"), shown("caf\\udce9.wav"))
    two\\nlines.wav caf\\xe9.wav
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in utf8(path))


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``, fsynced, whole or not at all. Raises `StoreError` if the disk refuses.

    A name in it that is not UTF-8 is written as JSON writes it, ``\\udce9``.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """As `write_text`."""
    partial = path.with_name(path.name + ".partial")
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)


def write_json(path: Path, data: Any) -> None:
    """Replace ``path`` by ``data`` as indented JSON."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Replace ``path`` by one JSON value a line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


@contextmanager
def held(folder: Path, busy: str) -> Iterator[None]:
    """Keep other processes from writing into ``folder``, which is made; raises `StoreError` with ``busy`` at once if one does."""
    import filelock

    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / LOCK)
    try:
        with told(folder):
            lock.acquire(timeout=0)
    except filelock.Timeout:
        raise StoreError(busy) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn the disk's refusals to write ``path`` into a `StoreError` of one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreError(
                f"the disk holding {path} is full; free some space and run the same command again, nothing written is lost"
            ) from None
        if error.errno in _REFUSED:
            reason = os.strerror(error.errno)
            raise StoreError(f"{path} cannot be written ({reason}); choose another folder with --runs") from None
        raise
