"""Runs a recipe on a recording with some of its stages replaced by their reference.

The perfect version of a stage: the clean recording for enhancement and separation; the reference speech, turns and summary; for a
recogniser the reference words, of which one behind a speech detector gets those whose middle lies in the pieces that the detector
passes on; for an NER model the reference entities whose words occur in the transcript.
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
from model_lab.pipelines.working_copy import WorkingCopy
from model_lab.types import Segment, Turn

ENHANCEMENT_STAGES = ("enhance", "separate")
AUDIO_STAGES = ("vad", "asr", "diarization")
ENTITY_STAGES = ("transcript", "ner")
SUMMARY_STAGES = ("transcript", "summary")
_SAME_LENGTH_S = 0.1

Run = Callable[..., Conversation]
"""`run.pipeline` with the arguments that do not depend on the recording already bound."""


class SubstitutedRecording:
    """A recording and the outputs of a recipe on it; models run when a metric needs them."""

    def __init__(self, recipe: Recipe, recording: Recording, out: Path, run: Run) -> None:
        self.recording = recording
        self.recipe = _evaluable(recipe, recording.reference)
        folder = out / place(recording.audio, digest(recording.audio)).name
        self._outputs = _RecipeOutputs(self.recipe, recording.audio, folder, recording.reference, run)

    def word_components(self, metric: Metric, stages: Sequence[str]) -> dict[Coalition, Components]:
        """The components of a metric of words and speakers, with each coalition of ``stages`` replaced."""
        reference = WordTruth(self._outputs.reference_words, self.recording.reference.language)

        def components(replaced: Coalition) -> Components:
            outputs = self._outputs_with(replaced)
            return metric.components(reference, attribution.attribute(outputs.words(replaced), outputs.turns(replaced)))

        return {replaced: components(replaced) for replaced in shapley.coalitions(stages)}

    def diarization_components(self, stages: Sequence[str]) -> dict[Coalition, Components]:
        """The components of the diarization error, with each coalition of ``stages`` replaced."""
        reference = SpeakerTruth(self.recording.reference.turns, self.recording.reference.scored)
        return {
            replaced: DER.components(reference, self._outputs_with(replaced).turns(replaced))
            for replaced in shapley.coalitions(stages)
        }

    def entity_components(self) -> dict[Coalition, Components]:
        """The components of the entity error, with each coalition of `ENTITY_STAGES` replaced."""
        reference, output = self.recording.reference.entities, self._outputs.output
        assert reference is not None
        candidates = {
            (): output.entities,
            ("transcript",): self._on_reference_words.entities,
            ("ner",): tuple(_transcribed_entities(reference, output.words)),
            ENTITY_STAGES: reference.entities,
        }
        return {frozenset(replaced): ENTITY_ERROR.components(reference, entities) for replaced, entities in candidates.items()}

    def summary_components(self) -> dict[Coalition, Components]:
        """The components of the summary error, with each coalition of `SUMMARY_STAGES` replaced; a perfect summary is the reference itself."""
        reference = self.recording.reference.summary
        assert reference is not None
        candidates = {
            (): _overall(self._outputs.output),
            ("transcript",): _overall(self._on_reference_words),
            ("summary",): reference,
            SUMMARY_STAGES: reference,
        }
        return {frozenset(replaced): SUMMARY_ERROR.components(reference, text) for replaced, text in candidates.items()}

    def _outputs_with(self, replaced: Coalition) -> _RecipeOutputs:
        return self._clean if replaced.intersection(ENHANCEMENT_STAGES) else self._outputs

    @cached_property
    def _clean(self) -> _RecipeOutputs:
        """The outputs of the recipe without enhancement on the clean recording."""
        clean = self.recording.reference.clean
        assert clean is not None
        recipe = without(self.recipe, *ENHANCEMENT_STAGES, "ner", "summary")
        folder = self._outputs.folder / place(clean, digest(clean)).name
        outputs = _RecipeOutputs(recipe, clean, folder, self.recording.reference, self._outputs.run)
        if abs(outputs.output.duration - self._outputs.output.duration) > _SAME_LENGTH_S:
            raise BadManifest(
                f"{clean} lasts {outputs.output.duration:.2f} s and {self.recording.audio} {self._outputs.output.duration:.2f} s; "
                "expected the same recording without noise, of the same length"
            )
        return outputs

    @cached_property
    def _on_reference_words(self) -> Conversation:
        """The output of the text stages on the reference words and speakers."""
        return self._outputs.with_reference(
            self.recipe,
            KnownReference(self._outputs.reference_speech, self._outputs.reference_words, self.recording.reference.turns),
        )


@dataclass(frozen=True)
class _RecipeOutputs:
    """The outputs of a recipe on one audio file of a recording."""

    recipe: Recipe
    audio: Path
    folder: Path
    reference: RecordingReference
    run: Run

    @cached_property
    def output(self) -> Conversation:
        """The output of the recipe."""
        return self.run(self.audio, self.recipe, out=self.folder)

    @property
    def reference_words(self) -> tuple[SpokenWord, ...]:
        """The reference words."""
        assert self.reference.words is not None
        return self.reference.words

    @property
    def reference_speech(self) -> tuple[Segment, ...]:
        """The reference speech segments."""
        return chunks.merge_segments(Segment(turn.start, turn.end) for turn in self.reference.turns)

    def with_reference(self, recipe: Recipe, reference: KnownReference) -> Conversation:
        """The output of a recipe with part of the reference in place of model answers."""
        return self.run(self.audio, recipe, out=self.folder, reference=reference)

    def words(self, replaced: Coalition) -> Sequence[SpokenWord]:
        """The words, with the stages of ``replaced`` perfect."""
        if "asr" in replaced:
            return self.reference_words if "vad" in replaced else self._audible
        return self._words_of_reference_speech if "vad" in replaced else self.output.words

    def turns(self, replaced: Coalition) -> tuple[Turn, ...]:
        """The speaker turns, with the stages of ``replaced`` perfect."""
        return self.reference.turns if "diarization" in replaced else self.output.turns

    @cached_property
    def _words_of_reference_speech(self) -> tuple[SpokenWord, ...]:
        """The words of the recogniser on the reference speech segments."""
        return self.with_reference(
            without(self.recipe, "diarization", "ner", "summary"), KnownReference(speech=self.reference_speech)
        ).words

    @cached_property
    def _audible(self) -> Sequence[SpokenWord]:
        """The words of a perfect recogniser on the output of the speech detector."""
        stages = self.recipe.stages
        if stages.vad is None or stages.asr is None:
            return self.reference_words
        sound = WorkingCopy(self.folder / self.output.sound, "")
        pieces = vad_chunking.pack(self.output.speech, stages.asr.piece_s, self.output.duration, sound.quietest)

        def audible(word: SpokenWord) -> bool:
            return any(piece.start <= (word.start + word.end) / 2 < piece.end for piece in pieces)

        return [word for word in self.reference_words if audible(word)]


def without(recipe: Recipe, *names: str) -> Recipe:
    """The recipe without some stages, and without chapters."""
    remaining = recipe.stages.model_copy(update=dict.fromkeys(names))
    return recipe.model_copy(update={"stages": remaining, "chapters": None})


def _evaluable(recipe: Recipe, reference: RecordingReference) -> Recipe:
    """The recipe without the stages for which this recording has no reference."""
    skipped_audio = ("vad", "asr") if reference.words is None else ()
    skipped_text = [name for name, column in (("ner", reference.entities), ("summary", reference.summary)) if column is None]
    return without(recipe, *skipped_audio, *skipped_text)


def _overall(conversation: Conversation) -> str:
    return conversation.summary.overall if conversation.summary else ""


def _transcribed_entities(reference: EntityTruth, words: Sequence[SpokenWord]) -> Iterator[Named]:
    """The reference entities whose words occur in the transcript at their time."""
    for entity in reference.entities:
        near = normalise(" ".join(word.text for word in words if within_collar(word, entity)), reference.language)
        if f" {normalise(entity.text, reference.language)} " in f" {near} ":
            yield entity
