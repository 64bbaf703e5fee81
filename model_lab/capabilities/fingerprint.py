"""Audio fingerprinting: which recording of a library an excerpt was cut from, even if it was degraded."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest, nearest
from model_lab.metrics import fingerprints
from model_lab.types import Audio, FloatArray, Label
from model_lab.views import SampleContext, question
from model_lab.views.labels import ranked
from model_lab.views.parts import Part, Remark, Text, Verdict

Library = dict[str, Audio]
"""Id -> recording."""


def _reference(row: Row, resolve: Resolve) -> fingerprints.MatchTruth:
    match, library = columns.text(row, "match"), row["library"]
    if not isinstance(library, dict):
        raise BadManifest(f"column 'library' is {columns.described(library)}; expected {{id: path of a recording}}")
    if match and match not in library:
        raise BadManifest(f'match {match!r} is not a key of library{nearest(match, library)}; use "" for none')
    return fingerprints.MatchTruth(match)


def _problems(answer: object, audio: Audio, library: Library) -> list[str]:
    if not isinstance(answer, (list, tuple)):
        return [f"answer is a {type(answer).__name__}; expected a list of Label"]
    if wrong := [label for label in answer if not isinstance(label, Label)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected Label"]
    if outside := [label for label in answer if not 0.0 <= label.score <= 1.0]:
        return [f"{outside[0].name!r} has the score {outside[0].score}; expected 0 to 1"]
    if any(later.score > earlier.score for earlier, later in pairwise(answer)):
        return ["scores are not in descending order; expected the best match first"]
    if sorted(label.name for label in answer) != sorted(library):
        return [f"answer names {len(answer)} entries; expected each of the library's {len(library)} once"]
    return []


def _melody(rng: np.random.Generator, notes: int = 40, sample_rate: int = 16000) -> FloatArray:
    """Plucked notes of a quarter of a second each, with four harmonics, anywhere in two octaves; peak 0.5."""
    t = np.arange(sample_rate // 4) / sample_rate
    pitches = 220.0 * 2.0 ** (rng.integers(0, 25, size=notes) / 12)
    played = [sum(np.sin(2 * np.pi * k * pitch * t) / k for k in (1, 2, 3, 4)) * np.exp(-6 * t) for pitch in pitches]
    melody = np.concatenate(played)
    return np.asarray(0.5 * melody / np.abs(melody).max(), np.float32)


def _example() -> Example:
    """Three melodies of ten seconds and a cut of seven seconds out of the second, at half the level."""
    rng = np.random.default_rng(0)
    library = {name: Audio(_melody(rng), 16000) for name in ("first", "second", "third")}
    cut = Audio(library["second"].samples[32000:144000] * np.float32(0.5), 16000)

    def surprise(answer: list[Label]) -> str:
        return "" if answer[0].name == "second" else f"identifies a clean excerpt of the second melody as {answer[0].name}"

    return Example((cut, library), fingerprints.MatchTruth("second"), surprise)


def _chance(rng: np.random.Generator, audio: Audio, library: Library) -> list[Label]:
    scores = sorted(rng.random(len(library)), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(sorted(library)), scores, strict=True)]


def _ideal(reference: fingerprints.MatchTruth, audio: Audio, library: Library) -> list[Label]:
    labels = [Label(name, float(name == reference.match)) for name in sorted(library)]
    return sorted(labels, key=lambda label: -label.score)


def _match(sample: SampleContext) -> list[Part]:
    """The entry it was cut from, to play."""
    entry = sample.reference.match
    if not entry:
        return [Remark("It is not in the library.")]
    return [Text(entry), *question.sounds(entry, sample.row["library"][entry])]


def _verdict(sample: SampleContext, label: Label) -> Verdict:
    return "right" if label.name == sample.reference.match else "wrong"


CAPABILITY = Capability(
    name="fingerprint",
    title="Audio fingerprinting",
    in_words="{in_100} excerpts are matched to their recording",
    call="match(audio: Audio, library: dict[str, Audio]) -> list[Label]",
    answer="list[Label]: every entry of the library, best match first, scores 0 to 1",
    view=ranked(_verdict, _match),
    inputs=(("audio", "audio"), ("audio", "library")),
    columns=(
        Column("audio", "path of the excerpt, relative to the manifest"),
        Column("library", "{id: path of a recording}, the same in every row", constant=True, sounds="named"),
        Column("match", 'the id of the recording it was cut from; "" if it is not in the library'),
        Column("degradation", "what was done to the excerpt", required=False),
    ),
    metrics=(
        fingerprints.RECALL_AT_1.with_margin(0.02, "a choice: one excerpt in fifty"),
        fingerprints.RECALL_WITHOUT_FALSE_MATCH,
        fingerprints.REJECTION_EER,
    ),
    grading=Grading(
        (0.98, 0.95, 0.85, 0.6),
        reason=(
            "A user feels each excerpt that is not found; excerpts are degraded on purpose, and nothing but the right "
            "recording counts. A is one miss in fifty tries."
        ),
        source=(
            "Wang 2003, An Industrial-Strength Audio Search Algorithm (recognition falls with noise); the steps are a "
            "convention of this bench"
        ),
    ),
    perturbable=Perturbable(at_speed=at_speed.unchanged),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio, library: [Label(name, 0.0) for name in sorted(library)],
    chance=_chance,
    ideal=_ideal,
)
