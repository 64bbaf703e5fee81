"""Perturbations by name, as ``--perturb`` takes them, and their effect on sound.

A condition is written ``STEP+STEP+...``, a step ``NAME`` or ``NAME:VALUE``; steps are applied from left to right. Results
are reproducible: random numbers are seeded with the sample's id, the condition and the seed.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import revisions
from model_lab.audio.speed import speed
from model_lab.capabilities import Capability
from model_lab.datasets import codecs, degradations
from model_lab.errors import BadConfig, ContractBroken, ModelLabError, UnknownName, nearest
from model_lab.extensions import PERTURBATION, Catalogue, Item, Problem, shared_modules
from model_lab.types import Audio

MOST_STEPS = 8
"""A condition has a folder named after it, and names have limits."""

_CODE = ("perturbations.py", "perturbed.py", "degradations.py", "codecs.py", "recipes/_levels.py", "../audio/speed.py")


@dataclass(frozen=True)
class Parameter:
    """The number after the colon, from ``low`` to ``high``; one of ``among`` if that is not empty."""

    meaning: str
    unit: str
    low: float
    high: float
    default: float
    among: tuple[float, ...] = ()

    @property
    def range(self) -> str:
        """The allowed values, for messages."""
        return f"one of {', '.join(map(spelled, self.among))}" if self.among else f"{self.low:g} to {self.high:g}"

    def allows(self, value: float) -> bool:
        """Whether it may be ``value``."""
        return self.low <= value <= self.high and (not self.among or value in self.among)


@dataclass(frozen=True)
class Scene:
    """What a step can use: its own random generator, and the recordings of babble."""

    rng: np.random.Generator
    talkers: Sequence[Audio] = ()


def _any_sound(capability: Capability) -> str:
    return ""


def _same_reference(capability: Capability, reference: Any, value: float) -> Any:
    return reference


@dataclass(frozen=True)
class Perturbation:
    """One kind of step: what it does to sound, and what becomes of the reference.

    Attributes:
        name: How a condition names it: small letters, digits and underscores, beginning with a letter.
        summary: What it does to sound, in a few words.
        source: The standard or paper that defines it; empty if none does.
        apply: ``(audio, value, scene) -> audio``, of the same sample rate and channels, and of the same frames unless
            ``changes_length``. It draws from ``scene.rng`` alone, so that the same sound comes out everywhere.
        parameter: The number behind the colon; None if it takes none, and ``value`` is 0 then.
        refusal: ``capability -> why not``, the end of a sentence; empty where it can be done.
        reference: ``(capability, reference, value) -> reference`` of the perturbed sound.
        talkers: It needs other recordings of the dataset, in ``scene.talkers``.
        changes_length: The sound has another duration afterwards.
    """

    name: str
    summary: str
    source: str
    apply: Callable[[Audio, float, Scene], Audio]
    parameter: Parameter | None = None
    refusal: Callable[[Capability], str] = _any_sound
    reference: Callable[[Capability, Any, float], Any] = _same_reference
    talkers: bool = False
    changes_length: bool = False


@dataclass(frozen=True)
class Step:
    """A perturbation with its value (0 where it takes none)."""

    kind: Perturbation
    value: float

    def __str__(self) -> str:
        return f"{self.kind.name}:{spelled(self.value)}" if self.kind.parameter else self.kind.name


Chain = tuple[Step, ...]


def _not_about_speech(capability: Capability) -> str:
    return "" if capability.perturbable.speech else "babble is made of a dataset's own speech, and its sound is not speech"


def _unknown_at_speed(capability: Capability) -> str:
    return "" if capability.perturbable.at_speed else "its reference at another speed is unknown"


def _at_speed(capability: Capability, reference: Any, factor: float) -> Any:
    assert capability.perturbable.at_speed is not None, "refused before"
    return capability.perturbable.at_speed(reference, factor)


_PACKAGED = {
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
            refusal=_not_about_speech,
            talkers=True,
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
            lambda audio, value, scene: speed(audio, value),
            Parameter("times as fast", "x", 0.5, 2, 1.1),
            refusal=_unknown_at_speed,
            reference=_at_speed,
            changes_length=True,
        ),
    )
}


@dataclass(frozen=True)
class _Registered:
    """A perturbation from outside, and where its code is."""

    kind: Perturbation
    files: tuple[Path, ...]
    digest: bytes


_registered: dict[str, _Registered] = {}


def perturbations() -> Mapping[str, Perturbation]:
    """All perturbations by name: the package's own, then those of plug-ins and those registered, by name."""
    outside = _outside()
    return _PACKAGED | {name: outside[name].kind for name in sorted(outside)}


