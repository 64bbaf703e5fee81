"""uv, which installs every package: found, told where to look, and its complaints on one line.

No index is ever named here: uv's own settings say where packages come from, and pip's, which uv does not read, are handed on.
"""

from __future__ import annotations

import ast
import errno
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache as cache_of_function
from pathlib import Path

from model_lab import cache

Say = Callable[[str], None]

_PATIENCE_S = 15.0
"""After this long without a word from uv, it is said that it is still at work."""

_LENGTH = 400
"""The longest complaint, in characters."""

_FLAGS = {
    "find-links": "--find-links",
    "index-url": "--index-url",
    "extra-index-url": "--extra-index-url",
    "trusted-host": "--allow-insecure-host",
}
_VARIABLES = {"cert": ("SSL_CERT_FILE",), "proxy": ("HTTPS_PROXY", "HTTP_PROXY")}


@dataclass(frozen=True)
class Resolution:
    """What uv found to fit together (``NAME==VERSION``), or ``trouble``: why nothing does."""

    packages: tuple[str, ...] = ()
    trouble: str = ""


def uv() -> str:
    """The program, out of the package of that name."""
    from uv import find_uv_bin

    return find_uv_bin()


def run(words: Iterable[str | Path], say: Say | None = None, variables: Mapping[str, str] = {}, timeout_s: float = 3600.0) -> str:
    """Run uv in an empty folder, where no project's settings are; returns its complaint on one line, empty if it did well.

    ``say`` is told each step that takes a while, and every quarter of a minute that the last one goes on. Raises `OSError` if a disk
    is full or the temporary folder cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="model-lab-uv-") as empty:
        process = subprocess.Popen(
            [uv(), *map(str, words)],
            cwd=empty,
            env=environment() | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        try:
            said = _listen(process, say or (lambda step: None), timeout_s)
        finally:
            process.kill()
            process.wait()
    if said is None:
        return f"uv found no answer within {timeout_s:.0f} s"
    return failure(said) if process.returncode else ""


def resolve(
    requirements: Iterable[str], *flags: str, constraints: str = "", timeout_s: float = 900.0, variables: Mapping[str, str] = {}
) -> Resolution:
    """Which versions ``requirements`` come to, for this Python, if there are any; nothing is installed."""
    with tempfile.TemporaryDirectory(prefix="model-lab-resolve-") as scratch:
        out = Path(scratch, "resolved.txt")
        words: list[str | Path] = [
            "pip",
            "compile",
            "--quiet",
            "--no-header",
            "--no-annotate",
            "--python",
            sys.executable,
            "--output-file",
            out,
        ]
        asked = _written(Path(scratch), requirements, constraints)
        if trouble := run([*words, *settings(), *flags, *asked], None, variables, timeout_s):
            return Resolution(trouble=trouble)
        return Resolution(tuple(line for line in out.read_text("utf-8").split("\n") if line and not line.startswith("#")))


def install(requirements: Iterable[str], python: Path, *flags: str, constraints: str = "", say: Say | None = None) -> str:
    """Install into the environment of ``python``; returns uv's complaint, empty if there is none."""
    with tempfile.TemporaryDirectory(prefix="model-lab-install-") as scratch:
        asked = _written(Path(scratch), requirements, constraints)
        return run(["pip", "install", "--python", python, *settings(), *flags, "--requirement", *asked], say)


def _written(folder: Path, requirements: Iterable[str], constraints: str) -> list[str | Path]:
    """The files of requirements and constraints, as words of a command."""
    wanted, tested = folder / "requirements.in", folder / "constraints.txt"
    wanted.write_text("\n".join(requirements) + "\n", "utf-8")
    tested.write_text(constraints, "utf-8")
    return [wanted, "--constraint", tested]


def settings() -> list[str]:
    """Where pip is told to look, as flags for uv, which would also take a package from one index only."""
    said = _pip_settings()
    places = [part for key, flag in _FLAGS.items() for value in said.get(key, "").split() for part in (flag, _anywhere(value))]
    alone = ["--no-index"] if said.get("no-index", "").lower() in ("1", "true", "yes", "on") else []
    return ["--index-strategy", "unsafe-best-match", *alone, *places]


