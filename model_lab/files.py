"""Atomic file writing, folder locks, and messages for errors of the file system."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_lab import cache
from model_lab.errors import StoreError

LOCK = ".lock"
"""The lock file in a folder that a process uses."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG)


def utf8(name: str | os.PathLike[str]) -> str:
    """A name as valid UTF-8 text; other bytes are escaped as ``\\xe9``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def shown(path: str | os.PathLike[str]) -> str:
    """A path for a one-line message: as `utf8`, with non-printable characters escaped.

    >>> print(shown("two\\nlines.wav"), shown("caf\\udce9.wav"))
    two\\nlines.wav caf\\xe9.wav
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in utf8(path))


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` atomically, with fsync. Raises `StoreError` if it cannot be written.

    Surrogates of names that are not UTF-8 are escaped as in JSON, ``\\udce9``.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``, like `write_text`."""
    partial = path.with_name(path.name + ".partial")
    with translate_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def write_json(path: Path, data: Any) -> None:
    """Replace ``path`` by ``data`` as indented JSON."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Replace ``path`` by one JSON value per line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


@contextmanager
def lock_folder(folder: Path, busy: str) -> Iterator[None]:
    """Lock ``folder``, created if necessary, against other processes. Raises `StoreError` with the message ``busy`` if it is locked."""
    import filelock

    with translate_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / LOCK)
    try:
        with translate_os_errors(folder):
            lock.acquire(timeout=0)
    except filelock.Timeout:
        raise StoreError(busy) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def translate_os_errors(path: Path) -> Iterator[None]:
    """Translate errors of writing ``path`` into `StoreError` with a one-sentence message."""
    try:
        yield
    except OSError as error:
        if sentence := refusal(error, path):
            raise StoreError(sentence) from None
        raise


def refusal(error: OSError, path: Path) -> str:
    """The message for a failed write of ``path``, with an alternative; empty if ``error`` is of another kind."""
    in_cache = path.is_relative_to(cache.root())
    alternative = (
        f"name another cache folder with {cache.VARIABLE}=/path/to/folder" if in_cache else "choose another folder with --runs"
    )
    if error.errno in _FULL:
        space = f"free some space or {alternative}," if in_cache else "free some space"
        return (
            f"the disk holding {error.filename or path} is full; {space} and run the same command again; completed work is kept"
        )
    if error.errno in _REFUSED:
        cannot = "cannot be used for the cache" if in_cache else "cannot be written"
        return f"{error.filename or path} {cannot} ({os.strerror(error.errno)}); {alternative}"
    return ""


def unexpected_error_message(error: OSError) -> str:
    """The message for an error that was not handled where it occurred: a full disk, or the cache. Empty if it is of another kind."""
    path, root = Path(error.filename) if isinstance(error.filename, str) else None, cache.root()
    if path is not None and (path.is_relative_to(root) or root.is_relative_to(path)):
        return refusal(error, root)
    if error.errno in _FULL:
        return f"the disk{f' holding {path}' if path else ''} is full; free some space and run the same command again"
    return ""
