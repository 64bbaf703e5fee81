"""A file as a stream of sound: the one way in which runs, pipelines and the server hear a file.

FFmpeg (through PyAV) decodes, and what it decodes is counted: no length in a header is believed. Where a header that its writer must
have known promises more than can be decoded, the file is truncated. A stream whose sample rate or channels change on the way is brought
back to the form it began in. Time stamps count where a container has them: where the track begins late, or nothing was sent for a
while, there is silence, so that times are those that a player shows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.audio import wav
from model_lab.errors import BadAudio
from model_lab.files import shown
from model_lab.types import FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

Mix = Callable[[FloatArray], FloatArray]
"""Makes of a block ``(channels, frames)`` another of as many frames."""

_HEADERLESS = {".g722": "g722"}
_RAW = re.compile(r"(alaw|mulaw|vidc|[suf]\d+(le|be)?)")
"""Containers that are none: FFmpeg takes them by the name of the file and guesses the sample rate."""
_LISTS = {"concat", "dash", "hls", "imf", "sdp"}
"""What FFmpeg takes for sound but is a list of other files, which may be anybody's."""
_ENCRYPTED = {"drms", "enca", "aavd"}
_STATED = {"aiff", "ape", "asf", "au", "caf", "flac", "matroska", "mov", "mp3", "tta", "w64", "wv"}
"""Containers whose headers state a length; of the others FFmpeg guesses it from the size of the file."""
_TIMED = {"asf", "flv", "matroska", "mov", "mpeg", "mpegts"}
"""Containers with time stamps of their own."""
_WHOLE = 0.95
"""A file that gives less of what its header states is truncated."""
_GAP_S, _LONGEST_GAP_S = 0.1, 600.0
"""Shorter gaps between time stamps are inaccuracy, longer ones a clock that was set."""
_XING = re.compile(rb"(?:Xing|Info)\x00\x00\x00[\x01\x03\x05\x07\x09\x0b\x0d\x0f]")
_BLOCK = 1 << 16
"""Frames of a block, or a little more."""
_FULL_SCALE = {np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}


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


