"""How good a recipe is on recordings whose truth is known, and how much of its error each stage causes.

Every stage among `LISTENING` is replaced by the truth in every combination (see `hearing`), and what cleans the sound where all
recordings have a clean version. Few passes are asked of models for that: the recipe as it is, and its recogniser on the true speech;
both once more on the clean recordings.
Words are given to turns as the pipeline does it. Where entities are known, the same is done for the transcript as a whole and the
recogniser of names; where a summary is, for the transcript and what sums it up.

What is left with all stages replaced is caused by none of them: words said at once that time alone cannot tell apart. See `shares`
for how the error is shared out; 95 % intervals are from draws of whole groups of recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from model_lab.errors import BadConfig
from model_lab.metrics import meetings, statistics
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.meetings import ANONYMOUS_WER, CPWER, ENTITY_ERROR, TCPWER
from model_lab.metrics.segments import DER
from model_lab.metrics.statistics import Difference, Values
from model_lab.metrics.summaries import SUMMARY_ERROR
from model_lab.pipelines.cached_inference import StageObserver
from model_lab.pipelines.oracle_substitution import CLEANING, LISTENING, READING, SUMMING_UP, SubstitutedRecording
from model_lab.pipelines.recipe import Recipe
from model_lab.pipelines.references import Recording
from model_lab.pipelines.run import PIPELINES, pipeline
from model_lab.pipelines.shapley import Coalition, Errors

OUT = PIPELINES / "evaluation"
"""The folder for all recordings, where none is named."""

Part = Callable[[Errors], float]
"""A number out of the errors with each coalition of stages known, e.g. a stage's share."""
_COLUMNS = {"asr": "words", "diarization": "turns", "ner": "entities", "summary": "summary"}
"""Stage -> what must be known of a recording to judge what is found with it."""


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval; the bounds are None where there is none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Judged:
    """One metric on all recordings, in components that pool, with each coalition of ``stages`` known."""

    metric: Metric
    stages: tuple[str, ...]
    parts: Mapping[Coalition, Sequence[Components]]
    groups: Sequence[str]

    @cached_property
    def errors(self) -> dict[Coalition, float]:
        """The metric over all recordings."""
        return {known: self.metric.value(pool(parts)) for known, parts in self.parts.items()}

    @cached_property
    def drawn(self) -> dict[Coalition, Values]:
        """The same on every draw of the groups."""
        return {known: statistics.resampled(self.metric.value, parts, self.groups) for known, parts in self.parts.items()}

    @property
    def clusters(self) -> int:
        """How many groups of recordings there are to draw."""
        return len(set(self.groups))

    def estimate(self, part: Part) -> Estimate:
        """A part of the error with its interval."""
        found = statistics.difference(part(self.errors), self.on_draws(part), self.clusters)
        return Estimate(found.difference, found.low, found.high)

    def less(self, other: Judged, part: Part) -> Difference:
        """A part of this error less that of another recipe on the same recordings."""
        drawn = self.on_draws(part) - other.on_draws(part)
        return statistics.difference(part(self.errors) - part(other.errors), drawn, self.clusters)

    def on_draws(self, part: Part) -> Values:
        """A part of the error on every draw, shape ``(draws,)``."""
        names = list(self.drawn)
        rows = np.stack([self.drawn[known] for known in names], axis=1).tolist()
        return np.array([part(dict(zip(names, row, strict=True))) for row in rows], np.float64)


@dataclass(frozen=True)
class Evaluation:
    """What a recipe is worth. ``by_stage``: the metrics whose error is shared out among stages; ``others`` are not.

    ``models``: the model of each stage that was judged. ``not_judged``: what was not, and why, a sentence each.
    """

    recipe: str
    models: Mapping[str, str]
    recordings: tuple[str, ...]
    by_stage: tuple[Judged, ...]
    others: tuple[Judged, ...]
    not_judged: tuple[str, ...] = ()

    @property
    def judged(self) -> tuple[Judged, ...]:
        """All metrics."""
        return self.by_stage + self.others


