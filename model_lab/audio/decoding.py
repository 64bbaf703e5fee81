"""A file as a stream of sound: the one way in which runs, pipelines and the server hear a file.

What is decoded is counted: no length in a header is believed. Where a header whose writer must have known promises more than can be
decoded, the file is truncated. A stream whose sample rate or channels change on the way is brought back to the form it began in. Time
stamps count where a container has them: where the track begins late, or nothing was sent for a while, there is silence, so that times
are those that a player shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.audio import ffmpeg, headers, ogg, sndfile
from model_lab.errors import BadAudio
from model_lab.files import shown
from model_lab.types import FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

Mix = Callable[[FloatArray], FloatArray]
"""Makes of a block ``(channels, frames)`` another of as many frames."""

_WHOLE, _EXACT_S = 0.95, 0.1
"""A file that gives less of what its header states is truncated; nothing is said of a smaller difference."""
_BLOCK = 1 << 16
"""Frames of a block, or a little more."""
_FULL_SCALE = {np.dtype(np.uint8): 2.0**7, np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}


def require_file(path: Path) -> None:
    """Raise `BadAudio` unless ``path`` is a file that can be read and is not empty."""
    try:
        if not path.exists():
            raise BadAudio(f"{shown(path)} does not exist; check the path")
        if not path.is_file():
            raise BadAudio(f"{shown(path)} is not a file; name a sound file")
        size = path.stat().st_size
    except OSError as error:
        raise BadAudio(f"{shown(path)} cannot be reached ({error.strerror}); check the path") from None
    if not os.access(path, os.R_OK):
        raise BadAudio(f"{shown(path)} cannot be read; check its permissions")
    if size == 0:
        raise BadAudio(f"{shown(path)} is empty (0 bytes); expected a sound file")


def nothing(origin: str) -> BadAudio:
    """That what is named ``origin`` is no sound because it has no samples."""
    return BadAudio(f"{origin} holds 0 samples; expected at least one")


@contextmanager
def opened(path: Path, track: int = 0) -> Iterator[Decoder]:
    """A sound track of a file, to be decoded; ``track`` counts from 1, 0 is the default one, or the first.

    Raises `BadAudio` for what is no file or no sound, an unknown codec, an
    encrypted file, a list of other files, raw samples whose rate nothing says, a track that is not there, and a WAV that is shorter
    than its header states.
    """
    require_file(path)
    header = headers.header(path)
    if header and header.empty:
        raise nothing(shown(path))
    if header and header.cut_off:
        raise BadAudio(
            f"{shown(path)} is truncated: its header promises {header.stated} bytes of sound, it holds {header.held}; copy it again"
        )
    with ExitStack() as stack:
        yield Decoder(path, _source(stack, path, header, track), header)


def _source(
    stack: ExitStack, path: Path, header: headers.Header | None, track: int
) -> ffmpeg.FFmpegSource | sndfile.SndfileSource:
    """What decodes the file: FFmpeg, but libsndfile where it is exact (WAVs whose header is right, Ogg of one stream) or alone knows how."""
    pages = ogg.read(path)
    links = pages.links if pages else ()
    exact = links or (header and header.exact)
    source: ffmpeg.FFmpegSource | sndfile.SndfileSource | None = None
    if exact and track < 2:
        source = stack.enter_context(sndfile.opened(path, links))
    try:
        source = source or stack.enter_context(ffmpeg.opened(path, header, track))
    except ffmpeg.NotKnown as error:
        source = stack.enter_context(sndfile.opened(path))
        if source is None:
            raise ffmpeg.no_sound(shown(path), str(error)) from None
    if pages and pages.damaged:
        source.damage = "a part of it does not fit its checksum, or is missing"
    elif pages and not pages.ended:
        source.notes.append(f"{shown(path.name)} has no mark at its end: it may be cut off")
    return source


class Decoder:
    """One sound track. ``rate`` (Hz) and ``channels`` are those it begins with, ``codec`` is as its decoder calls it.

    ``promised``: seconds by the header; 0 where it does not say, or could only guess. ``notes``, whole when all blocks were taken: what
    a listener should know, a sentence each.
    """

    def __init__(self, path: Path, source: ffmpeg.FFmpegSource | sndfile.SndfileSource, header: headers.Header | None) -> None:
        self.codec, self.notes, self.promised = source.codec, source.notes, source.promised
        self._path, self._name, self._source, self._header = shown(path), shown(path.name), source, header
        self._heard = 0.0
        self._blocks = self._alike(source.pieces())
        self._first = next(self._blocks, None)
        if self._first is None:
            raise nothing(self._path)
        self.rate, self.channels = self._first[1], self._first[0].shape[0]

    def blocks(self, rate: int = 0, mix: Mix | None = None) -> Iterator[FloatArray]:
        """The sound, once: float32 ``(channels, frames)``, full scale +-1, at ``rate`` Hz (0: that it begins with).

        All blocks have the same channels: those the track begins with, or what ``mix`` makes of any block before it is resampled.
        Raises `BadAudio` for what is damaged or truncated, with the seconds that could be decoded, and for NaN or infinite samples.
        """
        fitted = _Fitted(rate or self.rate)
        for samples, at in self._all():
            yield from fitted.put(mix(samples) if mix else _as_channels(samples, self.channels), at)
        yield from fitted.end()
        self._compare()

    def _all(self) -> Iterator[tuple[FloatArray, int]]:
        """All blocks in the form that they have, counted."""
        assert self._first is not None
        form = (self.rate, self.channels)
        first, self._first = self._first, None
        yield first
        self._heard = first[0].shape[1] / first[1]
        for samples, rate in self._blocks:
            if (rate, samples.shape[0]) != form:
                form = (rate, samples.shape[0])
                self.notes.append(
                    f"{self._name} changes at {self._heard:.1f} s to {rate} Hz and {form[1]} channel{'s' * (form[1] > 1)}; it is "
                    f"heard on as it began, at {self.rate} Hz with {self.channels}"
                )
            yield samples, rate
            self._heard += samples.shape[1] / rate

    def _compare(self) -> None:
        """What was decoded with what was promised."""
        heard, promised = self._heard + self._source.skipped, self._source.promised
        if self._source.damage:
            raise ffmpeg.damaged(self._path, self._source.damage, self._heard)
        if heard < min(_WHOLE * promised, promised - _EXACT_S):
            raise BadAudio(
                f"{self._path} is truncated: its header promises {promised:.1f} s, {heard:.1f} s could be decoded; copy it again"
            )
        if self._header and self._header.goes_on:
            self.notes.append(
                f"the header of {self._name} promises {self._header.stated} bytes of sound and more follows: it was read to the end of the "
                f"file, {heard:.1f} s"
            )
        elif promised and abs(heard - promised) > _EXACT_S:
            self.notes.append(
                f"the header of {self._name} promises {promised:.1f} s; {heard:.1f} s could be decoded, and were read"
            )
        if self._header and self._header.missing:
            self.notes.append(
                f"the header of {self._name} promises {self._header.stated} bytes of sound; it holds {self._header.held}, which were read"
            )
        if self._source.joined or (self._header and self._header.joined):
            self.notes.append(
                f"another sound stands behind that of {self._name}, as where files were joined byte by byte: only the first, "
                f"{heard:.1f} s, is heard; split them"
            )

    def _alike(self, arrays: Iterator[ffmpeg.Piece]) -> Iterator[tuple[FloatArray, int]]:
        """Neighbours of one form put together, as float32 ``(channels, frames)``, with their sample rate."""
        held: list[npt.NDArray[Any]] = []
        form: tuple[Any, ...] = ()
        seconds, frames = 0.0, 0
        for samples, channels, rate in arrays:
            now = (channels, rate, samples.dtype, len(samples))
            if held and (now != form or frames >= _BLOCK):
                yield self._floats(held, form[0], form[1], seconds), form[1]
                seconds, frames, held = seconds + frames / form[1], 0, []
            held.append(samples)
            frames, form = frames + samples.size // channels, now
        if held:
            yield self._floats(held, form[0], form[1], seconds), form[1]

    def _floats(self, arrays: list[npt.NDArray[Any]], channels: int, rate: int, begin: float) -> FloatArray:
        """Full scale is +-1. Raises `BadAudio` for NaN and infinity."""
        joined = np.concatenate(arrays, axis=1) if len(arrays) > 1 else arrays[0]
        samples = joined if len(joined) == channels else joined.reshape(-1, channels).T
        floats: FloatArray = samples if samples.dtype == np.float32 else np.ascontiguousarray(samples).astype(np.float32)
        if samples.dtype == np.uint8:
            floats -= 128
        if scale := _FULL_SCALE.get(samples.dtype):
            floats *= np.float32(1 / scale)
            return floats
        if not np.isfinite(floats).all():
            second = begin + int(np.argmin(np.isfinite(floats).all(axis=0))) / rate
            raise BadAudio(
                f"{self._path} holds samples that are NaN or infinite, the first at {second:.2f} s; write it again from a clean source"
            )
        return floats


class _Fitted:
    """Blocks of any sample rate as blocks of one (soxr, high quality); the resampler is a new one where the rate changes."""

    def __init__(self, rate: int) -> None:
        self._rate = self._from = rate
        self._stream: Any = None
        self._channels = 1

    def put(self, samples: FloatArray, rate: int) -> Iterator[FloatArray]:
        """The block, as far as the resampler has it already."""
        import soxr

        if rate != self._from:
            yield from self.end()
            self._from, self._channels = rate, len(samples)
            self._stream = soxr.ResampleStream(rate, self._rate, len(samples), "float32") if rate != self._rate else None
        yield self._stream.resample_chunk(np.ascontiguousarray(samples.T)).T if self._stream else samples

    def end(self) -> Iterator[FloatArray]:
        """What the resampler still has."""
        if self._stream:
            yield self._stream.resample_chunk(np.zeros((0, self._channels), np.float32), last=True).T
            self._stream = None


def _as_channels(samples: FloatArray, channels: int) -> FloatArray:
    """The block with so many channels: as it is, or their mean in each."""
    if len(samples) == channels:
        return samples
    return np.repeat(samples.mean(axis=0, dtype=np.float32, keepdims=True), channels, axis=0)
