"""Values that cross modules and processes, and their encoding as JSON.

Conventions
-----------
- Times are float seconds from the start of the recording; a stretch is ``[start, end)``.
- Sample rates are in Hz, frequencies in Hz; full scale of audio is +-1.
- All types are frozen (`Phase` excepted); arrays inside them must not be written to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
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
    """Audio in memory.

    Attributes:
        samples: float32, shape ``(frames,)`` for mono or ``(channels, frames)``; full scale is +-1.
        sample_rate: Samples per second in Hz, positive.

    Raises:
        ContractBroken: If ``samples`` has another dtype or shape, or ``sample_rate`` is not positive.
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
        """Mix all channels down to one.

        Returns:
            The mean of all channels, shape ``(frames,)``; the loudest channel if they cancel out in the mean (see `Phase`).
        """
        if self.samples.ndim == 1:
            return self
        louder = Phase.of(self.samples).louder
        samples = self.samples.mean(axis=0, dtype=np.float32) if louder is None else self.samples[louder]
        return Audio(samples, self.sample_rate)

    def resample(self, sample_rate: int) -> Audio:
        """Convert to another sample rate (soxr, high quality).

        Args:
            sample_rate: Target rate in Hz.

        Returns:
            Audio of the same duration and number of channels; the same object if the rate is already right.
        """
        if sample_rate == self.sample_rate:
            return self
        import soxr

        resampled = soxr.resample(self.samples.T, self.sample_rate, sample_rate).T
        return Audio(np.ascontiguousarray(resampled, dtype=np.float32), sample_rate)

    def pcm16(self) -> npt.NDArray[np.int16]:
        """Convert to 16-bit integers.

        Returns:
            int16, same shape as ``samples``, clipped to full scale: 1.0 is 32767.
        """
        return np.round(np.clip(self.samples, -1.0, 1.0) * 32767.0).astype(np.int16)


@dataclass
class Phase:
    """Detects channels that cancel out when averaged.

    They do if, over all blocks added, their sum has less than a tenth of the power that uncorrelated channels would have; two
    channels reach that with a correlation below -0.9.

    Attributes:
        power: Energy of each channel over all blocks.
        summed: Energy of the sum of all channels over all blocks.
    """

    power: list[float] = field(default_factory=list)
    summed: float = 0.0

    @classmethod
    def of(cls, samples: FloatArray) -> Phase:
        """Measure one signal.

        Args:
            samples: Shape ``(frames,)`` or ``(channels, frames)``.

        Returns:
            The phase of that signal.
        """
        phase = cls()
        phase.add(np.atleast_2d(samples))
        return phase

    def add(self, block: FloatArray) -> None:
        """Add a block of a signal.

        Args:
            block: Shape ``(channels, frames)``.
        """
        products = np.asarray(block @ block.T, np.float64)
        self.summed += float(products.sum())
        self.power = [before + power for before, power in zip_longest(self.power, np.diag(products).tolist(), fillvalue=0.0)]

    @property
    def louder(self) -> int | None:
        """Index of the loudest channel if the channels cancel out (the first of equally loud ones), else None.

        Examples:
            >>> tone = np.sin(np.arange(1000, dtype=np.float32))
            >>> Phase.of(np.stack([tone, -1.01 * tone])).louder, Phase.of(np.stack([tone, 0 * tone])).louder
            (1, None)
        """
        if not self.summed < 0.1 * sum(self.power):
            return None
        return next(channel for channel, power in enumerate(self.power) if power >= 0.99 * max(self.power))


@dataclass(frozen=True)
class Segment:
    """A stretch of time with an optional label.

    Attributes:
        start: Start in seconds.
        end: End in seconds, exclusive.
        label: What is in it; "" for none.
    """

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True)
class Turn:
    """Who spoke when.

    Attributes:
        start: Start in seconds.
        end: End in seconds, exclusive.
        speaker: Name of the speaker, unique within the recording; need not be a real name.
    """

    start: float
    end: float
    speaker: str


