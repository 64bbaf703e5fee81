"""Evaluates a recipe on recordings with references, and attributes its error to the stages.

Every stage among `AUDIO_STAGES` is replaced by its reference in every combination (see `oracle_substitution`), and so are the enhancement
stages where all recordings have a clean version. Few passes need inference: the recipe as it is, and its recogniser on the reference
speech; both once more on the clean recordings. Words are assigned to turns as in the pipeline. Where reference entities exist, the same
is done for the whole transcript and the NER model; where a reference summary exists, for the transcript and the summarizer.

The residual error with all stages replaced is caused by none of them: simultaneous words that cannot be separated by time alone. See
`shapley` for the attribution; 95 % intervals come from bootstrap draws of whole groups of recordings.
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
from model_lab.pipelines.oracle_substitution import (
    AUDIO_STAGES,
    ENHANCEMENT_STAGES,
    ENTITY_STAGES,
    SUMMARY_STAGES,
    SubstitutedRecording,
)
from model_lab.pipelines.recipe import Recipe
from model_lab.pipelines.references import Recording
from model_lab.pipelines.run import PIPELINES, pipeline
from model_lab.pipelines.shapley import Coalition, Errors

OUT = PIPELINES / "evaluation"
"""The default folder for all recordings."""

Part = Callable[[Errors], float]
"""A number computed from the errors with each coalition of stages replaced, e.g. the share of a stage."""
_COLUMNS = {"asr": "words", "diarization": "turns", "ner": "entities", "summary": "summary"}
"""Stage -> the reference that is needed to evaluate its output."""


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval; the bounds are None where there is none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class EvaluatedMetric:
    """One metric on all recordings, as components that pool, with each coalition of ``stages`` replaced."""

    metric: Metric
    stages: tuple[str, ...]
    parts: Mapping[Coalition, Sequence[Components]]
    groups: Sequence[str]

    @cached_property
    def errors(self) -> dict[Coalition, float]:
        """The metric over all recordings, by coalition."""
        return {replaced: self.metric.value(pool(parts)) for replaced, parts in self.parts.items()}

    @cached_property
    def drawn(self) -> dict[Coalition, Values]:
        """The metric on every bootstrap draw of the groups, by coalition."""
        return {replaced: statistics.resampled(self.metric.value, parts, self.groups) for replaced, parts in self.parts.items()}

    @property
    def clusters(self) -> int:
        """Number of groups of recordings that the bootstrap draws from."""
        return len(set(self.groups))

    def estimate(self, part: Part) -> Estimate:
        """A part of the error with its 95 % interval."""
        spread = statistics.difference(part(self.errors), self.on_draws(part), self.clusters)
        return Estimate(spread.difference, spread.low, spread.high)

    def less(self, other: EvaluatedMetric, part: Part) -> Difference:
        """A part of this error minus that of another recipe on the same recordings."""
        drawn = self.on_draws(part) - other.on_draws(part)
        return statistics.difference(part(self.errors) - part(other.errors), drawn, self.clusters)

    def on_draws(self, part: Part) -> Values:
        """A part of the error on every bootstrap draw, shape ``(draws,)``."""
        names = list(self.drawn)
        rows = np.stack([self.drawn[replaced] for replaced in names], axis=1).tolist()
        return np.array([part(dict(zip(names, row, strict=True))) for row in rows], np.float64)


@dataclass(frozen=True)
class Evaluation:
    """The scores of a recipe. ``by_stage``: the metrics whose error is attributed to stages; ``others``: all other metrics.

    ``models``: the model of each evaluated stage. ``not_judged``: what was skipped and why, one sentence each.
    """

    recipe: str
    models: Mapping[str, str]
    recordings: tuple[str, ...]
    by_stage: tuple[EvaluatedMetric, ...]
    others: tuple[EvaluatedMetric, ...]
    not_judged: tuple[str, ...] = ()

    @property
    def judged(self) -> tuple[EvaluatedMetric, ...]:
        """All metrics."""
        return self.by_stage + self.others


def evaluate(
    recordings: Sequence[Recording],
    recipe: Recipe,
    *,
    out: Path = OUT,
    watch: StageObserver | None = None,
    device: str = "cpu",
    jobs: int = 0,
    trusted: Collection[str] = (),
) -> Evaluation:
    """Run a recipe on recordings and evaluate it; the other arguments are those of `pipeline`.

    Answers are cached in ``out``, one folder per recording. Stages without a reference are skipped. Raises what `pipeline` does,
    `BadConfig` if nothing can be evaluated, `NotRunnable` without meeteval.
    """
    run = partial(pipeline, watch=watch, device=device, jobs=jobs, trusted=trusted)
    substituted = [SubstitutedRecording(recipe, recording, out, run) for recording in recordings]
    stages, not_judged = recipe.stages.named(), tuple(_not_judged(recordings, recipe))
    usable = {
        stage: [each for each in substituted if stage in stages and _has_reference(each.recording, stage)] for stage in _COLUMNS
    }
    if not any(usable.values()):
        raise BadConfig(f"{recipe.title!r} cannot be evaluated: {'; '.join(not_judged)}")
    if usable["asr"]:
        meetings.library()
    enhancement = [name for name in ENHANCEMENT_STAGES if name in stages and all(each.reference.clean for each in recordings)]
    audio_stages = [*enhancement, *(name for name in AUDIO_STAGES if name in stages)]
    by_stage = [
        *_metric_results(CPWER, audio_stages, usable["asr"], lambda each: each.word_components(CPWER, audio_stages)),
        *_metric_results(ENTITY_ERROR, ENTITY_STAGES, usable["ner"], SubstitutedRecording.entity_components),
        *_metric_results(SUMMARY_ERROR, SUMMARY_STAGES, usable["summary"], SubstitutedRecording.summary_components),
    ]
    others = [
        *_metric_results(TCPWER, (), usable["asr"], lambda each: each.word_components(TCPWER, ())),
        *_metric_results(ANONYMOUS_WER, (), usable["asr"], lambda each: each.word_components(ANONYMOUS_WER, ())),
    ]
    diarization_stages = [*enhancement, "diarization"] if enhancement else []
    (by_stage if enhancement else others).extend(
        _metric_results(
            DER, diarization_stages, usable["diarization"], lambda each: each.diarization_components(diarization_stages)
        )
    )
    evaluated = set[str]().union(*(each.recipe.stages.named() for each in substituted))
    models = {name: stage.model for name, stage in stages.items() if name in evaluated}
    names = tuple(recording.id for recording in recordings)
    return Evaluation(recipe.title, models, names, tuple(by_stage), tuple(others), not_judged)


def _metric_results(
    metric: Metric,
    stages: Sequence[str],
    usable: Sequence[SubstitutedRecording],
    components: Callable[[SubstitutedRecording], Mapping[Coalition, Components]],
) -> Iterator[EvaluatedMetric]:
    """The metric on the recordings with a reference for it, if there are any."""
    if per_recording := [components(each) for each in usable]:
        parts = {replaced: [each[replaced] for each in per_recording] for replaced in per_recording[0]}
        yield EvaluatedMetric(metric, tuple(stages), parts, [each.recording.group for each in usable])


def _has_reference(recording: Recording, stage: str) -> bool:
    return getattr(recording.reference, _COLUMNS[stage]) is not None


def _not_judged(recordings: Sequence[Recording], recipe: Recipe) -> Iterator[str]:
    """What was not evaluated and why, one sentence each."""
    stages, count = recipe.stages.named(), len(recordings)
    for stage, column in _COLUMNS.items():
        available = sum(_has_reference(recording, stage) for recording in recordings)
        if stage not in stages:
            yield f"{column} not evaluated: the recipe has no stage {stage}"
        elif not available:
            yield f"{column} not evaluated: no recording has a column {column}"
        elif available < count:
            yield f"{column} evaluated on {available} of {count} recordings: the others have no column {column}"
    with_clean = sum(recording.reference.clean is not None for recording in recordings)
    for stage in ENHANCEMENT_STAGES:
        if stage in stages and with_clean < count:
            yield f"{stage} not replaced by a reference: {with_clean} of {count} recordings have a column clean"
