"""Key: the tonic and the mode of a piece of music."""

from __future__ import annotations

import re

import numpy as np

from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Agreement, Capability, Column, Example, Resolve, Row, label_problems
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest, nearest
from model_lab.metrics import music
from model_lab.types import Audio, Label
from model_lab.views import SampleContext
from model_lab.views.labels import ranked
from model_lab.views.parts import Verdict

_RATE = 22050
_SPELLED = re.compile(r"(?P<tonic>[A-Ga-g])(?P<sign>[#b\u266f\u266d]?)[\s:_-]*(?P<mode>[Mm]|(?:[Mm]aj|[Mm]in)(?:or)?)?")
"""A key as other tools write it: Db:maj, C#m, A_minor, or a tonic alone, which is major."""


def key_in(row: Row, resolve: Resolve) -> str:
    """Read the column ``key``.

    Args:
        row: Row of a manifest.
        resolve: Resolves paths in the row.

    Returns:
        The key, as in 'Eb minor'.

    Raises:
        BadManifest: It is no key, or is spelled otherwise; the message has the nearest one.
    """
    key = columns.text(row, "key")
    if not music.key_of(key):
        raise BadManifest(f"key is {key!r}{_suggestion(key)}; expected a key as in 'Eb minor'")
    return key


def _suggestion(key: str) -> str:
    """The key that another spelling stands for, as a clause.

    >>> _suggestion("Db:maj"), _suggestion("c#m"), _suggestion("majestic")
    (" (did you mean 'C# major'?)", " (did you mean 'C# minor'?)", '')
    """
    if not (match := _SPELLED.fullmatch(key)):
        return nearest(key, music.KEYS)
    sign = match["sign"].replace("\u266f", "#").replace("\u266d", "b")
    suffix = match["mode"] or ""
    mode = "minor" if suffix == "m" or suffix.lower().startswith("min") else "major"
    tonic = match["tonic"] + sign
    return f" (did you mean {music.key_of(f'{tonic} {mode}')!r}?)"


def _problems(answer: object, audio: Audio) -> list[str]:
    if faults := label_problems(answer):
        return faults
    assert isinstance(answer, (list, tuple))
    if unknown := [label.name for label in answer if not music.key_of(label.name)]:
        return [f"{unknown[0]!r} is not a key; expected one as in 'Eb minor'"]
    twice = len(answer) - len({music.key_of(label.name) for label in answer})
    return [f"{twice} keys are listed twice; expected each once, in whatever spelling"] if twice else []


def _example() -> Example:
    """The chords of D major, G major, A major and D major, two seconds each, as organ tones."""
    time = np.arange(2 * _RATE) / _RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    chords = [
        sum(
            np.sin(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * harmonic * time) / harmonic
            for key in keys
            for harmonic in (1, 2, 3)
        )
        for keys in ((50, 62, 66, 69), (55, 62, 67, 71), (57, 61, 64, 69), (50, 62, 66, 69))
    ]
    sound = np.concatenate([0.05 * fade * chord for chord in chords])

    def surprise(answer: list[Label]) -> str:
        best = answer[0].name if answer else "no key"
        return "" if music.weighted_key("D major", answer) >= 0.3 else f"finds {best} in D, G, A and D major chords"

    return Example((Audio(sound.astype(np.float32), _RATE),), "D major", surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Label]:
    """The 24 keys in any order."""
    scores = sorted(rng.random(len(music.KEYS)), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(music.KEYS), scores, strict=True)]


def _verdict(sample: SampleContext, label: Label) -> Verdict:
    """Whether it is the same key, in whatever spelling."""
    return "right" if music.key_of(label.name) == music.key_of(sample.reference) else "wrong"


CAPABILITY = Capability(
    name="key",
    title="Musical key",
    in_words="{in_100} points for the key are reached, where a related key gets some of them",
    call="estimate_key(audio: Audio) -> list[Label]",
    answer="list[Label]: keys as in 'Eb minor', most likely first, scores 0 to 1; empty if there is none",
    view=ranked(_verdict),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("key", "tonic and mode, as in 'C# major' or 'Eb minor'", aliases=("tonality", "key_name", "musical_key")),
    ),
    metrics=(music.KEY_SCORE.with_margin(0.05, "a choice: one piece in twenty"), music.KEY_ACCURACY),
    grading=Grading(
        (0.89, 0.77, 0.6, 0.4),
        measure="share",
        over="chance",
        reason=(
            "The score gives credit for near keys, so random keys earn about 0.1; the share of what lies above that is "
            "graded. The best entries of MIREX reach about 0.8 to 0.9 on its synthesised classical music: A is at their "
            "level."
        ),
        source="MIREX audio key detection (weighted score); the steps are a convention of this bench",
    ),
    reference=key_in,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: [Label(reference, 1.0)],
    agreement=Agreement(lambda answer, reference: music.key_of(answer[0].name) if answer else None, agree=1.0, differ=0.5),
)
