"""The values that cross modules and processes, and the one way they are written down.

Times are seconds as float, sample rates are Hz, full scale of audio is +-1. All types are frozen; arrays inside
them must not be written to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.errors import ContractBroken

if TYPE_CHECKING:
    import numpy.typing as npt

FloatArray: TypeAlias = "npt.NDArray[np.float32]"


@dataclass(frozen=True)
class Audio:
    """Sound in memory.

    ``samples``: float32, shape ``(frames,)`` for mono or ``(channels, frames)``; full scale +-1.
    ``sample_rate``: Hz, a positive int.
    """

    samples: FloatArray
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.dtype != np.float32 or self.samples.ndim not in (1, 2):
            raise ContractBroken(
                f"Audio.samples is {self.samples.dtype} with shape {self.samples.shape}; "
                "expected float32 of shape (frames,) or (channels, frames)"
            )
        if self.sample_rate <= 0:
            raise ContractBroken(f"Audio.sample_rate is {self.sample_rate}; expected a positive number of Hz")

    @property
    def frames(self) -> int:
        """Number of samples per channel."""
        return int(self.samples.shape[-1])

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def mono(self) -> Audio:
        """The mean of all channels, shape ``(frames,)``; the loudest one where they cancel out in the mean (see `Phase`)."""
        if self.samples.ndim == 1:
            return self
        louder = Phase.of(self.samples).louder
        samples = self.samples.mean(axis=0, dtype=np.float32) if louder is None else self.samples[louder]
        return Audio(samples, self.sample_rate)

    def resample(self, sample_rate: int) -> Audio:
        """The same sound at ``sample_rate`` Hz (soxr, high quality); itself if the rate is already right."""
        if sample_rate == self.sample_rate:
            return self
        import soxr

        resampled = soxr.resample(self.samples.T, self.sample_rate, sample_rate).T
        return Audio(np.ascontiguousarray(resampled, dtype=np.float32), sample_rate)

    def pcm16(self) -> npt.NDArray[np.int16]:
        """The samples as 16-bit integers, clipped to full scale; same shape as ``samples``."""
        return np.round(np.clip(self.samples, -1.0, 1.0) * 32767.0).astype(np.int16)


@dataclass
class Phase:
    """Whether channels cancel out: over all blocks that were added, their sum has less than a tenth of the power that unrelated
    channels would have, which two channels reach with a correlation below -0.9.
    """

    power: list[float] = field(default_factory=list)
    summed: float = 0.0

    @classmethod
    def of(cls, samples: FloatArray) -> Phase:
        """Of one sound."""
        phase = cls()
        phase.add(np.atleast_2d(samples))
        return phase

    def add(self, block: FloatArray) -> None:
        """Count a block ``(channels, frames)``."""
        products = np.asarray(block @ block.T, np.float64)
        self.summed += float(products.sum())
        self.power = [before + power for before, power in zip_longest(self.power, np.diag(products).tolist(), fillvalue=0.0)]

    @property
    def louder(self) -> int | None:
        """The loudest channel, from 0 (of equally loud ones the first), where they cancel out; else None.

        >>> tone = np.sin(np.arange(1000, dtype=np.float32))
        >>> Phase.of(np.stack([tone, -1.01 * tone])).louder, Phase.of(np.stack([tone, 0 * tone])).louder
        (1, None)
        """
        if not self.summed < 0.1 * sum(self.power):
            return None
        return next(channel for channel, power in enumerate(self.power) if power >= 0.99 * max(self.power))


@dataclass(frozen=True)
class Segment:
    """A stretch of time ``[start, end)`` in seconds, with an optional label."""

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True)
class Turn:
    """Who spoke when: ``[start, end)`` in seconds and a speaker's name, unique within the recording."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True)