def _anywhere(place: str) -> str:
    """A folder in a form that is right in any other; an address as it is."""
    return os.path.abspath(place) if os.path.exists(place) else place


def environment() -> dict[str, str]:
    """The environment variables uv runs with: its own cache beside what it installs, pip's certificates and proxy."""
    said = _pip_settings()
    told = {name: said[key] for key, names in _VARIABLES.items() if key in said for name in names}
    ours = {"UV_CACHE_DIR": str(cache.folder("uv")), "UV_PYTHON_DOWNLOADS": "never"}
    return told | ours | os.environ | {"COLUMNS": str(_LENGTH), "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}


def drop_cached() -> None:
    """Free what uv keeps of finished installations, unless its cache is the user's own: the next one downloads again."""
    if "UV_CACHE_DIR" not in os.environ and cache.folder("uv").is_dir():
        run(["cache", "prune", "--ci"])


def failure(said: str) -> str:
    """Why uv failed, on one line. Raises `OSError`, with the path as far as it is known, if it is that a disk is full."""
    if (full := os.strerror(errno.ENOSPC)) in said:
        named = re.search(r"`(/[^`]+)`", said)
        raise OSError(errno.ENOSPC, full, named[1] if named else str(cache.root()))
    return complaint(said)


def complaint(said: str) -> str:
    """The line of uv's that decides: the last facts that contradict each other, or the first error with its last cause.

    >>> complaint("error: No solution found\\n  cause: Because there is no version of a==1 and you require a==1, we can conclude that no.")
    'there is no version of a==1 and you require a==1'
    >>> complaint("error: Failed to fetch: `x`\\n  cause: client error\\n  cause: name not known")
    'Failed to fetch: `x`: name not known'
    """
    facts = re.findall(r"^\W*(?:cause: )?(?:And b|B)ecause (.+?)(?:,? we can conclude.*)?$", said, re.MULTILINE)[-3:]
    if not facts:
        lines = [re.sub(r"^[\W_]+", "", line).strip() for line in said.splitlines()]
        error = next((line.partition(":")[2] for line in lines if line.lower().startswith("error:")), "")
        causes = [line.partition(":")[2] for line in lines if line.lower().startswith(("cause:", "caused by:"))]
        sums = re.findall(r"((?:Expected|Computed):)\s+(\S+)", said)
        text = ": ".join(part.strip() for part in (error, *causes[-1:], " ".join(map(" ".join, sums)).lower()) if part.strip())
        facts = [text or next((line for line in reversed(lines) if line), "no message")]
    text = "; ".join(fact.strip().rstrip(".") for fact in facts)
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def _listen(process: subprocess.Popen[str], say: Say, timeout_s: float) -> str | None:
    """All that uv says, until it ends; None if that takes too long."""
    assert process.stderr is not None
    heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def hear(stream: Iterable[str]) -> None:
        for line in stream:
            heard.put(line)
        heard.put(None)

    threading.Thread(target=hear, args=(process.stderr,), daemon=True).start()
    lines, began, last = list[str](), time.monotonic(), "uv is at work"
    while True:
        try:
            line = heard.get(timeout=min(_PATIENCE_S, timeout_s))
        except queue.Empty:
            if time.monotonic() - began >= timeout_s:
                return None
            say(f"{last}, {time.monotonic() - began:.0f} s so far")
            continue
        if line is None:
            process.wait()
            return "".join(lines)
        lines.append(line)
        if step := re.match(r"\s*((?:Downloading|Building|Resolved|Prepared|Installed) .+)", line):
            say(last := step[1])


def _pip_settings() -> dict[str, str]:
    """Pip's settings by name, if this Python has pip: its files', then its environment variables'."""
    return _asked_of_pip(
        sys.executable, tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith("PIP_")))
    )


@cache_of_function
def _asked_of_pip(python: str, variables: tuple[tuple[str, str], ...]) -> dict[str, str]:
    listing = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(listing, capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for where in ("global", "install", ":env:"):
        for key, value in re.findall(rf"^{where}\.([\w-]+)=('.*'|\".*\")$", done.stdout, re.MULTILINE):
            found[key] = ast.literal_eval(value)
    return found
