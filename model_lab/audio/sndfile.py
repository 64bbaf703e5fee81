"""What libsndfile makes of WAVs, of Ogg, link by link, and of the files that FFmpeg does not know (MATLAB, HTK, Psion, SDS)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_lab.audio import ogg
from model_lab.audio.ffmpeg import damaged
from model_lab.errors import BadAudio
from model_lab.files import shown

if TYPE_CHECKING:
    from model_lab.audio.ffmpeg import Piece

_BLOCK = 1 << 16
_LOST_S = 0.02
_UNKNOWN = 1 << 62


@contextmanager
def opened(path: Path, links: Sequence[tuple[int, int]] = ()) -> Iterator[SndfileSource | None]:
    """A file's sound, or that of the ``links`` of an Ogg one after the other; None if libsndfile does not know it either."""
    import soundfile

    with path.open("rb") as file:
        whole = not links or list(links) == [(0, path.stat().st_size)]
        parts = [os.fsencode(path)] if whole else [ogg.Link(file, begin, end) for begin, end in links]
        try:
            first = soundfile.SoundFile(parts[0])
        except soundfile.LibsndfileError:
            yield None
            return
        with first:
            if first.subtype.startswith("MPEG"):  # of which libsndfile guesses the length
                yield None
                return
            yield SndfileSource(shown(path), first, parts[1:], seamless=bool(links))


class SndfileSource:
    """As `ffmpeg.FFmpegSource`; ``codec`` is as libsndfile calls it. ``seamless``: a file that ends before its length is damaged."""

    skipped = 0.0
    damage, joined = "", False

    def __init__(self, name: str, first: Any, more: Sequence[Any], seamless: bool) -> None:
        self.notes: list[str] = []
        self.codec = str(first.subtype).lower()
        self._name, self._first, self._more, self._seamless = name, first, more, seamless
        self._heard = 0.0
        known = not more and first.seekable() and 0 < first.frames < _UNKNOWN
        self.promised = first.frames / first.samplerate if known else 0.0

    def pieces(self) -> Iterator[Piece]:
        """The sound, interleaved. Raises `BadAudio` at what is damaged."""
        import soundfile

        try:
            yield from self._read(self._first)
            for part in self._more:
                with soundfile.SoundFile(part) as file:
                    yield from self._read(file)
        except soundfile.LibsndfileError as error:
            raise self._damaged(error.error_string) from None

    def _read(self, file: Any) -> Iterator[Piece]:
        channels, rate, frames = file.channels, int(file.samplerate), 0
        while len(block := file.read(_BLOCK, "float32", always_2d=True)):
            frames += len(block)
            yield block.reshape(1, -1), channels, rate
            self._heard += len(block) / rate
        if self._seamless and frames < file.frames - _LOST_S * rate:
            raise self._damaged(f"{(file.frames - frames) / rate:.2f} s are missing")

    def _damaged(self, reason: str) -> BadAudio:
        return damaged(self._name, reason, self._heard)
