"""Chromaprint (AcoustID): 32 bits of how chroma changes, every 0.124 s; computed by the program fpcalc, compared here.

The comparison is AcoustID's: pairs of an excerpt's and an entry's words that differ in two bits at most are counted by how far
apart in time they are; the score is the highest count over the number of words of the shorter of both. pyacoustid looks for
offsets of up to 15 s alone, and so for whole recordings: here an excerpt may come from anywhere.

fpcalc 1.5.1 of Debian 12 ends with status 3 at the end of every file, after it has printed a right fingerprint: what it prints
decides, not its status. Sound of less than about three seconds has no fingerprint and matches nothing.
"""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.loader_utils.fingerprinting import ranked
from model_lab.loader_utils.lru_by_audio import LruByAudio
from model_lab.types import Audio, Label

_RATE = 11025
"""The rate at which Chromaprint works."""

_MAX_BITS = 2
_EMPTY = "Empty fingerprint"

Words = npt.NDArray[np.uint32]


def load(card: ModelCard, device: str) -> Bundle:
    program = shutil.which("fpcalc")
    if program is None:
        raise NotRunnable(f"{card.name}: the program fpcalc is not on PATH; run: apt-get install libchromaprint-tools")
    command = [program, "-raw", "-plain", "-length", "0", "-format", "s16le", "-rate", str(_RATE), "-channels", "1", "-"]

    def fingerprint(audio: Audio) -> Words:
        pcm = audio.mono().resample(_RATE).pcm16().tobytes()
        done = subprocess.run(command, input=pcm, capture_output=True, check=False)
        printed, stderr = done.stdout.decode().strip(), done.stderr.decode(errors="replace")
        if not printed and _EMPTY not in stderr and len(pcm) > 4 * _RATE:
            raise ModelLabError(
                f"{card.name}: fpcalc ended with {done.returncode} and no fingerprint of {audio.duration:.2f} s ({stderr.strip()[-200:]})"
            )
        return np.array(printed.split(",") if printed else [], np.uint32)

    remembered = LruByAudio(fingerprint)

    def match(audio: Audio, library: dict[str, Audio]) -> list[Label]:
        excerpt = remembered(audio)
        return ranked({name: _alike(excerpt, remembered(entry)) for name, entry in library.items()})

    return Bundle(card, device, {"fingerprint": match})


def _alike(one: Words, other: Words) -> float:
    """The share of words that agree at the best offset, 0 to 1; 0 if either is empty."""
    if not len(one) or not len(other):
        return 0.0
    first, second = np.nonzero(np.bitwise_count(one[:, None] ^ other[None, :]) <= _MAX_BITS)
    counts = np.bincount(second - first + len(one) - 1, minlength=1)
    return min(1.0, float(counts.max(initial=0)) / min(len(one), len(other)))