@contextmanager
def opened(path: Path, track: int = 0) -> Iterator[Decoder]:
    """A sound track of a file, to be decoded; ``track`` counts from 1, 0 is the default one, or the first.

    Raises `BadAudio` for what is no sound, a codec that FFmpeg does not know, an encrypted file, a list of other files, raw samples
    whose rate nothing says, a track that is not there, and a WAV that is shorter than its header states.
    """
    import av

    require_file(path)
    header = wav.header(path)
    if header and header.empty:
        raise BadAudio(f"{shown(path)} holds 0 samples; expected at least one")
    if header and header.cut_off:
        raise BadAudio(
            f"{shown(path)} is truncated: its header promises {header.stated} bytes of sound, it holds {header.held}; copy it again"
        )
    options = {"protocol_whitelist": "file"}
    if header:  # no search for other codecs in what says that it is PCM
        options |= {"max_probe_packets": "1"} | ({"ignore_length": "1"} if header.goes_on else {})
    container = _HEADERLESS.get(path.suffix.lower())
    try:
        media = av.open(f"file:{os.path.abspath(path)}", format=container, options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise _no_sound(path, error) from None
    with media:
        stream, notes = _chosen(path, media, track)
        yield Decoder(path, media, stream, notes, header)


class Decoder:
    """One sound track. ``rate`` (Hz) and ``channels`` are those it begins with, ``codec`` is as FFmpeg calls it.

    ``promised``: seconds by the header; 0 where it does not say, or could only guess. ``notes``, whole when all blocks were taken: what
    a listener should know, a sentence each.
    """

    def __init__(self, path: Path, media: Any, stream: Any, notes: list[str], header: wav.Header | None) -> None:
        self.notes = notes
        self.codec: str = stream.codec_context.name
        self._name, self._media, self._stream = shown(path), media, stream
        self._container = set(media.format.name.split(","))
        self._heard = 0.0
        self._header = header
        self.promised = header.seconds if header else self._stated(path)
        self._blocks = self._alike(self._in_time(self._decoded()))
        self._first = next(self._blocks, None)
        if self._first is None:
            raise BadAudio(f"{self._name} holds 0 samples; expected at least one")
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
        heard, promised = self._heard, self.promised
        if self._header is None and heard < _WHOLE * promised:
            raise BadAudio(
                f"{self._name} is truncated: its header promises {promised:.1f} s, {heard:.1f} s could be decoded; copy it again"
            )
        if self._header and self._header.goes_on:
            self.notes.append(
                f"the header of {self._name} promises {self._header.stated} bytes of sound and more follows: it was read to the end of the "
                f"file, {heard:.1f} s"
            )
        elif promised and heard > promised / _WHOLE + _GAP_S:
            self.notes.append(f"the header of {self._name} promises {promised:.1f} s; there are {heard:.1f} s, and all were read")

    def _stated(self, path: Path) -> float:
        """Seconds by a header whose writer must have known; else 0."""
        import av

        if not self._container & _STATED or ("mp3" in self._container and not _counted(path)):
            return 0.0
        if self._stream.duration is not None:
            return float(self._stream.duration * self._stream.time_base)
        return float(self._media.duration / av.time_base) if self._media.duration and len(self._media.streams) == 1 else 0.0

    def _decoded(self) -> Iterator[tuple[Any, int]]:
        """FFmpeg's frames and their sample rates. One packet may be broken off at the end of the file; none within it, but for the tags between joined MP3s."""
        import av

        broken: Exception | None = None
        heard = 0.0
        mpeg = self.codec.startswith(("mp1", "mp2", "mp3"))  # whose decoder gives the first frame of a new rate the old one
        try:
            for packet in self._media.demux(self._stream):
                try:
                    frames = packet.decode()
                except av.error.FFmpegError as error:
                    if not _is_tag(packet, self.codec):
                        if broken:
                            raise
                        broken = error
                    continue
                if broken and frames and packet.size:
                    raise broken
                for frame in frames:
                    rate = self._stream.codec_context.sample_rate if mpeg else frame.sample_rate
                    heard += frame.samples / rate
                    yield frame, rate
        except av.error.FFmpegError as error:
            if not heard:
                raise _no_sound(self._name, error) from None
            raise BadAudio(
                f"{self._name} is damaged or truncated ({error.strerror}): {heard:.1f} s could be decoded; copy it again"
            ) from None
        if broken and not heard:
            raise _no_sound(self._name, broken)
        if broken:
            self.notes.append(f"{self._name} ends within a block of its codec; the {heard:.1f} s before it were read")

    def _in_time(self, frames: Iterator[tuple[Any, int]]) -> Iterator[tuple[npt.NDArray[Any], int, int]]:
        """``(samples as FFmpeg has them, channels, rate)``, with silence where the time stamps leave a gap."""
        timed = bool(self._container & _TIMED)
        zero = 0.0 if "mov" in self._container else (self._media.start_time or 0) / 1e6
        expected: float | None = None
        for frame, rate in frames:
            samples = _array(self._name, frame)
            channels = samples.size // frame.samples
            if timed and frame.pts is not None:
                begins = float(frame.pts * frame.time_base)
                gap = begins - (zero if expected is None else expected)
                if gap > _GAP_S:
                    yield from self._silence(gap, expected is None, samples, channels, rate)
                expected = begins + frame.samples / rate
            yield samples, channels, rate

    def _silence(
        self, gap: float, before: bool, like: npt.NDArray[Any], channels: int, rate: int
    ) -> Iterator[tuple[npt.NDArray[Any], int, int]]:
        """So many seconds of silence, if the time stamps can be meant."""
        if gap > _LONGEST_GAP_S:
            self.notes.append(f"the time stamps of {self._name} jump by {gap:.0f} s; no silence was put there")
            return
        if before:
            self.notes.append(f"the sound of {self._name} begins {gap:.1f} s late: silence stands before it")
        elif not any("has gaps" in note for note in self.notes):
            self.notes.append(f"the sound of {self._name} has gaps: silence stands in them, so that times stay right")
        rows, level = len(like), 128 if like.dtype == np.uint8 else 0
        left = round(gap * rate)
        while left:
            frames = min(left, _BLOCK)
            yield np.full((rows, frames * channels // rows), level, like.dtype), channels, rate
            left -= frames

    def _alike(self, arrays: Iterator[tuple[npt.NDArray[Any], int, int]]) -> Iterator[tuple[FloatArray, int]]:
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
        joined = np.concatenate(arrays, axis=1)
        samples = joined if len(joined) == channels else joined.reshape(-1, channels).T
        if samples.dtype == np.uint8:
            return (samples.astype(np.float32) - 128) / np.float32(128)
        if scale := _FULL_SCALE.get(samples.dtype):
            return np.multiply(samples, np.float32(1 / scale), dtype=np.float32)
        floats: FloatArray = samples.astype(np.float32, copy=False)
        if not np.isfinite(floats).all():
            second = begin + int(np.argmin(np.isfinite(floats).all(axis=0))) / rate
            raise BadAudio(
                f"{self._name} holds samples that are NaN or infinite, the first at {second:.2f} s; write it again from a clean source"
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


def _array(name: str, frame: Any) -> npt.NDArray[Any]:
    """``(channels, frames)`` or, interleaved, ``(1, frames * channels)``."""
    try:
        samples: npt.NDArray[Any] = frame.to_ndarray()
    except ValueError:
        raise BadAudio(f"{name} has samples of a kind that cannot be read ({frame.format.name}); convert it to flac") from None
    return samples


def _chosen(path: Path, media: Any, track: int) -> tuple[Any, list[str]]:
    """The stream of a track, and what is to be said of the choice."""
    from av.stream import Disposition

    name, container, tracks = shown(path), media.format, media.streams.audio
    if set(container.name.split(",")) & _LISTS:
        raise BadAudio(f"{name} is a list of other files ({container.long_name}); give the sound itself")
    if not tracks:
        raise BadAudio(f"{name} has no sound in it; expected a file with at least one audio track")
    if _RAW.fullmatch(container.name):
        raise BadAudio(f"{name} is raw sound whose sample rate nothing says; convert it to wav with its true rate")
    if not 0 <= track <= len(tracks):
        known = "one sound track" if len(tracks) == 1 else f"{len(tracks)} sound tracks"
        raise BadAudio(f"{name} has {known}; there is no track {track}: choose one from 1 to {len(tracks)}")
    default = next((stream for stream in tracks if stream.disposition & Disposition.default), tracks[0])
    stream = tracks[track - 1] if track else default
    if stream.codec_context is None:
        raise BadAudio(f"{name} has sound in a codec that FFmpeg does not know here; convert it, for example to flac")
    if stream.codec_context.codec_tag in _ENCRYPTED:
        raise BadAudio(f"{name} is encrypted; expected a file without copy protection")
    if len(tracks) == 1:
        return stream, []
    number = tracks.index(stream) + 1
    others = ", ".join(_told(other, place) for place, other in enumerate(tracks, 1) if other is not stream)
    return stream, [f"{_told(stream, number)} of {len(tracks)} of {name} is heard; there is also {others}: choose with --track"]


def _told(stream: Any, number: int) -> str:
    about = [each for each in (stream.language, stream.metadata.get("title")) if each and each != "und"]
    return f"track {number}" + (f" ({', '.join(about)})" if about else "")


def _counted(path: Path) -> bool:
    """Whether an MP3 begins with a frame that says how many follow."""
    with path.open("rb") as file:
        head = file.read(10)
        tagged = head[:3] == b"ID3" and len(head) == 10
        file.seek(10 + sum((byte & 0x7F) << (7 * (3 - place)) for place, byte in enumerate(head[6:])) if tagged else 0)
        return _XING.search(file.read(4096)) is not None


def _is_tag(packet: Any, codec: str) -> bool:
    """Whether a packet that cannot be decoded is no MP3 at all but what stands between two of them."""
    head = bytes(packet)[:2]
    return codec.startswith("mp3") and not (len(head) == 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


def _no_sound(name: Path | str, error: Any) -> BadAudio:
    shown_name = name if isinstance(name, str) else shown(name)
    return BadAudio(
        f"{shown_name} is not sound that can be decoded ({error.strerror}), or it was cut off; expected e.g. wav, flac, mp3 or m4a"
    )
