"""Speech synthesis programs that read an English text file and write a WAV file, run once per text."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

from model_lab import audio, typography
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.types import Audio


def program(model: str, name: str, package: str) -> str:
    """The path of a program. Raises `NotRunnable`, naming the Debian ``package``, if it is not on PATH."""
    path = shutil.which(name)
    if path is None:
        raise NotRunnable(f"{model}: the program {name} is not on PATH; run: apt-get install {package}")
    return path


def speak(model: str, text: str, command: Callable[[Path, Path], list[str]]) -> Audio:
    """The speech that ``command(text file, WAV file)`` synthesizes for ``text``.

    Raises `ModelLabError` if ``text`` has nothing to pronounce or a letter that English does not have, and if the program writes no
    audio.
    """
    with tempfile.TemporaryDirectory() as folder:
        written, spoken = Path(folder, "text.txt"), Path(folder, "speech.wav")
        written.write_text(plain(model, text), "ascii")
        command_line = command(written, spoken)
        process = subprocess.run(command_line, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if process.returncode or not spoken.exists():
            message = " ".join(process.stderr.decode(errors="replace").split()) or "no message"
            raise ModelLabError(
                f"{model}: {Path(command_line[0]).name} ended with exit code {process.returncode} and no audio ({message[-200:]}); try another text"
            )
        return audio.read(spoken).mono()


def plain(model: str, text: str) -> str:
    """``text`` in ASCII, without accents and other symbols. Raises `ModelLabError` for letters that English cannot pronounce.

    >>> plain("flite", "The café’s menu – 3 €")
    "The cafe's menu - 3\\n"
    """
    letters = unicodedata.normalize("NFKD", typography.plain(text))
    bare = [c for c in letters if not unicodedata.combining(c)]
    if foreign := [c for c in bare if c.isalnum() and not c.isascii()]:
        raise ModelLabError(f"{model}: cannot pronounce {foreign[0]!r} in {text[:60]!r}; write it in Latin letters")
    if not any(c.isalnum() for c in bare):
        raise ModelLabError(f"{model}: nothing to pronounce in {text[:60]!r}; expected English words or numbers")
    return "".join(c if c.isascii() and (c.isprintable() or c.isspace()) else " " for c in bare).rstrip() + "\n"
