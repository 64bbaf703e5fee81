"""Runs uv, which installs all packages, with the package sources of pip, and reduces its errors to one line.

No index is named here: the settings of uv determine where packages come from, and those of pip, which uv does not read, are passed on.
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

_QUIET_S = 15.0
"""Seconds without output from uv after which progress is reported."""

_LENGTH = 400
"""Maximum length of an error message, in characters."""

_FLAGS = {
    "find-links": "--find-links",
    "index-url": "--index-url",
    "extra-index-url": "--extra-index-url",
    "trusted-host": "--allow-insecure-host",
}
_VARIABLES = {"cert": ("SSL_CERT_FILE",), "proxy": ("HTTPS_PROXY", "HTTP_PROXY")}


@dataclass(frozen=True)
class Resolution:
    """The resolved packages (``NAME==VERSION``), or ``trouble``: why there is no solution."""

    packages: tuple[str, ...] = ()
    trouble: str = ""


def uv() -> str:
    """The path of the uv program from the package ``uv``."""
    from uv import find_uv_bin

    return find_uv_bin()


def run(words: Iterable[str | Path], say: Say | None = None, variables: Mapping[str, str] = {}, timeout_s: float = 3600.0) -> str:
    """Run uv in an empty folder, away from any project settings; returns its error on one line, empty on success.

    ``say`` receives each longer step, and every 15 s that the last one is still running. Raises `OSError` if the disk is full or the
    temporary folder cannot be used.
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
            output = _listen(process, say or (lambda step: None), timeout_s)
        finally:
            process.kill()
            process.wait()
    if output is None:
        return f"uv did not finish within {timeout_s:.0f} s"
    return failure(output) if process.returncode else ""


def resolve(
    requirements: Iterable[str], *flags: str, constraints: str = "", timeout_s: float = 900.0, variables: Mapping[str, str] = {}
) -> Resolution:
    """Resolve ``requirements`` to versions for this Python, without installing them."""
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
        inputs = _written(Path(scratch), requirements, constraints)
        if trouble := run([*words, *settings(), *flags, *inputs], None, variables, timeout_s):
            return Resolution(trouble=trouble)
        return Resolution(tuple(line for line in out.read_text("utf-8").split("\n") if line and not line.startswith("#")))


def install(requirements: Iterable[str], python: Path, *flags: str, constraints: str = "", say: Say | None = None) -> str:
    """Install into the environment of ``python``; returns the error of uv, empty on success."""
    with tempfile.TemporaryDirectory(prefix="model-lab-install-") as scratch:
        inputs = _written(Path(scratch), requirements, constraints)
        return run(["pip", "install", "--python", python, *settings(), *flags, "--requirement", *inputs], say)


def _written(folder: Path, requirements: Iterable[str], constraints: str) -> list[str | Path]:
    """Write the files of requirements and constraints; returns them as command-line arguments."""
    requirements_file, constraints_file = folder / "requirements.in", folder / "constraints.txt"
    requirements_file.write_text("\n".join(requirements) + "\n", "utf-8")
    constraints_file.write_text(constraints, "utf-8")
    return [requirements_file, "--constraint", constraints_file]


def settings() -> list[str]:
    """The package sources of pip as flags for uv, which by default takes a package from one index only."""
    pip = _pip_settings()
    sources = [part for key, flag in _FLAGS.items() for value in pip.get(key, "").split() for part in (flag, _absolute(value))]
    offline = ["--no-index"] if pip.get("no-index", "").lower() in ("1", "true", "yes", "on") else []
    return ["--index-strategy", "unsafe-best-match", *offline, *sources]


def _absolute(place: str) -> str:
    """The absolute path of a folder; URLs are unchanged."""
    return os.path.abspath(place) if os.path.exists(place) else place


