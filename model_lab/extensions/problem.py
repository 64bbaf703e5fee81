"""Why a part is unusable, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model_lab.errors import ContractBroken, ModelLabError


@dataclass(frozen=True)
class Problem:
    """A part that cannot be used: its kind ("model", "metric", ..., "folder" or "package"), its name, and the reason, in one sentence."""

    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


@contextmanager
def translate_errors(part: Path | str) -> Iterator[None]:
    """Translate any error in reading a part, including an exit, into one sentence that names it or its file.

    A pipe or a device, which may be endless, is not read at all.

    Raises:
        ContractBroken: The part raised something that is not a `ModelLabError`, or is a pipe or a device.
    """
    try:
        if isinstance(part, Path) and part.exists() and not (part.is_file() or part.is_dir()):
            raise ContractBroken(f"{part} is a pipe or a device; expected a file")
        yield
    except (ModelLabError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ContractBroken(f"{part} cannot be used ({_message(error)}); fix it, or move it away") from error


def _message(error: BaseException) -> str:
    """The message of an exception raised by a plug-in, in one line that can be printed."""
    try:
        message = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
    except Exception:  # its own __str__ fails
        message = type(error).__name__
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message[:300])
