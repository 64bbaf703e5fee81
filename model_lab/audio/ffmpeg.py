"""What FFmpeg (through PyAV) makes of a sound track: its frames in order, in time, and no further than the first damage."""

from __future__ import annotations

import mmap
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.audio import headers
from model_lab.errors import BadAudio
from model_lab.files import shown

if TYPE_CHECKING:
    import numpy.typing as npt

Piece = tuple["npt.NDArray[Any]", int, int]
"""Samples of any type, ``(channels, frames)`` or interleaved ``(1, frames * channels)``; how many channels; the sample rate."""

_HEADERLESS = {".g722": "g722"}
_RAW = re.compile(r"(alaw|mulaw|vidc|[suf]\d+(le|be)?)")
"""Containers that are none: FFmpeg takes them by the name of the file and guesses the sample rate."""
_LISTS = {"concat", "dash", "hls", "imf", "sdp"}
"""What FFmpeg takes for sound but is a list of other files, which may be anybody's."""
_ENCRYPTED = {"drms", "enca", "aavd"}
_G721 = "@\0\0\0"
"""The codec tag of G.721 in a WAV, which FFmpeg takes for G.726."""
_STATED = {"aiff", "ape", "asf", "au", "caf", "flac", "matroska", "mov", "mp3", "tta", "w64", "wv"}
"""Containers whose headers state a length; of the others FFmpeg guesses it from the size of the file."""
_TIMED = {"asf", "flv", "matroska", "mov", "mpeg", "mpegts"}
"""Containers with time stamps of their own."""
_SEAMLESS, _LOST_S = {"flac", "ogg"}, 0.02
"""Containers of sound alone that number its samples: where numbers are left out, something is lost."""
_GAP_S, _LONGEST_GAP_S = 0.1, 600.0
"""Shorter gaps between time stamps are inaccuracy, longer ones a clock that was set."""
_XING = re.compile(rb"(?:Xing|Info)\x00\x00\x00[\x01\x03\x05\x07\x09\x0b\x0d\x0f](.{4})", re.DOTALL)
_SILENCE = 1 << 16
_BEGINS = {"mov": slice(4, 12), "matroska": slice(0, 12), "flv": slice(0, 9), "tta": slice(0, 6), "asf": slice(0, 16)}
"""What files begin with of which FFmpeg reads the first alone where several were joined."""
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_BROADCAST = 1


class NotKnown(Exception):
    """FFmpeg does not know the kind of file, or is known to get it wrong."""


@contextmanager
def opened(path: Path, header: headers.Header | None, track: int) -> Iterator[FFmpegSource]:
    """A sound track of a file; ``track`` counts from 1, 0 is the default one, or the first; ``header``: what `headers` found.

    Raises `NotKnown`, and `BadAudio` for a file without sound, a codec that FFmpeg does not know, an encrypted file, a list of other
    files, raw samples whose rate nothing says, and a track that is not there.
    """
    import av

    wave = header is not None and header.bytes_per_second > 0
    options = {"protocol_whitelist": "file"}
    if wave:  # no search for other codecs in what says that it is PCM
        options |= {"max_probe_packets": "1"} | ({} if header and header.exact else {"ignore_length": "1"})
    container = _HEADERLESS.get(path.suffix.lower())
    with path.open("rb") as file:
        named: Any = f"file:{os.path.abspath(path)}"
        try:
            media = av.open(
                headers.RepairedFile(file, header.mended) if header and header.mended else named,
                format=container,
                options=options,
                metadata_errors="replace",
            )
        except av.error.FFmpegError as error:
            raise NotKnown(error.strerror) from None
        with media:
            stream, notes = _chosen(path, media, track)
            if media.format.name == "sds" or (wave and _tag(stream) == _G721):
                raise NotKnown("FFmpeg decodes it wrongly")
            yield FFmpegSource(path, media, stream, notes)


