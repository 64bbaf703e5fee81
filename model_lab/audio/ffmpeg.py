"""Decodes an audio track with FFmpeg (through PyAV): frames in order and in time, up to the first damage."""

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
"""Samples of any type, ``(channels, frames)`` or interleaved ``(1, frames * channels)``; the number of channels; the sample rate in Hz."""

_HEADERLESS = {".g722": "g722"}
_RAW = re.compile(r"(alaw|mulaw|vidc|[suf]\d+(le|be)?)")
"""Raw formats without a container: FFmpeg recognises them by the file name and guesses the sample rate."""
_PLAYLISTS = {"concat", "dash", "hls", "imf", "sdp"}
"""Formats that FFmpeg reads as audio but that refer to other files, which is unsafe."""
_ENCRYPTED = {"drms", "enca", "aavd"}
_G721 = "@\0\0\0"
"""The codec tag of G.721 in a WAV, which FFmpeg decodes as G.726."""
_STATED = {"aiff", "ape", "asf", "au", "caf", "flac", "matroska", "mov", "mp3", "tta", "w64", "wv"}
"""Containers whose headers state a length; for others FFmpeg estimates it from the file size."""
_TIMED = {"asf", "flv", "matroska", "mov", "mpeg", "mpegts"}
"""Containers with time stamps of their own."""
_SEAMLESS, _LOST_S = {"flac", "ogg"}, 0.02
"""Audio-only containers that number their samples, and the gap in seconds from which samples are lost."""
_GAP_S, _LONGEST_GAP_S = 0.1, 600.0
"""Gaps of time stamps in seconds: shorter ones are inaccuracy, longer ones a clock change."""
_XING = re.compile(rb"(?:Xing|Info)\x00\x00\x00[\x01\x03\x05\x07\x09\x0b\x0d\x0f](.{4})", re.DOTALL)
_SILENCE = 1 << 16
_SIGNATURES = {"mov": slice(4, 12), "matroska": slice(0, 12), "flv": slice(0, 9), "tta": slice(0, 6), "asf": slice(0, 16)}
"""Signatures of formats of which FFmpeg reads only the first file where several were concatenated."""
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_BROADCAST = 1


class UnknownFormat(Exception):
    """FFmpeg does not support the format, or is known to decode it incorrectly."""


@contextmanager
def opened(path: Path, header: headers.Header | None, track: int) -> Iterator[FFmpegSource]:
    """Open an audio track of a file; ``track`` counts from 1, 0 is the default track, or the first; ``header`` is from `headers`.

    Raises `UnknownFormat`, and `BadAudio` for a file without audio, an unsupported codec, an encrypted file, a playlist, raw samples of
    unknown rate, and a track that does not exist.
    """
    import av

    wave = header is not None and header.bytes_per_second > 0
    options = {"protocol_whitelist": "file"}
    if wave:  # do not probe PCM for other codecs
        options |= {"max_probe_packets": "1"} | ({} if header and header.exact else {"ignore_length": "1"})
    container = _HEADERLESS.get(path.suffix.lower())
    with path.open("rb") as file:
        source: Any = f"file:{os.path.abspath(path)}"
        try:
            media = av.open(
                headers.RepairedFile(file, header.repairs) if header and header.repairs else source,
                format=container,
                options=options,
                metadata_errors="replace",
            )
        except av.error.FFmpegError as error:
            raise UnknownFormat(error.strerror) from None
        with media:
            stream, notes = _select_track(path, media, track)
            if media.format.name == "sds" or (wave and _tag(stream) == _G721):
                raise UnknownFormat("FFmpeg decodes it incorrectly")
            yield FFmpegSource(path, media, stream, notes)


