"""Perturbations by name: what ``--perturb`` may say, and the sound it makes of sound.

A condition is written ``STEP+STEP+...``, a step ``NAME`` or ``NAME:VALUE``; steps are done from left to right. The same condition
makes the same sound of the same sample everywhere: chance is drawn from the sample's id, the condition and the seed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.datasets import codecs, degradations
from model_lab.datasets.speed_change import sped
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.types import Audio

MOST_STEPS = 8
"""A condition has a folder named after it, and names have limits."""

SPEECH = frozenset(
    (
        "alignment",
        "asr",
        "asr_stream",
        "diarization",
        "emotion",
        "enhance",
        "kws",
        "langid",
        "phones",
        "speaker_embed",
        "speaker_verify",
        "vad",
        "voice_clone",
    )
)
"""Capabilities whose sound is speech, so that babble can be made of it."""

SPED = frozenset(
    (
        "alignment",
        "asr",
        "asr_stream",
        "caption",
        "classify",
        "diarization",
        "embed",
        "emotion",
        "enhance",
        "fingerprint",
        "formants",
        "kws",
        "langid",
        "music_transcription",
        "phones",
        "pitch",
        "separate",
        "speaker_embed",
        "speaker_verify",
        "tempo",
        "vad",
    )
)
"""Capabilities whose truth at another speed is known (`sped.sped`): not so a key between two keys, or what a voice becomes."""

DAMAGED = frozenset(("quality",))
"""Capabilities whose truth is how damaged the sound is: any perturbation makes it wrong."""

_CODE = ("perturbations.py", "perturbed.py", "speed_change.py", "degradations.py", "codecs.py", "recipes/_levels.py")


@dataclass(frozen=True)
class Parameter:
    """The number behind the colon, from ``low`` to ``high``; one of ``among`` if that is not empty."""

    meaning: str
    unit: str
    low: float
    high: float
    default: float
    among: tuple[float, ...] = ()

    @property
    def range(self) -> str:
        """What it may be, in words."""
        return f"one of {', '.join(map(spelled, self.among))}" if self.among else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Scene:
    """What a step may draw from: chance of its own, and for babble the talkers of the sample."""

    rng: np.random.Generator
    talkers: Sequence[Audio] = ()


@dataclass(frozen=True)
class Perturbation:
    """One kind of step: what it does to sound, and to which capabilities it can be done (None: all that hear)."""

    name: str
    summary: str
    source: str
    apply: Callable[[Audio, float, Scene], Audio]
    parameter: Parameter | None = None
    capabilities: frozenset[str] | None = None
    unless: str = ""


@dataclass(frozen=True)
class Step:
    """A perturbation with its value (0 where it takes none)."""

    kind: Perturbation
    value: float

    def __str__(self) -> str:
        return f"{self.kind.name}:{spelled(self.value)}" if self.kind.parameter else self.kind.name


Chain = tuple[Step, ...]

PERTURBATIONS = {
    kind.name: kind
    for kind in (
        Perturbation(
            "noise",
            "pink noise at a signal-to-noise ratio",
            "active level: ITU-T P.56",
            lambda audio, value, scene: degradations.noise(audio, value, scene.rng),
            Parameter("active level of the sound over the level of the noise", "dB", -20, 60, 10),
        ),
        Perturbation(
            "babble",
            "six other recordings of the dataset at once, at a signal-to-noise ratio",
            "active level: ITU-T P.56",
            lambda audio, value, scene: degradations.babble(audio, value, scene.rng, scene.talkers),
            Parameter("active level of the sound over the level of the babble", "dB", -20, 60, 10),
            SPEECH,
            "babble is made of a dataset's own speech, and this is not about speech",
        ),
        Perturbation(
            "reverb",
            "a synthetic room",
            "Polack 1988; RT60 as in ISO 3382",
            lambda audio, value, scene: degradations.reverb(audio, value, scene.rng),
            Parameter("time in which the room's sound decays by 60 dB", "s", 0.1, 5, 0.6),
        ),
        Perturbation(
            "telephone",
            "a telephone line: 300-3400 Hz, mu-law at 8 kHz",
            "ITU-T G.712, G.711",
            lambda audio, value, scene: codecs.telephone(audio),
        ),
        Perturbation(
            "gsm",
            "GSM full rate and back",
            "GSM 06.10 (by libsndfile)",
            lambda audio, value, scene: codecs.gsm(audio),
        ),
        Perturbation(
            "opus",
            "Opus and back",
            "RFC 6716 (by libopus)",
            lambda audio, value, scene: codecs.opus(audio, value),
            Parameter("bit rate of a channel", "kbit/s", 6, 256, 12),
        ),
        Perturbation(
            "mp3",
            "MP3 and back",
            "ISO/IEC 11172-3 (by LAME)",
            lambda audio, value, scene: codecs.mp3(audio, value),
            Parameter("bit rate of a channel", "kbit/s", 8, 320, 32, codecs.MP3_KBPS),
        ),
        Perturbation(
            "clip",
            "hard clipping below the peak",
            "",
            lambda audio, value, scene: degradations.clip(audio, value),
            Parameter("how far below the peak everything louder is cut off", "dB", 0, 60, 12),
        ),
        Perturbation(
            "gain",
            "louder or quieter, nothing lost",
            "",
            lambda audio, value, scene: degradations.gain(audio, value),
            Parameter("change of the level", "dB", -60, 60, -20),
        ),
        Perturbation(
            "loss",
            "lost packets of 20 ms, silent, in bursts of 2 on average",
            "Gilbert 1960",
            lambda audio, value, scene: degradations.loss(audio, value, scene.rng),
            Parameter("packets lost in the long run", "%", 0, 60, 10),
        ),
        Perturbation(
            "speed",
            "played faster or slower, tempo and pitch together",
            "",
            lambda audio, value, scene: degradations.speed(audio, value),
            Parameter("times as fast", "x", 0.5, 2, 1.1),
            SPED,
            "its truth at another speed is not known",
        ),
    )
}


def parse(condition: str) -> Chain:
    """The steps that a condition names; values left out are the defaults.

    Raises `UnknownName` with the nearest name, `BadConfig` for a value that is no number or out of range, and for too many steps.

    >>> written(parse("reverb+noise:5.0"))
    'reverb:0.6+noise:5'
    """
    steps = tuple(_step(word.strip(), condition) for word in condition.split("+"))
    if len(steps) > MOST_STEPS:
        raise BadConfig(f"--perturb {condition!r} has {len(steps)} steps; expected at most {MOST_STEPS}")
    return steps


def written(chain: Chain) -> str:
    """A condition as it is recorded: every value named, in its shortest form."""
    return "+".join(map(str, chain))


def folder_name(condition: str) -> str:
    """A recorded condition as part of a file name.

    >>> folder_name("reverb:0.4+noise:-5")
    'reverb-0.4+noise--5'
    """
    return condition.replace(":", "-")


def canonical(conditions: Iterable[str]) -> tuple[str, ...]:
    """Conditions as they are recorded, each once."""
    return tuple(dict.fromkeys(written(parse(condition)) for condition in conditions))


def refusal(condition: str, capability: str, hears: bool) -> str:
    """Why a condition cannot be put to a capability, in one sentence; empty if it can. ``hears``: sound goes into it."""
    if not hears:
        return f"{capability} cannot be asked under --perturb {condition}: no sound goes into it"
    for step in parse(condition):
        if step.kind.capabilities is not None and capability not in step.kind.capabilities:
            return f"{capability} cannot be asked under --perturb {condition}: {step.kind.unless}"
    if capability in DAMAGED:
        return f"{capability} cannot be asked under --perturb {condition}: its truth is the damage itself, which this adds to"
    return ""


def needs_talkers(chain: Chain) -> bool:
    """Whether other recordings must be heard too."""
    return any(step.kind.name == "babble" for step in chain)


def changes_length(chain: Chain) -> bool:
    """Whether the sound has another duration afterwards."""
    return any(step.kind.name == "speed" for step in chain)


def truth(reference: Any, condition: str) -> Any:
    """The truth under a condition: that of the clean sound, at its times and frequencies if the speed is another."""
    for step in parse(condition) if condition else ():
        if step.kind.name == "speed":
            reference = sped(reference, step.value)
    return reference


def perturb(audio: Audio, chain: Chain, name: str, seed: int = 0, talkers: Sequence[Audio] = ()) -> Audio:
    """The sound after all steps; ``name`` is that of the sample (and input), from which chance is drawn with ``seed``."""
    for number, step in enumerate(chain):
        audio = step.kind.apply(audio, step.value, Scene(generator(seed, name, written(chain), str(number)), talkers))
    return audio


def generator(seed: int, *names: str) -> np.random.Generator:
    """Chance that depends on the seed and the names, and on nothing else."""
    digest = hashlib.sha256("\n".join(names).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, np.uint32).tolist()])


@cache
def revision() -> str:
    """12 hex digits that change when the sound may: a hash of the code that makes it."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in _CODE)).hexdigest()[:12]