def environment() -> dict[str, str]:
    """The environment variables for uv: a cache beside the environments, and the certificates and proxy of pip."""
    pip = _pip_settings()
    from_pip = {name: pip[key] for key, names in _VARIABLES.items() if key in pip for name in names}
    own = {"UV_CACHE_DIR": str(cache.folder("uv")), "UV_PYTHON_DOWNLOADS": "never"}
    return from_pip | own | os.environ | {"COLUMNS": str(_LENGTH), "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}


def drop_cached() -> None:
    """Prune the cache of uv after installations, unless it is the user's own; later installations download again."""
    if "UV_CACHE_DIR" not in os.environ and cache.folder("uv").is_dir():
        run(["cache", "prune", "--ci"])


def failure(output: str) -> str:
    """Why uv failed, on one line. Raises `OSError`, with the path if known, for a full disk."""
    if (full := os.strerror(errno.ENOSPC)) in output:
        path = re.search(r"`(/[^`]+)`", output)
        raise OSError(errno.ENOSPC, full, path[1] if path else str(cache.root()))
    return error_message(output)


def error_message(output: str) -> str:
    """The decisive part of the output of uv: the last contradicting facts, or the first error with its last cause.

    >>> error_message("error: No solution found\\n  cause: Because there is no version of a==1 and you require a==1, we can conclude that no.")
    'there is no version of a==1 and you require a==1'
    >>> error_message("error: Failed to fetch: `x`\\n  cause: client error\\n  cause: name not known")
    'Failed to fetch: `x`: name not known'
    """
    facts = re.findall(r"^\W*(?:cause: )?(?:And b|B)ecause (.+?)(?:,? we can conclude.*)?$", output, re.MULTILINE)[-3:]
    if not facts:
        lines = [re.sub(r"^[\W_]+", "", line).strip() for line in output.splitlines()]
        error = next((line.partition(":")[2] for line in lines if line.lower().startswith("error:")), "")
        causes = [line.partition(":")[2] for line in lines if line.lower().startswith(("cause:", "caused by:"))]
        sums = re.findall(r"((?:Expected|Computed):)\s+(\S+)", output)
        text = ": ".join(part.strip() for part in (error, *causes[-1:], " ".join(map(" ".join, sums)).lower()) if part.strip())
        facts = [text or next((line for line in reversed(lines) if line), "no message")]
    text = "; ".join(fact.strip().rstrip(".") for fact in facts)
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def _listen(process: subprocess.Popen[str], say: Say, timeout_s: float) -> str | None:
    """The whole output of uv; None after the timeout."""
    assert process.stderr is not None
    lines_read: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read_lines(stream: Iterable[str]) -> None:
        for line in stream:
            lines_read.put(line)
        lines_read.put(None)

    threading.Thread(target=read_lines, args=(process.stderr,), daemon=True).start()
    lines, started, step = list[str](), time.monotonic(), "uv is running"
    while True:
        try:
            line = lines_read.get(timeout=min(_QUIET_S, timeout_s))
        except queue.Empty:
            if time.monotonic() - started >= timeout_s:
                return None
            say(f"{step}, {time.monotonic() - started:.0f} s so far")
            continue
        if line is None:
            process.wait()
            return "".join(lines)
        lines.append(line)
        if match := re.match(r"\s*((?:Downloading|Building|Resolved|Prepared|Installed) .+)", line):
            say(step := match[1])


def _pip_settings() -> dict[str, str]:
    """The settings of pip by name, if this Python has pip: from its files, overridden by its environment variables."""
    return _read_pip_settings(
        sys.executable, tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith("PIP_")))
    )


@cache_of_function
def _read_pip_settings(python: str, variables: tuple[tuple[str, str], ...]) -> dict[str, str]:
    listing = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    process = subprocess.run(listing, capture_output=True, text=True, check=False)
    values: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for key, value in re.findall(rf"^{section}\.([\w-]+)=('.*'|\".*\")$", process.stdout, re.MULTILINE):
            values[key] = ast.literal_eval(value)
    return values
