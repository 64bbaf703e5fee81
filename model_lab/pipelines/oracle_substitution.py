"""A recording as a recipe hears it, and as it would with some of it known.

A stage's perfect version, by what stands in its place: the clean recording for what cleans the sound; the true speech, turns and
summary; for a recogniser the true words, of which one behind a speech detector writes those whose middle lies in the pieces that the
detector lets it hear; for a recogniser of names the true names whose words stand in the transcript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from model_lab.errors import BadManifest
from model_lab.metrics._base import Components, Metric
from model_lab.metrics.meetings import ENTITY_ERROR, EntityTruth, Named, WordTruth, within_collar
from model_lab.metrics.segments import DER, SpeakerTruth
from model_lab.metrics.summaries import SUMMARY_ERROR
from model_lab.metrics.text import normalise
from model_lab.pipelines import attribution, chunks, shapley, vad_chunking
from model_lab.pipelines.conversation import Conversation, SpokenWord
from model_lab.pipelines.decode import digest
from model_lab.pipelines.recipe import Recipe
from model_lab.pipelines.references import Recording, RecordingReference
from model_lab.pipelines.run import KnownReference, place
from model_lab.pipelines.shapley import Coalition
from model_lab.pipelines.sound import WorkingCopy
from model_lab.types import Segment, Turn

CLEANING = ("enhance", "separate")
LISTENING = ("vad", "asr", "diarization")
READING = ("transcript", "ner")
SUMMING_UP = ("transcript", "summary")
_SAME_LENGTH_S = 0.1

Run = Callable[..., Conversation]
"""`run.pipeline` with the arguments that do not depend on the recording."""


class SubstitutedRecording:
    """A recording and what a recipe makes of it; models are asked when a number needs them."""

    def __init__(self, chosen: Recipe, recording: Recording, out: Path, run: Run) -> None:
        self.recording = recording
        self.recipe = _judged(chosen, recording.truth)
        folder = out / place(recording.audio, digest(recording.audio)).name
        self._outputs = _RecipeOutputs(self.recipe, recording.audio, folder, recording.truth, run)

    def said(self, metric: Metric, stages: Sequence[str]) -> dict[Coalition, Components]:
        """The components of a metric of words and speakers with each coalition of the listening ``stages`` known."""
        truth = WordTruth(self._outputs.true_words, self.recording.truth.language)

        def components(known: Coalition) -> Components:
            ear = self._outputs_with(known)
            return metric.components(truth, attribution.attribute(ear.words(known), ear.turns(known)))

        return {known: components(known) for known in shapley.coalitions(stages)}

    def told_apart(self, stages: Sequence[str]) -> dict[Coalition, Components]:
        """The components of the diarization error likewise."""
        truth = SpeakerTruth(self.recording.truth.turns, self.recording.truth.scored)
        return {known: DER.components(truth, self._outputs_with(known).turns(known)) for known in shapley.coalitions(stages)}

    def named(self) -> dict[Coalition, Components]:
        """The components of the entity error with each coalition of `READING` known."""
        truth, found = self.recording.truth.entities, self._outputs.found
        assert truth is not None
        read = {
            (): found.entities,
            ("transcript",): self._reading.entities,
            ("ner",): tuple(_standing(truth, found.words)),
            READING: truth.entities,
        }
        return {frozenset(known): ENTITY_ERROR.components(truth, names) for known, names in read.items()}

    def summed_up(self) -> dict[Coalition, Components]:
        """The components of the summary's error with each coalition of `SUMMING_UP` known: a perfect summary is the reference itself."""
        reference = self.recording.truth.summary
        assert reference is not None
        told = {
            (): _overall(self._outputs.found),
            ("transcript",): _overall(self._reading),
            ("summary",): reference,
            SUMMING_UP: reference,
        }
        return {frozenset(known): SUMMARY_ERROR.components(reference, text) for known, text in told.items()}

    def _outputs_with(self, known: Coalition) -> _RecipeOutputs:
        return self._clean if known.intersection(CLEANING) else self._outputs

    @cached_property
    def _clean(self) -> _RecipeOutputs:
        """The recipe at the clean recording, which needs no cleaning."""
        clean = self.recording.truth.clean
        assert clean is not None
        recipe = without(self.recipe, *CLEANING, "ner", "summary")
        folder = self._outputs.folder / place(clean, digest(clean)).name
        ear = _RecipeOutputs(recipe, clean, folder, self.recording.truth, self._outputs.run)
        if abs(ear.found.duration - self._outputs.found.duration) > _SAME_LENGTH_S:
            raise BadManifest(
                f"{clean} lasts {ear.found.duration:.2f} s and {self.recording.audio} {self._outputs.found.duration:.2f} s; "
                "expected the same recording without what disturbs it, of the same length"
            )
        return ear

    @cached_property
    def _reading(self) -> Conversation:
        """What is made of the true words of the true speakers."""
        return self._outputs.told(
            self.recipe, KnownReference(self._outputs.true_speech, self._outputs.true_words, self.recording.truth.turns)
        )


