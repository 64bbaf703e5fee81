"""Runs a recipe on a recording: decoding, audio stages, text stages, and the resulting `Conversation`.

Everything is in one folder: the working copy, the answers of every stage (see `cached_inference`) and ``conversation.json``. The same
command resumes where it was stopped; another recipe runs only what is not cached yet.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model_lab.cancellation import CancelToken
from model_lab.errors import BadAudio, NotRunnable, StoreError
from model_lab.files import LOCK, lock_folder, shown, write_text
from model_lab.pipelines import attribution, chapters, stages
from model_lab.pipelines.cached_inference import CachedInference, SilentStageObserver, StageObserver, not_runnable
from model_lab.pipelines.conversation import (
    DECODER,
    Conversation,
    Mention,
    SourceRecording,
    SpokenWord,
    StageRecord,
    Summary,
    Utterance,
)
from model_lab.pipelines.decode import decode, digest
from model_lab.pipelines.recipe import Recipe, recipe
from model_lab.pipelines.working_copy import WorkingCopy
from model_lab.provision import measured_memory
from model_lab.runs.executors import LocalExecutor, Task
from model_lab.schemas import parse
from model_lab.types import Segment, Turn
from model_lab.workers import cores
from model_lab.workers.client import ResourceAllocation

PIPELINES = Path("pipelines")
COPY = "recording.wav"
"""File name of the working copy of the original recording, in the folder of a pipeline."""
_ORDER = ("decode", "enhance", "separate", "vad", "asr", "diarization", "linking", "ner", "summary", "summary_of_summaries")


@dataclass(frozen=True)
class KnownReference:
    """Reference data that replaces the answers of models, for evaluation with oracle stages.

    A conversation with any of it is not written to the folder.
    """

    speech: tuple[Segment, ...] | None = None
    words: tuple[SpokenWord, ...] | None = None
    turns: tuple[Turn, ...] | None = None


def pipeline(
    source: Path | str,
    recipe_name: str | Path | Recipe = "meeting",
    *,
    use: Mapping[str, str] | None = None,
    out: Path | None = None,
    watch: StageObserver | None = None,
    device: str = "cpu",
    jobs: int = 0,
    trusted: Collection[str] = (),
    reference: KnownReference = KnownReference(),
    track: int = 0,
    cancel: CancelToken | None = None,
    longest_s: float = math.inf,
) -> Conversation:
    """Run a recipe on a recording.

    Args:
        source: Any audio or video file that FFmpeg reads.
        recipe_name: Name of a packaged recipe, path of a recipe file, or a `Recipe`.
        use: Stage -> model that replaces the one of the recipe.
        out: Folder for all files; ``pipelines/<name>-<digest>`` by default.
        watch: Receives the progress of the stages.
        device: "cpu" or "cuda", for every stage whose device the recipe does not set.
        jobs: Number of parallel workers; 0 for two if there are two cores.
        trusted: Models that may run code from their downloads.
        reference: Reference data in place of model answers, for evaluation.
        track: Audio track, from 1; 0 for the track marked as default, or the first.
        longest_s: Maximum length of the recording in seconds.
        cancel: Stops the pipeline; its workers are killed at once.

    Returns:
        The conversation, which is also written to ``out``.

    Raises:
        BadAudio: The recording cannot be used, or is longer than ``longest_s``.
        BadConfig, UnknownName: The recipe is invalid.
        NotRunnable: A model of the recipe cannot run here.
        WorkerFailed: A model failed; the same call resumes there.
        StoreError: Another process is using the folder.
        Cancelled: ``cancel`` was set.
    """
    source, watch = Path(source), watch or SilentStageObserver()
    chosen_recipe = recipe_name if isinstance(recipe_name, Recipe) else recipe(recipe_name, use)
    executor = LocalExecutor(jobs or min(2, cores.count()))
    if reasons := not_runnable([stage for _, _, stage in chosen_recipe.model_stages()], device, trusted):
        raise NotRunnable("; ".join(reasons))
    sha256 = digest(source)
    folder = out or place(source, sha256)
    with _locked(folder), (cancel or CancelToken()).scope() as token:
        inference = CachedInference(folder, device, watch, token)
        return _Run(chosen_recipe, inference, executor, reference, track, longest_s).conversation(source, sha256)


def place(source: Path, sha256: str) -> Path:
    """The default folder of a recording.

    >>> place(Path("calls/Team meeting.m4a"), "0123456789abcdef").as_posix()
    'pipelines/Team_meeting-01234567'
    """
    return PIPELINES / f"{re.sub(r'[^A-Za-z0-9_-]', '_', source.stem)[:60]}-{sha256[:8]}"


@dataclass
class _Run:
    """One run of a pipeline."""

    recipe: Recipe
    inference: CachedInference
    executor: LocalExecutor
    reference: KnownReference
    track: int
    longest_s: float

    def conversation(self, path: Path, sha256: str) -> Conversation:
        """Run all stages on the recording."""
        source = self._decoded(path, sha256)
        sound = WorkingCopy(self.inference.folder / COPY, source.key)
        if cleaner := self.recipe.stages.enhance or self.recipe.stages.separate:
            sound = stages.enhanced(self.inference, cleaner, sound, ResourceAllocation())
        speech, words, turns = self._process_audio(sound)
        words = attribution.attribute(words, turns)
        utterances = attribution.utterances(words)
        entities, summary = self._process_text(words, utterances)
        chapter_settings = self.recipe.chapters
        conversation = Conversation(
            recipe=self.recipe.title,
            source=source,
            sound=sound.path.name,
            speech=speech,
            turns=turns,
            words=words,
            utterances=utterances,
            entities=entities,
            summary=summary,
            chapters=chapters.chapters(words, utterances, source.duration, chapter_settings.shortest_s)
            if chapter_settings
            else (),
            notes=_notes(self.recipe, source, speech, words),
            stages=tuple(sorted(self.inference.records, key=lambda record: _ORDER.index(record.stage))),
        )
        if self.reference == KnownReference():
            conversation.write(self.inference.folder)
        return conversation

    def _decoded(self, path: Path, sha256: str) -> SourceRecording:
        """The working copy of the recording; an existing one is reused if it has the same recording, track and decoder version."""
        folder = self.inference.folder
        description = folder / "source.json"
        if description.exists():
            source = parse(SourceRecording, json.loads(description.read_text("utf-8")), description)
            if source.sha256 != sha256:
                raise StoreError(f"{folder} holds {source.file}, another recording; choose another folder with --out")
            if (folder / COPY).exists() and (source.track, source.decoder) == (self.track, DECODER):
                self.inference.record(StageRecord(stage="decode", chunks=1, from_cache=1))
                return source
        started = time.monotonic()

        def progress(done: float, total: float) -> None:
            self.inference.cancel.raise_if_cancelled()
            if done > self.longest_s:
                most = self.longest_s / 60
                raise BadAudio(
                    f"{shown(path)} lasts more than {most:g} minutes; at most {most:g} are taken here: cut it into parts"
                )
            self.inference.watch.progress("decode", int(done), int(total))

        source = decode(path, sha256, folder / COPY, progress, self.track)
        write_text(description, source.model_dump_json(indent=1) + "\n")
        self.inference.record(StageRecord(stage="decode", chunks=1, seconds=round(time.monotonic() - started, 3)))
        return source

    def _process_audio(self, sound: WorkingCopy) -> tuple[tuple[Segment, ...], tuple[SpokenWord, ...], tuple[Turn, ...]]:
        """Run speech detection and recognition in one task, diarization in parallel in another."""
        recipe_stages, reference = self.recipe.stages, self.reference
        speech, words, turns = reference.speech or (), reference.words or (), reference.turns or ()

        def transcribe(allocation: ResourceAllocation) -> None:
            nonlocal speech, words
            if recipe_stages.vad is not None and reference.speech is None:
                speech = stages.speech(self.inference, recipe_stages.vad, sound, allocation)
            if recipe_stages.asr is not None and reference.words is None:
                everywhere = recipe_stages.vad is None and reference.speech is None
                spoken = (Segment(0.0, sound.duration),) if everywhere else speech
                words = stages.words(self.inference, recipe_stages.asr, sound, spoken, allocation)

        def diarize(allocation: ResourceAllocation) -> None:
            nonlocal turns
            if recipe_stages.diarization is not None and reference.turns is None:
                turns = stages.turns(self.inference, recipe_stages.diarization, sound, allocation)

        self._together({("vad", "asr"): transcribe, ("diarization", "linking"): diarize})
        return speech, words, turns

    def _process_text(
        self, words: Sequence[SpokenWord], utterances: Sequence[Utterance]
    ) -> tuple[tuple[Mention, ...], Summary | None]:
        """Run NER in one task, the summary in parallel in another."""
        recipe_stages = self.recipe.stages
        entities: tuple[Mention, ...] = ()
        summary: Summary | None = None

        def extract_entities(allocation: ResourceAllocation) -> None:
            nonlocal entities
            if recipe_stages.ner is not None:
                entities = stages.mentions(self.inference, recipe_stages.ner, utterances, words, allocation)

        def summarize(allocation: ResourceAllocation) -> None:
            nonlocal summary
            if recipe_stages.summary is not None:
                summary = stages.summary(self.inference, recipe_stages.summary, utterances, allocation)

        self._together({("ner",): extract_entities, ("summary",): summarize})
        return entities, summary

    def _together(self, works: Mapping[tuple[str, ...], Callable[[ResourceAllocation], None]]) -> None:
        """Run tasks in parallel as cores and memory allow; the first failure stops the others."""
        failures: list[BaseException] = []

        def guarded(work: Callable[[ResourceAllocation], None]) -> Callable[[ResourceAllocation], None]:
            def run(allocation: ResourceAllocation) -> None:
                try:
                    work(allocation)
                except BaseException as error:
                    failures.append(error)
                    self.inference.cancel.cancel()
                    raise

            return run

        try:
            self.executor.run(
                [
                    Task(" and ".join(names), self._memory_gb(names), guarded(work), _refuse(names))
                    for names, work in works.items()
                ]
            )
        except Exception as error:
            raise (failures or [error])[0] from None

    def _memory_gb(self, names: Collection[str]) -> float:
        """Expected memory of the largest model of some stages, in GB."""
        return max(
            (measured_memory.memory_gb(stage.card) for name, _, stage in self.recipe.model_stages() if name in names), default=0.0
        )


def _refuse(names: Collection[str]) -> Callable[[str], None]:
    def refused(reason: str) -> None:
        raise NotRunnable(f"{' and '.join(names)}: {reason}")

    return refused


def _notes(recipe: Recipe, source: SourceRecording, speech: Sequence[Segment], words: Sequence[SpokenWord]) -> tuple[str, ...]:
    """Remarks for the reader of the conversation."""
    recipe_stages, notes = recipe.stages, [*source.notes]
    if recipe_stages.vad and not speech:
        notes.append(f"{recipe_stages.vad.model} found no speech in {source.duration:.1f} s of audio.")
    elif recipe_stages.asr and not words:
        notes.append(f"{recipe_stages.asr.model} returned no words.")
    if recipe_stages.asr and any(not word.timed for word in words):
        notes.append(f"{recipe_stages.asr.model} gave no word times: they are interpolated over the speech.")
    return tuple(notes)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder of a pipeline. Raises `StoreError` if another process holds it. A folder that stays empty is removed."""
    created = not folder.exists()
    busy = f"{folder} is being written by another pipeline; wait for it to end, or choose another folder with --out"
    with lock_folder(folder, busy):
        try:
            yield
        finally:
            if created and [path.name for path in folder.iterdir()] == [LOCK]:
                shutil.rmtree(folder)
