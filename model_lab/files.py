"""Files that appear whole or not at all, and what is said when the disk refuses."""

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
    """Replace ``path`` by one JSON value a line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


@contextmanager
def held(folder: Path, busy: str) -> Iterator[None]:
    """Keep other processes from writing into ``folder``, which is made; raises `StoreError` with ``busy`` at once if one does."""
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
    """Turn the disk's refusals to write ``path`` into a `StoreError` of one sentence."""
    try:
        yield
    except OSError as error:
        if sentence := refusal(error, path):
            raise StoreError(sentence) from None
        raise


def refusal(error: OSError, path: Path) -> str:
    """What to tell a person whose disk refused ``path``, and what to use instead; empty if ``error`` is of another kind."""
    cached = path.is_relative_to(cache.root())
    elsewhere = (
        f"name another cache folder with {cache.VARIABLE}=/path/to/folder" if cached else "choose another folder with --runs"
    )
    if error.errno in _FULL:
        space = f"free some space or {elsewhere}," if cached else "free some space"
        return (
            f"the disk holding {error.filename or path} is full; {space} and run the same command again, nothing written is lost"
        )
    if error.errno in _REFUSED:
        cannot = "cannot be used for the cache" if cached else "cannot be written"
        return f"{error.filename or path} {cannot} ({os.strerror(error.errno)}); {elsewhere}"
    return ""


def unforeseen(error: OSError) -> str:
    """The same for an error that nobody expected where it happened: of a full disk, or of the cache. Empty if it is of another kind."""
    named, root = Path(error.filename) if isinstance(error.filename, str) else None, cache.root()
    if named is not None and (named.is_relative_to(root) or root.is_relative_to(named)):
        return refusal(error, root)
    if error.errno in _FULL:
        return f"the disk{f' holding {named}' if named else ''} is full; free some space and run the same command again"
    return ""
