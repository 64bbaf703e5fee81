"""Decodes with libsndfile: WAV, Ogg link by link, and formats that FFmpeg does not support (MATLAB, HTK, Psion, SDS)."""

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
    """Open the audio of a file, or of the ``links`` of an Ogg in sequence; None if libsndfile does not support it."""
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
            if first.subtype.startswith("MPEG"):  # libsndfile only estimates the length
                yield None
                return
            yield SndfileSource(shown(path), first, parts[1:], seamless=bool(links))


class SndfileSource:
    """Like `ffmpeg.FFmpegSource`; ``codec`` is the name used by libsndfile. ``seamless``: a shorter file than stated is damaged."""

    skipped = 0.0
    damage, joined = "", False

    def __init__(self, name: str, first: Any, more: Sequence[Any], seamless: bool) -> None:
        self.notes: list[str] = []
        self.codec = str(first.subtype).lower()
        self._name, self._first, self._more, self._seamless = name, first, more, seamless
        self._decoded_s = 0.0
        is_known = not more and first.seekable() and 0 < first.frames < _UNKNOWN
        self.promised = first.frames / first.samplerate if is_known else 0.0

    def pieces(self) -> Iterator[Piece]:
        """The decoded audio, interleaved. Raises `BadAudio` where the file is damaged."""
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
            self._decoded_s += len(block) / rate
        if self._seamless and frames < file.frames - _LOST_S * rate:
            raise self._damaged(f"{(file.frames - frames) / rate:.2f} s are missing")

    def _damaged(self, reason: str) -> BadAudio:
        return damaged(self._name, reason, self._decoded_s)