class Word:
    """A word and its time ``[start, end)`` in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """What was said; ``words`` stays empty where the recogniser gives no times; ``language`` is a tag that `languages` knows: en, yue."""

    text: str
    words: tuple[Word, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Label:
    """A class name and its score (higher = more likely; a probability where the model gives one)."""

    name: str
    score: float


@dataclass(frozen=True)
class Entity:
    """A named entity: its text, its label and its character span ``[start, end)`` in the text asked about."""

    text: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class PitchTrack:
    """Fundamental frequency over time: three arrays of one length.

    ``times`` seconds (rising), ``f0_hz`` Hz (the best guess even where unvoiced, 0 where there is none),
    ``voiced`` in 0..1 (1 = voiced).
    """

    times: FloatArray
    f0_hz: FloatArray
    voiced: FloatArray


@dataclass(frozen=True)
class Beats:
    """A tempo in beats per minute and the times of the beats in seconds (rising)."""

    tempo_bpm: float
    times: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class Note:
    """A note: ``[onset, offset)`` in seconds, its pitch in Hz (A4 = 440), and how hard it is struck, 0..1."""

    onset: float
    offset: float
    pitch_hz: float
    velocity: float = 1.0


@dataclass(frozen=True)
class Detection:
    """A keyword heard: which, in ``[start, end)`` seconds, and its score (higher = more sure; each model has its own scale).

    ``accepted``: the score reaches the model's own threshold. A model may also list what stays below, so that other
    thresholds can be tried on its answer.
    """

    keyword: str
    start: float
    end: float
    score: float
    accepted: bool = True


@dataclass(frozen=True)
class Formants:
    """Resonances of the vocal tract over time.

    ``times`` seconds (rising), shape ``(n,)``; ``formants_hz`` Hz, shape ``(n, k)``, F1 first, NaN where there is none.
    """

    times: FloatArray
    formants_hz: FloatArray


@dataclass(frozen=True)
class StreamEvent:
    """What a streaming recogniser says at one moment.

    ``text`` is all that it has heard so far; ``final``: it will not change that part any more. ``heard`` is how many seconds of
    sound it had been given, ``said`` when it spoke: seconds since the sound began, at the pace of real time.
    """

    text: str
    final: bool
    heard: float = 0.0
    said: float = 0.0


@dataclass(frozen=True)
class StreamTranscript:
    """All that a streaming recogniser said about one sound, in order; the last event is final."""

    events: tuple[StreamEvent, ...]

    @property
    def text(self) -> str:
        """What it said in the end."""
        return self.events[-1].text if self.events else ""


_TYPES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Audio,
        Segment,
        Turn,
        Word,
        Transcript,
        Label,
        Entity,
        PitchTrack,
        Beats,
        Note,
        Detection,
        Formants,
        StreamEvent,
        StreamTranscript,
    )
}

Attach: TypeAlias = "Callable[[npt.NDArray[Any]], Any]"
Detach: TypeAlias = "Callable[[Any], npt.NDArray[Any]]"


def encode(value: Any, attach: Attach, audio: Callable[[Audio], Any] | None = None) -> Any:
    """Turn ``value`` into what JSON holds, tagging each of this module's types with its name under ``"type"``.

    ``attach`` is given every array and returns what stands for it; ``audio``, if given, does the same for whole
    `Audio` values. Raises `ContractBroken` for a type that has no encoding.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"type": "array", "data": attach(value)}
    if isinstance(value, Audio) and audio is not None:
        return audio(value)
    if isinstance(value, (list, tuple)):
        return [encode(item, attach, audio) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item, attach, audio) for key, item in value.items()}
    kind = type(value)
    if _TYPES.get(kind.__name__) is not kind:
        raise ContractBroken(f"an answer holds a {kind.__module__}.{kind.__name__}; expected a type of model_lab.types")
    names = (field.name for field in dataclasses.fields(kind))
    return {"type": kind.__name__} | {name: encode(getattr(value, name), attach, audio) for name in names}


def decode(plain: Any, detach: Detach, audio: Callable[[Any], Audio] | None = None) -> Any:
    """The inverse of `encode`; tuples come back as lists, except inside this module's types."""
    if isinstance(plain, list):
        return [decode(item, detach, audio) for item in plain]
    if not isinstance(plain, dict):
        return plain
    kind = plain.get("type")
    if kind == "array":
        return detach(plain["data"])
    if kind == "Audio" and audio is not None:
        return audio(plain)
    if kind not in _TYPES:
        return {key: decode(item, detach, audio) for key, item in plain.items()}
    fields = {key: decode(item, detach, audio) for key, item in plain.items() if key != "type"}
    return _TYPES[kind](**{key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()})


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with every leaf of its lists, tuples (which become lists) and dicts replaced by ``change(leaf)``, however deep.

    >>> mapped({"a": [1, 2], "b": 3}, lambda leaf: 10 * leaf)
    {'a': [10, 20], 'b': 30}
    """
    if isinstance(value, (list, tuple)):
        return [mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return change(value)
