"""Clipping detection: which stretches of a recording have their peaks cut off?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from model_lab.capabilities import Capability, Column, Example, Grading, Perturbable, Resolve, Row, span_problems
from model_lab.errors import BadManifest
from model_lab.types import Audio, Segment
from model_lab.views import SampleContext, View, list_of
from model_lab.views.parts import Facts, Part
from model_lab.views.plots import Bar, Timeline
from model_lab_example_clipping.answers import ClippedRegion
from model_lab_example_clipping.metrics import F1, duration_s


def _reference(row: Row, resolve: Resolve) -> tuple[ClippedRegion, ...]:
    spans, ceiling = row["clipped"], float(row.get("ceiling", 1.0))
    if not isinstance(spans, list) or not all(isinstance(span, list) and len(span) == 2 and span[0] < span[1] for span in spans):
        raise BadManifest(f"column 'clipped' is {spans!r}; expected [[start, end], ...] in seconds")
    return tuple(ClippedRegion(float(start), float(end), ceiling) for start, end in spans)


def _problems(answer: object, audio: Audio) -> list[str]:
    if problems := span_problems(answer, ClippedRegion, audio.duration):
        return problems
    assert isinstance(answer, (list, tuple))
    wrong = [region for region in answer if not 0 <= region.ceiling <= 1]
    if wrong:
        return [f"the region at {wrong[0].start:.3f} s has the ceiling {wrong[0].ceiling:g}; expected 0 to 1"]
    mixed = [later for earlier, later in pairwise(answer) if later.start < earlier.end]
    return [f"the region at {mixed[0].start:.3f} s begins before the one before ends; expected rising ones"] if mixed else []


def _example() -> Example:
    """Two seconds of a tone at 220 Hz, which is twice as loud as the ceiling from 0.5 to 1.0 s."""
    times = np.arange(32000) / 16000
    loud = (times >= 0.5) & (times < 1.0)
    tone = np.where(loud, 1.0, 0.1) * np.sin(2 * np.pi * 220 * times)
    sound = Audio(np.clip(tone, -0.5, 0.5).astype(np.float32), 16000)

    def surprise(answer: Sequence[ClippedRegion]) -> str:
        right = len(answer) == 1 and abs(answer[0].start - 0.5) < 0.02 and abs(answer[0].end - 1.0) < 0.02
        return "" if right else f"finds {list(answer)} where the sound is clipped from 0.5 to 1.0 s"

    return Example((sound,), (ClippedRegion(0.5, 1.0, 0.5),), surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[ClippedRegion]:
    """One region anywhere, of any length."""
    start, end = np.sort(rng.uniform(0, audio.duration, 2)).tolist()
    return [ClippedRegion(start, end, 1.0)] if start < end else []


def _at_speed(reference: Sequence[ClippedRegion], factor: float) -> tuple[ClippedRegion, ...]:
    return tuple(ClippedRegion(region.start / factor, region.end / factor, region.ceiling) for region in reference)


def _labels(answer: Sequence[ClippedRegion], duration: float) -> list[Segment]:
    return [Segment(region.start, region.end, f"clipped at {region.ceiling:.2f}") for region in answer]


def _facts(regions: Sequence[ClippedRegion]) -> list[Part]:
    facts = {"clipped regions": str(len(regions)), "clipped time": f"{duration_s(regions):.2f} s"}
    if regions:
        facts["ceiling"] = f"{20 * np.log10(regions[0].ceiling):.1f} dBFS"
    return [Facts(facts)]


def _plot(sample: SampleContext, answers: Mapping[str, Sequence[ClippedRegion]]) -> Timeline:
    def bars(regions: Sequence[ClippedRegion]) -> list[Bar]:
        return [Bar(region.start, region.end, f"{region.ceiling:.2f}") for region in regions]

    reference = bars(sample.reference) if sample.reference is not None else None
    return Timeline(
        "Clipped regions", reference, {model: bars(answer) for model, answer in answers.items()}, "in each: the ceiling"
    )


VIEW = View(
    fits=list_of(ClippedRegion),
    reference=lambda sample: _facts(sample.reference),
    answer=lambda sample, answer: _facts(answer),
    plot=_plot,
)

CAPABILITY = Capability(
    name="clipping",
    title="Clipping detection",
    call="find_clipping(audio: Audio) -> list[ClippedRegion]",
    answer="list[ClippedRegion]",
    inputs=(("audio", "audio"),),
    columns=(
        Column("audio", "path of a sound file, relative to the manifest"),
        Column(
            "clipped", "[[start, end], ...] of clipped regions in seconds, rising; clipped samples less than 20 ms apart are one"
        ),
        Column("ceiling", "the level at which peaks are cut off, 0 to 1; 1 if absent", required=False),
    ),
    metrics=(F1,),
    grading=Grading(
        (0.95, 0.85, 0.7, 0.5),
        reason="A listener hears each clipped region that a repair tool misses; random regions earn next to nothing.",
        source="a convention of this example",
    ),
    answer_types=(ClippedRegion,),
    perturbable=Perturbable(at_speed=_at_speed),
    exports={"audacity": _labels},
    view=VIEW,
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: list(reference),
    latest=lambda reference: max((region.end for region in reference), default=0.0),
)