class FFmpegSource:
    """A sound track. ``codec`` is as FFmpeg calls it; ``notes`` grow while it is decoded.

    ``promised``: seconds by a header whose writer must have known; 0 where there is none. ``skipped``: of them, those in which there is
    no sound; below 0 for silence that stands before them. ``damage``: what is known to be wrong with the file before it is decoded.
    ``joined``: known when all is decoded, whether another file stands behind this one.
    """

    def __init__(self, path: Path, media: Any, stream: Any, notes: list[str]) -> None:
        self.notes = notes
        self._heard = 0.0
        self.codec: str = stream.codec_context.name
        self._path, self._name, self._media, self._stream = shown(path), shown(path.name), media, stream
        self._container = set(media.format.name.split(","))
        self.promised = self._stated(path)
        self.skipped = 0.0
        self.damage, self.joined = "", False
        self._file, self._furthest = path, 0
        if self.codec == "flac":
            stream.codec_context.options = {"err_detect": "crccheck+explode"}

    def pieces(self) -> Iterator[Piece]:
        """The sound as FFmpeg has it, with silence where the time stamps leave a gap. Raises `BadAudio` at what is damaged."""
        timed = bool(self._container & (_TIMED | _SEAMLESS))
        zero = (self._media.start_time or 0) / 1e6
        expected: float | None = None
        for frame, rate in self._decoded():
            samples = _array(self._path, frame)
            channels = samples.size // frame.samples
            if timed and frame.pts is not None:
                begins = float(frame.pts * frame.time_base)
                gap = begins - (zero if expected is None else expected)
                if gap > _LOST_S and expected is not None and self._container & _SEAMLESS:
                    raise self._damaged(f"{gap:.2f} s are missing")
                if gap > _GAP_S:
                    yield from self._silence(gap, expected is None, samples, channels, rate)
                expected = begins + frame.samples / rate
            yield samples, channels, rate

    def _damaged(self, reason: str | None) -> BadAudio:
        """What is said where decoding ends too early."""
        if not self._heard:
            return no_sound(self._path, reason)
        return damaged(self._path, reason, self._heard)

    def _decoded(self) -> Iterator[tuple[Any, int]]:
        """FFmpeg's frames and their sample rates. One packet may be broken off at the end of the file, none within it."""
        import av

        broken: Any = None
        tag = False
        mpeg = self.codec.startswith(("mp1", "mp2", "mp3"))  # whose decoder gives the first frame of a new rate the old one
        try:
            for packet in self._media.demux(self._stream):
                self._furthest = max(self._furthest, (packet.pos or 0) + packet.size)
                try:
                    frames = packet.decode()
                except av.error.FFmpegError as error:
                    tag = tag or _is_tag(packet)
                    if not tag:
                        if broken:
                            raise
                        broken = error
                    continue
                if broken and frames and packet.size:
                    raise broken
                tag = tag and not frames
                for frame in frames:
                    rate = self._stream.codec_context.sample_rate if mpeg else frame.sample_rate
                    yield frame, rate
                    self._heard += frame.samples / rate
        except av.error.FFmpegError as error:
            raise self._damaged(error.strerror) from None
        if broken and not self._heard:
            raise self._damaged(broken.strerror)
        if broken:
            self.notes.append(f"{self._name} ends within a block of its codec; the {self._heard:.1f} s before it were read")
        self.joined = self._begins_again()

    def _begins_again(self) -> bool:
        """Whether another file of the kind stands behind what was read."""
        place = next((place for name, place in _BEGINS.items() if name in self._container), None)
        if place is None:
            return False
        with self._file.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(data[place], max(self._furthest, place.stop)) >= 0

    def _silence(self, gap: float, before: bool, like: npt.NDArray[Any], channels: int, rate: int) -> Iterator[Piece]:
        """So many seconds of silence, if the time stamps can be meant."""
        if gap > _LONGEST_GAP_S:
            self.notes.append(f"the time stamps of {self._name} jump by {gap:.0f} s; no silence was put there")
            self.skipped += gap
            return
        if before:
            self.skipped -= gap
            self.notes.append(f"the sound of {self._name} begins {gap:.1f} s late: silence stands before it")
        elif not any("has gaps" in note for note in self.notes):
            self.notes.append(f"the sound of {self._name} has gaps: silence stands in them, so that times stay right")
        rows, level = len(like), 128 if like.dtype == np.uint8 else 0
        left = round(gap * rate)
        while left:
            frames = min(left, _SILENCE)
            yield np.full((rows, frames * channels // rows), level, like.dtype), channels, rate
            left -= frames

    def _stated(self, path: Path) -> float:
        """Seconds by a header whose writer must have known; else 0."""
        import av

        if not self._container & _STATED:
            return 0.0
        if "asf" in self._container:
            return _asf_s(path)
        if self._stream.duration is not None:
            lasts = float(self._stream.duration * self._stream.time_base)
            return lasts if "mp3" not in self._container or abs(lasts - self._counted_s(path)) < _GAP_S else 0.0
        if not self._media.duration or len(self._media.streams) > 1:
            return 0.0
        return float((self._media.duration - max(0, self._media.start_time or 0)) / av.time_base)

    def _counted_s(self, path: Path) -> float:
        """Seconds of the frames that an MP3 says it has. FFmpeg goes by the size of the file where that does not fit."""
        rate: int = self._stream.codec_context.sample_rate or 1
        return _counted_frames(path) * (1152 if rate >= 32000 else 576) / rate


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
    if _tag(stream) in _ENCRYPTED:
        raise BadAudio(f"{name} is encrypted; expected a file without copy protection")
    if len(tracks) == 1:
        return stream, []
    number = tracks.index(stream) + 1
    others = ", ".join(_told(other, place) for place, other in enumerate(tracks, 1) if other is not stream)
    return stream, [
        f"{_told(stream, number)} of {len(tracks)} of {shown(path.name)} is heard; there is also {others}: choose with --track"
    ]


def _told(stream: Any, number: int) -> str:
    about = [each for each in (stream.language, stream.metadata.get("title")) if each and each != "und"]
    return f"track {number}" + (f" ({', '.join(about)})" if about else "")


def _counted_frames(path: Path) -> int:
    """How many frames an MP3 has by its first one (Xing, Info); 0 if it does not say."""
    with path.open("rb") as file:
        head = file.read(10)
        tagged = head[:3] == b"ID3" and len(head) == 10
        file.seek(10 + sum((byte & 0x7F) << (7 * (3 - place)) for place, byte in enumerate(head[6:])) if tagged else 0)
        found = _XING.search(file.read(4096))
    return int.from_bytes(found[1], "big") if found else 0


def _asf_s(path: Path) -> float:
    """Seconds by the header of a WMA; 0 for a broadcast, which has none. FFmpeg goes by the size of the file where that does not fit."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    place = head.find(_ASF_PROPERTIES)
    if place < 0 or len(head) < place + 92:
        return 0.0
    plays, _, preroll, flags = struct.unpack("<QQQI", head[place + 64 : place + 92])
    return 0.0 if flags & _ASF_BROADCAST else max(0.0, plays / 1e7 - preroll / 1e3)


def _is_tag(packet: Any) -> bool:
    """Whether a packet is what stands between joined MP3s, or behind the last: tags and padding."""
    data = bytes(packet)
    return data.startswith((b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")) or not any(data)


def _tag(stream: Any) -> str:
    """The codec tag; "" for one that is no text, as the numbers of WAV are."""
    try:
        return str(stream.codec_context.codec_tag)
    except UnicodeDecodeError:
        return ""


def damaged(name: str, reason: str | None, heard: float) -> BadAudio:
    """What is said of a file of which only so many seconds can be decoded."""
    return BadAudio(f"{name} is damaged or truncated ({reason}): {heard:.1f} s could be decoded; copy it again")


def no_sound(name: str, reason: str | None) -> BadAudio:
    """What is said of a file in which nothing can be decoded."""
    return BadAudio(f"{name} is not sound that can be decoded ({reason}), or it was cut off; expected e.g. wav, flac, mp3 or m4a")
