"""The files that a loader names for download: announced with their size, resumed after a break, verified by MD5."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model_lab.downloads import Progress
from model_lab.errors import NotRunnable

_TRIES = 4
_IDENTITY = {"Accept-Encoding": "identity"}


def fetch_all(name: str, remotes: Iterable[Any], home: Path, progress: Progress) -> None:
    """Download what is not there yet, to where the library looks for it.

    Args:
        name: The dataset, for progress and messages.
        remotes: ``RemoteFileMetadata`` of the library.
        home: The dataset's folder.
        progress: Called with bytes received and expected; the label says if the size is not known.

    Raises:
        NotRunnable: The server refuses, breaks off again and again, or sends a file with another checksum.
    """
    import httpx2

    absent = {target(remote, home): remote for remote in remotes if not target(remote, home).is_file()}
    with httpx2.Client(follow_redirects=True, timeout=60) as client:
        sizes = [_size(client, remote.url) for remote in absent.values()]
        total = sum(size or 0 for size in sizes)
        known = f"{total / 1e6:.1f} MB" if None not in sizes else f"{total / 1e6:.1f} MB and files of unknown size"
        label, done = f"{name}: downloading {known}", 0
        progress(label, 0, total)
        for path, remote in absent.items():
            _fetch(client, name, remote, path, lambda size, before=done: progress(label, before + size, total))
            done += path.stat().st_size
        progress(label, done, total)


def total(remotes: Iterable[Any], home: Path) -> int | None:
    """Bytes of the files that are not there yet; None if a server does not say."""
    import httpx2

    with httpx2.Client(follow_redirects=True, timeout=10) as client:
        sizes = [_size(client, remote.url) for remote in remotes if not target(remote, home).is_file()]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def target(remote: Any, home: Path) -> Path:
    """Where the library expects a downloaded file."""
    return home / (remote.destination_dir or "") / str(remote.filename)


def _size(client: Any, url: str) -> int | None:
    """Bytes of a file; None if the server does not say."""
    import httpx2

    try:
        answer = client.head(url, headers=_IDENTITY)
        return int(answer.headers["content-length"]) if answer.is_success else None
    except (httpx2.HTTPError, KeyError, ValueError):
        return None


def _fetch(client: Any, name: str, remote: Any, path: Path, received: Any) -> None:
    import httpx2

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    for attempt in range(_TRIES):
        try:
            _continue(client, remote.url, partial, received)
            break
        except httpx2.HTTPStatusError as error:
            raise NotRunnable(
                f"{name}: {remote.url} answers {error.response.status_code}; expected the file: see the dataset's page, or place it at {path}"
            ) from None
        except httpx2.TransportError as error:
            if attempt == _TRIES - 1:
                raise NotRunnable(
                    f"{name}: the download of {remote.url} broke off ({error}); run the command again, it goes on where it was"
                ) from None
    with partial.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "md5").hexdigest()
    if remote.checksum and checksum != remote.checksum:
        partial.unlink()
        raise NotRunnable(
            f"{name}: {remote.url} has the MD5 {checksum}; expected {remote.checksum}: it was changed since the loader was written, "
            "or damaged on the way; run the command again"
        )
    partial.rename(path)


def _continue(client: Any, url: str, partial: Path, received: Any) -> None:
    """Append to ``partial`` what it lacks."""
    have = partial.stat().st_size if partial.exists() else 0
    with client.stream("GET", url, headers=_IDENTITY | ({"Range": f"bytes={have}-"} if have else {})) as answer:
        if answer.status_code == 416:  # nothing is left: the break came after the last byte
            return
        answer.raise_for_status()
        resumed = answer.status_code == 206
        have = have if resumed else 0
        with partial.open("ab" if resumed else "wb") as out:
            for block in answer.iter_raw():
                out.write(block)
                have += len(block)
                received(have)