def _step(word: str, condition: str) -> Step:
    name, colon, number = word.partition(":")
    if name not in PERTURBATIONS:
        raise UnknownName(
            f"--perturb {condition!r} names no perturbation {name!r}{nearest(name, PERTURBATIONS)}; see: model-lab list perturbations"
        )
    kind = PERTURBATIONS[name]
    if kind.parameter is None:
        if colon:
            raise BadConfig(f"--perturb {condition!r} gives {name} the value {number!r}; it takes none: write {name}")
        return Step(kind, 0.0)
    return Step(kind, _value(kind, number, condition) if colon else kind.parameter.default)


def _value(kind: Perturbation, number: str, condition: str) -> float:
    wanted = kind.parameter
    assert wanted is not None
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not wanted.low <= value <= wanted.high or (wanted.among and value not in wanted.among):
        raise BadConfig(
            f"--perturb {condition!r} gives {kind.name} the value {number!r}; expected {wanted.range} {wanted.unit} ({wanted.meaning})"
        )
    return value + 0.0  # -0 is 0


def spelled(value: float) -> str:
    """The shortest decimal number that is ``value``.

    >>> spelled(10.0), spelled(-20.0), spelled(0.65)
    ('10', '-20', '0.65')
    """
    return np.format_float_positional(value, trim="-")