class FFmpegSource:
    """An audio track. ``codec`` is the name used by FFmpeg; ``notes`` grow during decoding.

    ``promised``: length in seconds by a reliable header; 0 if there is none. ``skipped``: the part of it without audio; negative for
    silence inserted before the beginning. ``damage``: damage that is known before decoding. ``joined``: whether another file follows
    this one, known after decoding.
    """

    def __init__(self, path: Path, media: Any, stream: Any, notes: list[str]) -> None:
        self.notes = notes
        self._decoded_s = 0.0
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
        """The decoded audio, with silence in gaps of the time stamps. Raises `BadAudio` where the file is damaged."""
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
        """The error where decoding ends too early."""
        if not self._decoded_s:
            return not_decodable(self._path, reason)
        return damaged(self._path, reason, self._decoded_s)

    def _decoded(self) -> Iterator[tuple[Any, int]]:
        """The frames and their sample rates. A packet may be incomplete at the end of the file, but not within it."""
        import av

        broken: Any = None
        tag = False
        mpeg = self.codec.startswith(
            ("mp1", "mp2", "mp3")
        )  # whose decoder reports the old rate for the first frame of a new rate
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
                    self._decoded_s += frame.samples / rate
        except av.error.FFmpegError as error:
            raise self._damaged(error.strerror) from None
        if broken and not self._decoded_s:
            raise self._damaged(broken.strerror)
        if broken:
            self.notes.append(f"{self._name} ends within a block of its codec; the {self._decoded_s:.1f} s before it were read")
        self.joined = self._has_second_file()

    def _has_second_file(self) -> bool:
        """Whether another file of the same format follows the decoded one."""
        place = next((place for name, place in _SIGNATURES.items() if name in self._container), None)
        if place is None:
            return False
        with self._file.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(data[place], max(self._furthest, place.stop)) >= 0

    def _silence(self, gap: float, before: bool, like: npt.NDArray[Any], channels: int, rate: int) -> Iterator[Piece]:
        """``gap`` seconds of silence, if the time stamps are plausible."""
        if gap > _LONGEST_GAP_S:
            self.notes.append(f"the time stamps of {self._name} jump by {gap:.0f} s; no silence was inserted")
            self.skipped += gap
            return
        if before:
            self.skipped -= gap
            self.notes.append(f"the audio of {self._name} begins {gap:.1f} s late: silence was inserted before it")
        elif not any("has gaps" in note for note in self.notes):
            self.notes.append(f"the audio of {self._name} has gaps: silence was inserted to keep times correct")
        rows, level = len(like), 128 if like.dtype == np.uint8 else 0
        remaining = round(gap * rate)
        while remaining:
            frames = min(remaining, _SILENCE)
            yield np.full((rows, frames * channels // rows), level, like.dtype), channels, rate
            remaining -= frames

    def _stated(self, path: Path) -> float:
        """Length in seconds by a reliable header; else 0."""
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
        """Length in seconds by the frame count of an MP3. FFmpeg uses the file size where that does not agree."""
        rate: int = self._stream.codec_context.sample_rate or 1
        return _counted_frames(path) * (1152 if rate >= 32000 else 576) / rate


def _array(name: str, frame: Any) -> npt.NDArray[Any]:
    """``(channels, frames)`` or, interleaved, ``(1, frames * channels)``."""
    try:
        samples: npt.NDArray[Any] = frame.to_ndarray()
    except ValueError:
        raise BadAudio(f"{name} has samples of an unsupported type ({frame.format.name}); convert it to flac") from None
    return samples


def _select_track(path: Path, media: Any, track: int) -> tuple[Any, list[str]]:
    """The stream of a track, and notes about the selection."""
    from av.stream import Disposition

    name, container, tracks = shown(path), media.format, media.streams.audio
    if set(container.name.split(",")) & _PLAYLISTS:
        raise BadAudio(f"{name} is a playlist ({container.long_name}); name the audio file itself")
    if not tracks:
        raise BadAudio(f"{name} has no audio; expected a file with at least one audio track")
    if _RAW.fullmatch(container.name):
        raise BadAudio(f"{name} is raw audio of unknown sample rate; convert it to wav with its sample rate")
    if not 0 <= track <= len(tracks):
        available = "one audio track" if len(tracks) == 1 else f"{len(tracks)} audio tracks"
        raise BadAudio(f"{name} has {available}; there is no track {track}; choose one from 1 to {len(tracks)}")
    default = next((stream for stream in tracks if stream.disposition & Disposition.default), tracks[0])
    stream = tracks[track - 1] if track else default
    if stream.codec_context is None:
        raise BadAudio(f"{name} uses a codec that this build of FFmpeg does not support; convert it, for example to flac")
    if _tag(stream) in _ENCRYPTED:
        raise BadAudio(f"{name} is encrypted; expected a file without copy protection")
    if len(tracks) == 1:
        return stream, []
    number = tracks.index(stream) + 1
    others = ", ".join(_track_name(other, place) for place, other in enumerate(tracks, 1) if other is not stream)
    return stream, [
        f"{_track_name(stream, number)} of {len(tracks)} of {shown(path.name)} is used; there is also {others}: select one with --track"
    ]


def _track_name(stream: Any, number: int) -> str:
    details = [detail for detail in (stream.language, stream.metadata.get("title")) if detail and detail != "und"]
    return f"track {number}" + (f" ({', '.join(details)})" if details else "")


def _counted_frames(path: Path) -> int:
    """The frame count in the first frame of an MP3 (Xing, Info); 0 if there is none."""
    with path.open("rb") as file:
        head = file.read(10)
        tagged = head[:3] == b"ID3" and len(head) == 10
        file.seek(10 + sum((byte & 0x7F) << (7 * (3 - place)) for place, byte in enumerate(head[6:])) if tagged else 0)
        match = _XING.search(file.read(4096))
    return int.from_bytes(match[1], "big") if match else 0


def _asf_s(path: Path) -> float:
    """Length in seconds by the header of a WMA; 0 for a broadcast. FFmpeg uses the file size where that does not agree."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    place = head.find(_ASF_PROPERTIES)
    if place < 0 or len(head) < place + 92:
        return 0.0
    plays, _, preroll, flags = struct.unpack("<QQQI", head[place + 64 : place + 92])
    return 0.0 if flags & _ASF_BROADCAST else max(0.0, plays / 1e7 - preroll / 1e3)


def _is_tag(packet: Any) -> bool:
    """Whether a packet consists of tags or padding, as found between concatenated MP3s and at the end."""
    data = bytes(packet)
    return data.startswith((b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")) or not any(data)


def _tag(stream: Any) -> str:
    """The codec tag; "" for one that is not text, such as the numbers in WAV."""
    try:
        return str(stream.codec_context.codec_tag)
    except UnicodeDecodeError:
        return ""


def damaged(name: str, reason: str | None, seconds: float) -> BadAudio:
    """The error for a file of which only some seconds can be decoded."""
    return BadAudio(f"{name} is damaged or truncated ({reason}): {seconds:.1f} s could be decoded; copy it again")


def not_decodable(name: str, reason: str | None) -> BadAudio:
    """The error for a file in which nothing can be decoded."""
    return BadAudio(f"{name} is not audio that can be decoded ({reason}), or is truncated; expected e.g. wav, flac, mp3 or m4a")