@dataclass(frozen=True)
class Word:
    """A word with its time.

    Attributes:
        text: The word as spelled by the recogniser or aligner.
        start: Start in seconds.
        end: End in seconds, exclusive.
    """

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """What was said.

    Attributes:
        text: The whole text.
        words: Words with times; empty where the recogniser gives none.
        language: Language tag (BCP 47 or ISO 639) such as en or yue; "" if unknown.
    """

    text: str
    words: tuple[Word, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Label:
    """A class name with its score.

    Attributes:
        name: Class name.
        score: Higher is more likely; a probability in 0 to 1 where the model gives one.
    """

    name: str
    score: float


@dataclass(frozen=True)
class Entity:
    """A named entity in a text.

    Attributes:
        text: The entity as it is in the text.
        label: Kind of the entity, such as PERSON.
        start: Index of its first character in the input text.
        end: Index behind its last character.
    """

    text: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class PitchTrack:
    """Fundamental frequency over time: three arrays of one length.

    Attributes:
        times: Frame times in seconds, rising, shape ``(frames,)``.
        f0_hz: Frequency in Hz, the best estimate even where unvoiced, 0 where there is none, shape ``(frames,)``.
        voiced: Degree of voicing in 0 to 1 (1 = voiced), shape ``(frames,)``.
    """

    times: FloatArray
    f0_hz: FloatArray
    voiced: FloatArray


@dataclass(frozen=True)
class Beats:
    """Tempo and beats of a piece of music.

    Attributes:
        tempo_bpm: Tempo in beats per minute.
        times: Beat times in seconds, rising, shape ``(beats,)``; empty if unknown.
    """

    tempo_bpm: float
    times: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class Note:
    """A played note.

    Attributes:
        onset: Start in seconds.
        offset: End in seconds, exclusive.
        pitch_hz: Fundamental frequency in Hz (A4 = 440).
        velocity: How hard the note is struck, 0 to 1.
    """

    onset: float
    offset: float
    pitch_hz: float
    velocity: float = 1.0


@dataclass(frozen=True)
class Detection:
    """A detected keyword.

    Attributes:
        keyword: The keyword.
        start: Start in seconds.
        end: End in seconds, exclusive.
        score: Higher is more certain; each model has its own scale.
        accepted: Whether the score reaches the model's own threshold. A model may also list detections below it, so that other
            thresholds can be evaluated on the same answer.
    """

    keyword: str
    start: float
    end: float
    score: float
    accepted: bool = True


@dataclass(frozen=True)
class Formants:
    """Resonances of the vocal tract over time.

    Attributes:
        times: Frame times in seconds, rising, shape ``(frames,)``.
        formants_hz: Frequencies in Hz, shape ``(frames, formants)``, F1 first; NaN where there is none.
    """

    times: FloatArray
    formants_hz: FloatArray


@dataclass(frozen=True)
class StreamEvent:
    """Text emitted by a streaming recogniser at one moment.

    Attributes:
        text: All text recognised so far, not only what is new.
        final: Whether this text will not change any more.
        heard: Seconds of audio that had been fed to the recogniser.
        said: When the text was emitted, in seconds since the audio began, at the pace of real time.
    """

    text: str
    final: bool
    heard: float = 0.0
    said: float = 0.0


@dataclass(frozen=True)
class StreamTranscript:
    """All that a streaming recogniser emitted for one recording.

    Attributes:
        events: Events in order; the last one is final.
    """

    events: tuple[StreamEvent, ...]

    @property
    def text(self) -> str:
        """Text of the last event; "" without events."""
        return self.events[-1].text if self.events else ""


_TYPES: dict[str, type[Any]] = {
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
"""Tag -> type: those of this module by their name, those that capabilities declare as CAPABILITY.NAME."""

_TAGS: dict[type[Any], str] = {kind: tag for tag, kind in _TYPES.items()}


def declare(owner: str, kinds: Iterable[type[Any]]) -> None:
    """Give a capability's own answer types their written form, under the tags ``OWNER.NAME``.

    Declaring a capability again replaces its types, as when its file is read anew. A type of two capabilities has two tags, and is
    written with the first.

    Args:
        owner: The capability's name, which no other has.
        kinds: Frozen dataclasses, each with a name of its own among them (see `declaration_problem`).

    Raises:
        ContractBroken: Two of them have one name, or one has no written form.
    """
    own: dict[str, type[Any]] = {}
    for kind in kinds:
        if problem := declaration_problem(kind):
            raise ContractBroken(f"capability {owner!r}: {problem}")
        tag = f"{owner}.{kind.__name__}"
        if own.setdefault(tag, kind) is not kind:
            raise ContractBroken(f"capability {owner!r} declares two answer types called {kind.__name__}; rename one of them")
    for tag in [tag for tag in _TYPES if tag.rpartition(".")[0] == owner]:
        del _TYPES[tag]
    _TYPES.update(own)
    for tag, kind in own.items():
        _TAGS.setdefault(kind, tag)


def declaration_problem(kind: Any) -> str:
    """Say why a type cannot be declared as an answer type.

    Args:
        kind: Anything.

    Returns:
        One clause; empty if it can.
    """
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind):
        return f"answer type {kind!r} is no dataclass; expected @dataclass(frozen=True)"
    if not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return f"answer type {kind.__name__} can be changed; expected @dataclass(frozen=True)"
    fields = dataclasses.fields(kind)
    if any(each.name == "type" for each in fields):
        return f"answer type {kind.__name__} has a field 'type', which its written form needs for its name; rename the field"
    if unset := next((each.name for each in fields if not each.init), ""):
        return f"answer type {kind.__name__} has a field {unset!r} that its constructor does not take; make it a property"
    return ""


Attach: TypeAlias = "Callable[[npt.NDArray[Any]], Any]"
Detach: TypeAlias = "Callable[[Any], npt.NDArray[Any]]"


def encode(value: Any, attach: Attach, audio: Callable[[Audio], Any] | None = None) -> Any:
    """Convert a value to what JSON can hold, with the tag of each of this module's types, or of a declared one, under ``"type"``.

    Args:
        value: None, bool, number, str, array, a type of this module or a declared one, or lists, tuples and dicts of these.
        attach: Called with every array; returns what JSON holds in its place.
        audio: If given, called with every `Audio` instead of encoding its fields.

    Returns:
        Dicts, lists, strings, numbers, booleans and None; tuples become lists, dict keys strings.

    Raises:
        ContractBroken: If a value has any other type.
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
    if kind not in _TAGS:
        raise ContractBroken(
            f"an answer holds a {kind.__module__}.{kind.__name__}; expected a type of model_lab.types, "
            "or one of the capability's own that its answer_types name"
        )
    names = (field.name for field in dataclasses.fields(kind))
    return {"type": _TAGS[kind]} | {name: encode(getattr(value, name), attach, audio) for name in names}


def decode(
    plain: Any, detach: Detach, audio: Callable[[Any], Audio] | None = None, declaring: Callable[[str], object] | None = None
) -> Any:
    """Invert `encode`.

    Args:
        plain: What `encode` returned.
        detach: Called with what stands for an array; returns the array.
        audio: If given, called with what stands for an `Audio`; returns it.
        declaring: If given, called with the capability that a tag names when the type is not declared yet; it reads the capability.

    Returns:
        The value; tuples come back as lists, except in fields of types; a tag that nothing declares leaves a dict.

    Raises:
        ContractBroken: If a type cannot be made of the fields that were written.
    """
    if isinstance(plain, list):
        return [decode(item, detach, audio, declaring) for item in plain]
    if not isinstance(plain, dict):
        return plain
    tag = plain.get("type")
    if tag == "array":
        return detach(plain["data"])
    if tag == "Audio" and audio is not None:
        return audio(plain)
    kind = _tagged(tag, declaring)
    if kind is None:
        return {key: decode(item, detach, audio, declaring) for key, item in plain.items()}
    fields = {key: decode(item, detach, audio, declaring) for key, item in plain.items() if key != "type"}
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()})
    except (TypeError, ValueError) as error:
        raise ContractBroken(f"a {tag} cannot be made of {', '.join(fields) or 'no fields'} ({error})") from None


def _tagged(tag: Any, declaring: Callable[[str], object] | None) -> type[Any] | None:
    """The type that a tag names, if there is one."""
    if not isinstance(tag, str):
        return None
    owner, dot, _ = tag.rpartition(".")
    if dot and tag not in _TYPES and declaring is not None:
        declaring(owner)
    return _TYPES.get(tag)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a function to every leaf of nested lists, tuples and dicts.

    Args:
        value: The nested value.
        change: Called with every leaf.

    Returns:
        The same structure with changed leaves; tuples become lists.

    Examples:
        >>> mapped({"a": [1, 2], "b": 3}, lambda leaf: 10 * leaf)
        {'a': [10, 20], 'b': 30}
    """
    if isinstance(value, (list, tuple)):
        return [mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return change(value)