def problems() -> list[Problem]:
    """Why perturbations of plug-ins cannot be used."""
    return _PLUGGED.problems()


def _outside() -> dict[str, _Registered]:
    """Those of plug-ins that can be used, and those registered."""
    return {each.kind.name: each for each in _PLUGGED.all()} | _registered


def register(kind: Perturbation, files: Iterable[Path]) -> None:
    """Add a perturbation from outside the package; one of the same files replaces what they registered before.

    Args:
        kind: What a condition may name from now on.
        files: Every file whose code makes its sound: a change in one of them is another `revision` of its conditions.

    Raises:
        ContractBroken: It is no perturbation that can be named, its name is taken, or a file cannot be read.
    """
    new = _checked(kind, files)
    there = _outside().get(kind.name)
    if there and there.files != new.files:
        owner = ", ".join(map(str, there.files))
        raise ContractBroken(f"perturbation {kind.name!r} of {new.files[0]} is already that of {owner}; rename one of them")
    _registered[kind.name] = new


def unregister(name: str) -> None:
    """Take a registered perturbation away again; nothing if there is none."""
    _registered.pop(name, None)


def _read(item: Item) -> _Registered:
    """The perturbation of a plug-in."""
    new = _checked(item.load_object(), [item.path, *shared_modules(item.path, item.module)])
    if new.kind.name != item.name:
        raise ContractBroken(f"{item.place} defines a perturbation called {new.kind.name!r}; expected {item.name!r}")
    return new


_PLUGGED = Catalogue(PERTURBATION, _read)


def _checked(kind: Perturbation, files: Iterable[Path]) -> _Registered:
    """A perturbation from outside, if it can be used."""
    if problem := _fault(kind):
        raise ContractBroken(problem)
    own = tuple(sorted(path.resolve() for path in files))
    if not own:
        raise ContractBroken(
            f"perturbation {kind.name!r} comes without a file; expected those with the code that makes its sound"
        )
    if kind.name in _PACKAGED:
        raise ContractBroken(f"perturbation {kind.name!r} of {own[0]} is already that of the package itself; rename one of them")
    try:
        digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in own)).digest()
    except OSError as error:
        raise ContractBroken(f"the code of perturbation {kind.name!r} cannot be read ({error})") from None
    return _Registered(kind, own, digest)


def _fault(kind: Any) -> str:
    """What is wrong with a perturbation; empty if nothing."""
    if not isinstance(kind, Perturbation):
        return f"a perturbation is {kind!r}; expected a datasets.perturbations.Perturbation"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", kind.name):
        return f"a perturbation is called {kind.name!r}; expected small letters, digits and underscores, a letter first"
    for name in ("apply", "refusal", "reference"):
        if not callable(getattr(kind, name)):
            return f"perturbation {kind.name!r}: {name} is {getattr(kind, name)!r}; expected a function"
    if (parameter := kind.parameter) is None:
        return ""
    if not isinstance(parameter, Parameter) or not parameter.allows(parameter.default):
        return f"perturbation {kind.name!r}: its parameter is {parameter!r}; expected a Parameter whose default is in its range"
    return ""


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


