"""How good a recipe is on recordings whose truth is known, and how much of its error each stage causes.

Every stage among `LISTENING` is replaced by the truth in every combination. Only two passes are asked of models for that: the recipe as
it is, and its recogniser on the true speech; words are then given to turns as the pipeline does it. A perfect recogniser behind a
speech detector writes the true words whose middle lies in the pieces that the detector lets it hear. Where entities are known, the same
is done for the transcript as a whole and the recogniser of names: a perfect one finds what stands in the transcript.

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
from model_lab.metrics.meetings import ANONYMOUS_WER, CPWER, ENTITY_ERROR, TCPWER, EntityTruth, Named, WordTruth, within_collar
from model_lab.metrics.segments import DER, SpeakerTruth
from model_lab.metrics.statistics import Difference, Values
from model_lab.metrics.text import normalise
from model_lab.pipelines import attribution, chunks, packing, shares
from model_lab.pipelines.conversation import Conversation, SpokenWord
from model_lab.pipelines.decode import digest
from model_lab.pipelines.desk import Watcher
from model_lab.pipelines.recipe import Recipe
from model_lab.pipelines.run import PIPELINES, Known, pipeline, place
from model_lab.pipelines.shares import Coalition, Errors
from model_lab.pipelines.sound import Sound
from model_lab.pipelines.truth import Recording
from model_lab.types import Segment

LISTENING = ("vad", "asr", "diarization")
READING = ("transcript", "ner")
OUT = PIPELINES / "evaluation"
"""The folder for all recordings, where none is named."""

Run = Callable[..., Conversation]
Part = Callable[[Errors], float]
"""A number out of the errors with each coalition of stages known, e.g. a stage's share."""


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

    def estimate(self, part: Part) -> Estimate:
        """A part of the error with its interval."""
        found = statistics.difference(part(self.errors), self.on_draws(part), len(set(self.groups)))
        return Estimate(found.difference, found.low, found.high)

    def less(self, other: Judged, part: Part) -> Difference:
        """A part of this error less that of another recipe on the same recordings."""
        drawn = self.on_draws(part) - other.on_draws(part)
        return statistics.difference(part(self.errors) - part(other.errors), drawn, len(set(self.groups)))

    def on_draws(self, part: Part) -> Values:
        """A part of the error on every draw, shape ``(draws,)``."""
        names = list(self.drawn)
        rows = np.stack([self.drawn[known] for known in names], axis=1).tolist()
        return np.array([part(dict(zip(names, row, strict=True))) for row in rows], np.float64)


@dataclass(frozen=True)
class Evaluation:
    """What a recipe is worth. ``by_stage``: the metrics whose error is shared out among stages; ``others`` are not.

    ``models``: the model of each stage.
    """

    recipe: str
    models: Mapping[str, str]
    recordings: tuple[str, ...]
    by_stage: tuple[Judged, ...]
    others: tuple[Judged, ...]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """All metrics."""
        return self.by_stage + self.others


def evaluate(
    recordings: Sequence[Recording],
    chosen: Recipe,
    *,
    out: Path = OUT,
    watch: Watcher | None = None,
    device: str = "cpu",
    jobs: int = 0,
    trusted: Collection[str] = (),
) -> Evaluation:
    """Run a recipe on recordings and judge it; the other arguments are those of `pipeline`.

    What was answered stands in ``out``, a folder for each recording, and is not asked again. The summary is left out. Raises what
    `pipeline` does, and `BadConfig` for a recipe that writes nothing down, and `NotRunnable` without meeteval.
    """
    meetings.library()
    if chosen.stages.asr is None:
        raise BadConfig(f"{chosen.title!r} has no stage asr, and who said which words is what is judged; add it to the recipe")
    run = partial(pipeline, watch=watch, device=device, jobs=jobs, trusted=trusted)
    heard = [_Heard(chosen, recording, out, run) for recording in recordings]
    stages = tuple(name for name in LISTENING if name in chosen.stages.named())
    groups = [recording.group for recording in recordings]
    marked = [one for one in heard if one.entities]
    by_stage = [Judged(CPWER, stages, _gathered([one.speakers(stages) for one in heard]), groups)]
    if marked:
        named = _gathered([one.entities for one in marked])
        by_stage.append(Judged(ENTITY_ERROR, READING, named, [one.recording.group for one in marked]))
    others = [TCPWER, ANONYMOUS_WER, *([DER] if "diarization" in stages else [])]
    return Evaluation(
        chosen.title,
        {name: stage.model for name, stage in chosen.stages.named().items() if name != "summary"},
        tuple(recording.id for recording in recordings),
        tuple(by_stage),
        tuple(Judged(metric, (), {shares.NOBODY: [one.score(metric) for one in heard]}, groups) for metric in others),
    )


