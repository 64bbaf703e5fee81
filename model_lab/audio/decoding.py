"""Decodes a file as a stream of audio; used by runs, pipelines and the server alike.

The decoded samples are counted: no length in a header is trusted. If a reliable header states more than can be decoded, the file is
truncated. A stream whose sample rate or channels change is converted to its initial format. Time stamps of a container are respected:
where the track begins late or has gaps, silence is inserted, so that times agree with those of a player.
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
"""Function that maps a block ``(channels, frames)`` to another with the same number of frames."""

_WHOLE, _EXACT_S = 0.95, 0.1
"""A file with less than this share of its stated length is truncated; differences below `_EXACT_S` seconds are ignored."""
_BLOCK = 1 << 16
"""Minimum number of frames per block, except the last."""
_FULL_SCALE = {np.dtype(np.uint8): 2.0**7, np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}


def require_file(path: Path) -> None:
    """Raise `BadAudio` unless ``path`` is a file that can be read and is not empty."""
    try:
        if not path.exists():
            raise BadAudio(f"{shown(path)} does not exist; check the path")
        if not path.is_file():
            raise BadAudio(f"{shown(path)} is not a file; name an audio file")
        size = path.stat().st_size
    except OSError as error:
        raise BadAudio(f"{shown(path)} cannot be reached ({error.strerror}); check the path") from None
    if not os.access(path, os.R_OK):
        raise BadAudio(f"{shown(path)} cannot be read; check its permissions")
    if size == 0:
        raise BadAudio(f"{shown(path)} is empty (0 bytes); expected an audio file")


def no_samples(origin: str) -> BadAudio:
    """The error for audio without samples, called ``origin`` in the message."""
    return BadAudio(f"{origin} holds 0 samples; expected at least one")


@contextmanager
def opened(path: Path, track: int = 0) -> Iterator[Decoder]:
    """Open an audio track of a file for decoding; ``track`` counts from 1, 0 is the default track, or the first.

    Raises `BadAudio` if the file is missing or not audio, and for an unknown codec, an encrypted file, a playlist, raw samples of
    unknown rate, a track that does not exist, and a WAV that is shorter than its header states.
    """
    require_file(path)
    header = headers.header(path)
    if header and header.empty:
        raise no_samples(shown(path))
    if header and header.cut_off:
        raise BadAudio(
            f"{shown(path)} is truncated: its header states {header.stated} bytes of audio, but it has {header.held}; copy it again"
        )
    with ExitStack() as stack:
        yield Decoder(path, _source(stack, path, header, track), header)


def _source(
    stack: ExitStack, path: Path, header: headers.Header | None, track: int
) -> ffmpeg.FFmpegSource | sndfile.SndfileSource:
    """The decoder: FFmpeg, or libsndfile where it is exact (WAV with a correct header, Ogg with one stream) or the only one."""
    pages = ogg.read(path)
    links = pages.links if pages else ()
    exact = links or (header and header.exact)
    source: ffmpeg.FFmpegSource | sndfile.SndfileSource | None = None
    if exact and track < 2:
        source = stack.enter_context(sndfile.opened(path, links))
    try:
        source = source or stack.enter_context(ffmpeg.opened(path, header, track))
    except ffmpeg.UnknownFormat as error:
        source = stack.enter_context(sndfile.opened(path))
        if source is None:
            raise ffmpeg.not_decodable(shown(path), str(error)) from None
    if pages and pages.damaged:
        source.damage = "a page is missing or its checksum is wrong"
    elif pages and not pages.ended:
        source.notes.append(f"{shown(path.name)} has no end-of-stream mark: it may be truncated")
    return source


class Decoder:
    """Decodes one audio track. ``rate`` (Hz) and ``channels`` are the initial ones, ``codec`` is the name used by the decoder.

    ``promised``: length in seconds stated by the header; 0 if unknown or only estimated. ``notes``: remarks, one sentence each, complete
    once all blocks have been read.
    """

    def __init__(self, path: Path, source: ffmpeg.FFmpegSource | sndfile.SndfileSource, header: headers.Header | None) -> None:
        self.codec, self.notes, self.promised = source.codec, source.notes, source.promised
        self._path, self._name, self._source, self._header = shown(path), shown(path.name), source, header
        self._decoded_s = 0.0
        self._blocks = self._merged(source.pieces())
        self._first = next(self._blocks, None)
        if self._first is None:
            raise no_samples(self._path)
        self.rate, self.channels = self._first[1], self._first[0].shape[0]

    def blocks(self, rate: int = 0, mix: Mix | None = None) -> Iterator[FloatArray]:
        """Decode the track, once: float32 ``(channels, frames)``, full scale +-1, at ``rate`` Hz (0: the initial rate).

        All blocks have the same channels: the initial ones, or those that ``mix`` returns before resampling. Raises `BadAudio` for
        damaged or truncated files, with the seconds that could be decoded, and for NaN or infinite samples.
        """
        resampler = _Resampler(rate or self.rate)
        for samples, at in self._counted():
            yield from resampler.put(mix(samples) if mix else _as_channels(samples, self.channels), at)
        yield from resampler.end()
        self._compare()

    def _counted(self) -> Iterator[tuple[FloatArray, int]]:
        """All blocks in their original format, with their lengths counted."""
        assert self._first is not None
        form = (self.rate, self.channels)
        first, self._first = self._first, None
        yield first
        self._decoded_s = first[0].shape[1] / first[1]
        for samples, rate in self._blocks:
            if (rate, samples.shape[0]) != form:
                form = (rate, samples.shape[0])
                self.notes.append(
                    f"{self._name} changes at {self._decoded_s:.1f} s to {rate} Hz and {form[1]} channel{'s' * (form[1] > 1)}; it is "
                    f"converted to the initial format, {self.rate} Hz with {self.channels}"
                )
            yield samples, rate
            self._decoded_s += samples.shape[1] / rate

    def _compare(self) -> None:
        """Compare the decoded length with the stated one."""
        decoded, promised = self._decoded_s + self._source.skipped, self._source.promised
        if self._source.damage:
            raise ffmpeg.damaged(self._path, self._source.damage, self._decoded_s)
        if decoded < min(_WHOLE * promised, promised - _EXACT_S):
            raise BadAudio(
                f"{self._path} is truncated: its header states {promised:.1f} s, but only {decoded:.1f} s could be decoded; copy it again"
            )
        if self._header and self._header.continues:
            self.notes.append(
                f"the header of {self._name} states {self._header.stated} bytes of audio, but more follow: it was read to the end of the "
                f"file, {decoded:.1f} s"
            )
        elif promised and abs(decoded - promised) > _EXACT_S:
            self.notes.append(f"the header of {self._name} states {promised:.1f} s; {decoded:.1f} s were decoded")
        if self._header and self._header.missing:
            self.notes.append(
                f"the header of {self._name} states {self._header.stated} bytes of audio; the {self._header.held} bytes in the file were read"
            )
        if self._source.joined or (self._header and self._header.joined):
            self.notes.append(
                f"{self._name} contains a second recording after the first, as when files are concatenated byte by byte: only the first, "
                f"{decoded:.1f} s, is read; split the file"
            )

    def _merged(self, arrays: Iterator[ffmpeg.Piece]) -> Iterator[tuple[FloatArray, int]]:
        """Consecutive pieces of one format merged, as float32 ``(channels, frames)``, with their sample rate."""
        pending: list[npt.NDArray[Any]] = []
        form: tuple[Any, ...] = ()
        seconds, frames = 0.0, 0
        for samples, channels, rate in arrays:
            current = (channels, rate, samples.dtype, len(samples))
            if pending and (current != form or frames >= _BLOCK):
                yield self._floats(pending, form[0], form[1], seconds), form[1]
                seconds, frames, pending = seconds + frames / form[1], 0, []
            pending.append(samples)
            frames, form = frames + samples.size // channels, current
        if pending:
            yield self._floats(pending, form[0], form[1], seconds), form[1]

    def _floats(self, arrays: list[npt.NDArray[Any]], channels: int, rate: int, begin: float) -> FloatArray:
        """The samples as float32 with full scale +-1. Raises `BadAudio` for NaN and infinity."""
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
                f"{self._path} contains samples that are NaN or infinite, the first at {second:.2f} s; write it again from a clean source"
            )
        return floats


class _Resampler:
    """Resamples blocks of any sample rate to one rate (soxr, high quality), with a new resampler where the input rate changes."""

    def __init__(self, rate: int) -> None:
        self._rate = self._from = rate
        self._stream: Any = None
        self._channels = 1

    def put(self, samples: FloatArray, rate: int) -> Iterator[FloatArray]:
        """The part of the block that is already resampled."""
        import soxr

        if rate != self._from:
            yield from self.end()
            self._from, self._channels = rate, len(samples)
            self._stream = soxr.ResampleStream(rate, self._rate, len(samples), "float32") if rate != self._rate else None
        yield self._stream.resample_chunk(np.ascontiguousarray(samples.T)).T if self._stream else samples

    def end(self) -> Iterator[FloatArray]:
        """The remaining output of the resampler."""
        if self._stream:
            yield self._stream.resample_chunk(np.zeros((0, self._channels), np.float32), last=True).T
            self._stream = None


def _as_channels(samples: FloatArray, channels: int) -> FloatArray:
    """The block with ``channels`` channels: unchanged, or the mean of its channels in each."""
    if len(samples) == channels:
        return samples
    return np.repeat(samples.mean(axis=0, dtype=np.float32, keepdims=True), channels, axis=0)