def problem(condition: str) -> str:
    """Why the sound of a condition cannot be made here, in one sentence; empty if it can, or if there is no condition."""
    try:
        parse(condition) if condition else ()
    except ModelLabError as error:
        return str(error)
    return ""


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


def refusal(condition: str, capability: Capability) -> str:
    """Why a capability cannot be evaluated under a condition, in one sentence; empty if it can."""
    if not capability.hears:
        return f"{capability.name} cannot be evaluated with --perturb {condition}: it takes no sound"
    reasons = (step.kind.refusal(capability) for step in parse(condition))
    reason = next(filter(None, reasons), "") or capability.perturbable.never
    return f"{capability.name} cannot be evaluated with --perturb {condition}: {reason}" if reason else ""


def needs_talkers(chain: Chain) -> bool:
    """Whether other recordings are needed."""
    return any(step.kind.talkers for step in chain)


def changes_length(chain: Chain) -> bool:
    """Whether the sound has another duration afterwards."""
    return any(step.kind.changes_length for step in chain)


def reference(capability: Capability, clean: Any, condition: str) -> Any:
    """The reference under a condition: that of the clean sound, as every step moves it; None, where there is none, stays None."""
    if clean is None:
        return None
    for step in parse(condition) if condition else ():
        clean = step.kind.reference(capability, clean, step.value)
    return clean


def perturb(audio: Audio, chain: Chain, name: str, seed: int = 0, talkers: Sequence[Audio] = ()) -> Audio:
    """The sound after all steps; ``name`` is that of the sample (and input), from which chance is drawn with ``seed``."""
    for number, step in enumerate(chain):
        audio = step.kind.apply(audio, step.value, Scene(generator(seed, name, written(chain), str(number)), talkers))
    return audio


def generator(seed: int, *names: str) -> np.random.Generator:
    """Chance that depends on the seed and the names, and on nothing else."""
    digest = hashlib.sha256("\n".join(names).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, np.uint32).tolist()])


def revision(condition: str = "") -> str:
    """12 hex digits that change when the sound of a condition may.

    They are a hash of the code that makes it: the package's own, and that of the steps from outside which the condition names.
    """
    outside = _outside()
    named = sorted({step.kind.name for step in parse(condition)} & outside.keys()) if condition else []
    if not named:
        return revisions.recorded("perturbations", code_revision())
    return hashlib.sha256(b"".join((_own_code(), *(outside[name].digest for name in named)))).hexdigest()[:12]


def code_revision() -> str:
    """12 hex digits: a hash of the package's own code that perturbs sound."""
    return _own_code().hex()[:12]


@cache
def _own_code() -> bytes:
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in _CODE)).digest()


def _step(word: str, condition: str) -> Step:
    name, colon, number = word.partition(":")
    kinds = perturbations()
    if name not in kinds:
        raise UnknownName(
            f"--perturb {condition!r} names no perturbation {name!r}{nearest(name, kinds)}; see: model-lab list perturbations"
        )
    kind = kinds[name]
    if kind.parameter is None:
        if colon:
            raise BadConfig(f"--perturb {condition!r} gives {name} the value {number!r}; it takes none: write {name}")
        return Step(kind, 0.0)
    return Step(kind, _value(kind, number, condition) if colon else kind.parameter.default)


def _value(kind: Perturbation, number: str, condition: str) -> float:
    parameter = kind.parameter
    assert parameter is not None
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not parameter.allows(value):
        raise BadConfig(
            f"--perturb {condition!r} gives {kind.name} the value {number!r}; expected {parameter.range} {parameter.unit} ({parameter.meaning})"
        )
    return value + 0.0  # -0 is 0


def spelled(value: float) -> str:
    """The shortest decimal number that is ``value``.

    >>> spelled(10.0), spelled(-20.0), spelled(0.65)
    ('10', '-20', '0.65')
    """
    return np.format_float_positional(value, trim="-")