class _Heard:
    """A recording as a recipe hears it, and as it would with some of it known."""

    def __init__(self, chosen: Recipe, recording: Recording, out: Path, run: Run) -> None:
        self.recording = recording
        self._recipe, self._truth = chosen, recording.truth
        folder = out / place(recording.audio, digest(recording.audio)).name
        self._run = partial(run, recording.audio, out=folder)
        self.found: Conversation = self._run(_without(chosen, "summary", *(() if recording.truth.entities else ("ner",))))
        self._sound = Sound(folder / self.found.sound, "")
        self.entities = self._entities()

    def score(self, metric: Metric) -> Components:
        """The components of a metric of words or of turns."""
        if metric is DER:
            return metric.components(SpeakerTruth(self._truth.turns), self.found.turns)
        return metric.components(self._words, self.found.words)

    def speakers(self, stages: Sequence[str]) -> dict[Coalition, Components]:
        """The components of cpWER with each coalition of the listening stages known."""
        written, known = self._written("vad" in stages), self._known()
        found = {}
        for coalition in shares.coalitions(stages):
            words = (known if "asr" in coalition else written)["vad" in coalition]
            turns = self._truth.turns if "diarization" in coalition else self.found.turns
            found[coalition] = CPWER.components(self._words, attribution.attribute(words, turns))
        return found

    @property
    def _words(self) -> WordTruth:
        return WordTruth(self._truth.words, self._truth.language)

    @property
    def _speech(self) -> tuple[Segment, ...]:
        return chunks.joined(Segment(turn.start, turn.end) for turn in self._truth.turns)

    def _written(self, detected: bool) -> dict[bool, Sequence[SpokenWord]]:
        """What the recogniser writes where speech is as found, and where it is known."""
        if not detected:
            return {False: self.found.words}
        told = self._run(_without(self._recipe, "diarization", "ner", "summary"), known=Known(speech=self._speech))
        return {False: self.found.words, True: told.words}

    def _known(self) -> dict[bool, Sequence[SpokenWord]]:
        """What a perfect recogniser writes, likewise."""
        asked = self._recipe.stages
        if asked.vad is None or asked.asr is None:
            return {False: self._truth.words}
        pieces = packing.pack(self.found.speech, asked.asr.piece_s, self.found.duration, self._sound.quietest)

        def heard(word: SpokenWord) -> bool:
            return any(piece.start <= (word.start + word.end) / 2 < piece.end for piece in pieces)

        return {False: [word for word in self._truth.words if heard(word)], True: self._truth.words}

    def _entities(self) -> dict[Coalition, Components]:
        """The components of the entity error with each coalition of the reading stages known; none if entities are not known."""
        truth = self._truth.entities
        if truth is None or self._recipe.stages.ner is None:
            return {}
        known = Known(self._speech, self._truth.words, self._truth.turns)
        read = {
            (): self.found.entities,
            ("transcript",): self._run(_without(self._recipe, "summary"), known=known).entities,
            ("ner",): tuple(_standing(truth, self.found.words)),
            READING: truth.entities,
        }
        return {frozenset(replaced): ENTITY_ERROR.components(truth, found) for replaced, found in read.items()}


def _standing(truth: EntityTruth, words: Sequence[SpokenWord]) -> Iterator[Named]:
    """The entities whose words stand in a transcript, where they were said."""
    for entity in truth.entities:
        near = normalise(" ".join(word.text for word in words if within_collar(word, entity)), truth.language)
        if f" {normalise(entity.text, truth.language)} " in f" {near} ":
            yield entity


def _without(given: Recipe, *names: str) -> Recipe:
    """The recipe without some stages, and without chapters."""
    left = given.stages.model_copy(update=dict.fromkeys(names))
    return given.model_copy(update={"stages": left, "chapters": None})


def _gathered(found: Sequence[Mapping[Coalition, Components]]) -> dict[Coalition, list[Components]]:
    """The components of all recordings, by coalition."""
    return {coalition: [one[coalition] for one in found] for coalition in found[0]}