@dataclass(frozen=True)
class _RecipeOutputs:
    """A recipe at one sound of a recording."""

    recipe: Recipe
    audio: Path
    folder: Path
    truth: RecordingReference
    run: Run

    @cached_property
    def found(self) -> Conversation:
        """What the recipe makes of it."""
        return self.run(self.audio, self.recipe, out=self.folder)

    @property
    def true_words(self) -> tuple[SpokenWord, ...]:
        """All that is said."""
        assert self.truth.words is not None
        return self.truth.words

    @property
    def true_speech(self) -> tuple[Segment, ...]:
        """Where anybody speaks."""
        return chunks.joined(Segment(turn.start, turn.end) for turn in self.truth.turns)

    def told(self, recipe: Recipe, known: KnownReference) -> Conversation:
        """What a recipe makes of it where some of it is known."""
        return self.run(self.audio, recipe, out=self.folder, known=known)

    def words(self, known: Coalition) -> Sequence[SpokenWord]:
        """What is written down."""
        if "asr" in known:
            return self.true_words if "vad" in known else self._audible
        return self._written_of_speech if "vad" in known else self.found.words

    def turns(self, known: Coalition) -> tuple[Turn, ...]:
        """Who speaks when."""
        return self.truth.turns if "diarization" in known else self.found.turns

    @cached_property
    def _written_of_speech(self) -> tuple[SpokenWord, ...]:
        """What the recogniser writes where it is told where anybody speaks."""
        return self.told(without(self.recipe, "diarization", "ner", "summary"), KnownReference(speech=self.true_speech)).words

    @cached_property
    def _audible(self) -> Sequence[SpokenWord]:
        """What a perfect recogniser writes of what the speech detector lets it hear."""
        asked = self.recipe.stages
        if asked.vad is None or asked.asr is None:
            return self.true_words
        sound = WorkingCopy(self.folder / self.found.sound, "")
        pieces = vad_chunking.pack(self.found.speech, asked.asr.piece_s, self.found.duration, sound.quietest)

        def heard(word: SpokenWord) -> bool:
            return any(piece.start <= (word.start + word.end) / 2 < piece.end for piece in pieces)

        return [word for word in self.true_words if heard(word)]


def without(given: Recipe, *names: str) -> Recipe:
    """The recipe without some stages, and without chapters."""
    left = given.stages.model_copy(update=dict.fromkeys(names))
    return given.model_copy(update={"stages": left, "chapters": None})


def _judged(chosen: Recipe, truth: RecordingReference) -> Recipe:
    """The recipe without the stages that this truth cannot judge."""
    unheard = ("vad", "asr") if truth.words is None else ()
    unread = [name for name, known in (("ner", truth.entities), ("summary", truth.summary)) if known is None]
    return without(chosen, *unheard, *unread)


def _overall(found: Conversation) -> str:
    return found.summary.overall if found.summary else ""


def _standing(truth: EntityTruth, words: Sequence[SpokenWord]) -> Iterator[Named]:
    """The entities whose words stand in a transcript, where they were said."""
    for entity in truth.entities:
        near = normalise(" ".join(word.text for word in words if within_collar(word, entity)), truth.language)
        if f" {normalise(entity.text, truth.language)} " in f" {near} ":
            yield entity