def evaluate(
    recordings: Sequence[Recording],
    chosen: Recipe,
    *,
    out: Path = OUT,
    watch: StageObserver | None = None,
    device: str = "cpu",
    jobs: int = 0,
    trusted: Collection[str] = (),
) -> Evaluation:
    """Run a recipe on recordings and judge it; the other arguments are those of `pipeline`.

    What was answered stands in ``out``, a folder for each recording, and is not asked again. What the truth of a recording cannot judge
    is not run there. Raises what `pipeline` does, `BadConfig` if there is nothing that can be judged, `NotRunnable` without meeteval.
    """
    run = partial(pipeline, watch=watch, device=device, jobs=jobs, trusted=trusted)
    heard = [SubstitutedRecording(chosen, recording, out, run) for recording in recordings]
    there, not_judged = chosen.stages.named(), tuple(_not_judged(recordings, chosen))
    able = {stage: [one for one in heard if stage in there and _known(one.recording, stage)] for stage in _COLUMNS}
    if not any(able.values()):
        raise BadConfig(f"{chosen.title!r} cannot be judged: {'; '.join(not_judged)}")
    if able["asr"]:
        meetings.library()
    cleaning = [name for name in CLEANING if name in there and all(one.truth.clean for one in recordings)]
    listening = [*cleaning, *(name for name in LISTENING if name in there)]
    by_stage = [
        *_judged(CPWER, listening, able["asr"], lambda one: one.said(CPWER, listening)),
        *_judged(ENTITY_ERROR, READING, able["ner"], SubstitutedRecording.named),
        *_judged(SUMMARY_ERROR, SUMMING_UP, able["summary"], SubstitutedRecording.summed_up),
    ]
    others = [
        *_judged(TCPWER, (), able["asr"], lambda one: one.said(TCPWER, ())),
        *_judged(ANONYMOUS_WER, (), able["asr"], lambda one: one.said(ANONYMOUS_WER, ())),
    ]
    speaking = [*cleaning, "diarization"] if cleaning else []
    (by_stage if cleaning else others).extend(_judged(DER, speaking, able["diarization"], lambda one: one.told_apart(speaking)))
    asked = set[str]().union(*(one.recipe.stages.named() for one in heard))
    models = {name: stage.model for name, stage in there.items() if name in asked}
    names = tuple(recording.id for recording in recordings)
    return Evaluation(chosen.title, models, names, tuple(by_stage), tuple(others), not_judged)


def _judged(
    metric: Metric,
    stages: Sequence[str],
    able: Sequence[SubstitutedRecording],
    components: Callable[[SubstitutedRecording], Mapping[Coalition, Components]],
) -> Iterator[Judged]:
    """The metric on the recordings that can judge it, if there are any."""
    if found := [components(one) for one in able]:
        parts = {known: [each[known] for each in found] for known in found[0]}
        yield Judged(metric, tuple(stages), parts, [one.recording.group for one in able])


def _known(recording: Recording, stage: str) -> bool:
    return getattr(recording.truth, _COLUMNS[stage]) is not None


def _not_judged(recordings: Sequence[Recording], chosen: Recipe) -> Iterator[str]:
    """What a reader might expect to be judged and is not, and why."""
    there, count = chosen.stages.named(), len(recordings)
    for stage, column in _COLUMNS.items():
        able = sum(_known(recording, stage) for recording in recordings)
        if stage not in there:
            yield f"{column} not judged: the recipe has no stage {stage}"
        elif not able:
            yield f"{column} not judged: no recording has a column {column}"
        elif able < count:
            yield f"{column} judged on {able} of {count} recordings: the others have no column {column}"
    cleaned = sum(recording.truth.clean is not None for recording in recordings)
    for stage in CLEANING:
        if stage in there and cleaned < count:
            yield f"{stage} not replaced by the truth: {cleaned} of {count} recordings have a column clean"
