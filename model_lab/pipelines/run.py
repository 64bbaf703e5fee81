"""A recording through a recipe: decoded, heard, written down, read, and put together as a `Conversation`.

Everything stands in one folder: the working copy, the answers of every stage (see `desk`) and ``conversation.json``. The same command
goes on where it was stopped; another recipe asks only what has not been asked yet.
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
from model_lab.files import LOCK, held, shown, write_text
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
from model_lab.pipelines.sound import WorkingCopy
from model_lab.provision import measured_memory
from model_lab.runs.executors import LocalExecutor, Task
from model_lab.schemas import parse
from model_lab.types import Segment, Turn
from model_lab.workers import cores
from model_lab.workers.client import ResourceAllocation

PIPELINES = Path("pipelines")
COPY = "recording.wav"
"""The working copy of the recording as it is, in a pipeline's folder."""
_ORDER = ("decode", "enhance", "separate", "vad", "asr", "diarization", "linking", "ner", "summary", "summary_of_summaries")


@dataclass(frozen=True)
class KnownReference:
    """What is known of a recording: no model is asked for it. For evaluation, which puts the truth in a stage's place.

    A conversation out of anything known is not written to the folder.
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
    known: KnownReference = KnownReference(),
    track: int = 0,
    cancel: CancelToken | None = None,
    longest_s: float = math.inf,
) -> Conversation:
    """What was said in ``source``, any sound or video that FFmpeg reads, by a recipe's name or file, or one that was read.

    ``use``: stage -> the model that does it instead. ``out``: the folder for everything; ``pipelines/<name>-<digest>`` if none is
    given. ``jobs``: workers at once, 0 for two where there are two cores. ``trusted``: models whose downloads may run code. ``track``: the
    sound track, from 1; 0 for the default one, or the first. ``cancel``: stops it, whose workers are killed at once. Raises
    `BadAudio` for a recording that cannot be used or lasts longer than ``longest_s`` seconds, `BadConfig` or `UnknownName` for a wrong recipe, `NotRunnable` if one of its models
    cannot run here, `WorkerFailed` if one fails (the same call goes on there), `StoreError` if another process is at work in the folder,
    `Cancelled` once ``cancel`` is.
    """
    source, watch = Path(source), watch or SilentStageObserver()
    chosen = recipe_name if isinstance(recipe_name, Recipe) else recipe(recipe_name, use)
    executor = LocalExecutor(jobs or min(2, cores.count()))
    if reasons := not_runnable([stage for _, _, stage in chosen.asked()], device, trusted):
        raise NotRunnable("; ".join(reasons))
    sha256 = digest(source)
    folder = out or place(source, sha256)
    with _locked(folder), (cancel or CancelToken()).scope() as token:
        inference = CachedInference(folder, device, watch, token)
        return _Run(chosen, inference, executor, known, track, longest_s).conversation(source, sha256)


def place(source: Path, sha256: str) -> Path:
    """The folder of a recording, where none is named.

    >>> place(Path("calls/Team meeting.m4a"), "0123456789abcdef").as_posix()
    'pipelines/Team_meeting-01234567'
    """
    return PIPELINES / f"{re.sub(r'[^A-Za-z0-9_-]', '_', source.stem)[:60]}-{sha256[:8]}"


@dataclass
class _Run:
    """One pipeline under way."""

    recipe: Recipe
    inference: CachedInference
    executor: LocalExecutor
    known: KnownReference
    track: int
    longest_s: float

    def conversation(self, path: Path, sha256: str) -> Conversation:
        """From the recording to what was said."""
        source = self._decoded(path, sha256)
        heard = WorkingCopy(self.inference.folder / COPY, source.key)
        if cleaner := self.recipe.stages.enhance or self.recipe.stages.separate:
            heard = stages.cleaned(self.inference, cleaner, heard, ResourceAllocation())
        speech, words, turns = self._listened(heard)
        words = attribution.attribute(words, turns)
        utterances = attribution.utterances(words)
        entities, summary = self._read(words, utterances)
        wanted = self.recipe.chapters
        found = Conversation(
            recipe=self.recipe.title,
            source=source,
            sound=heard.path.name,
            speech=speech,
            turns=turns,
            words=words,
            utterances=utterances,
            entities=entities,
            summary=summary,
            chapters=chapters.chapters(words, utterances, source.duration, wanted.shortest_s) if wanted else (),
            notes=_notes(self.recipe, source, speech, words),
            stages=tuple(sorted(self.inference.records, key=lambda record: _ORDER.index(record.stage))),
        )
        if self.known == KnownReference():
            found.write(self.inference.folder)
        return found

    def _decoded(self, path: Path, sha256: str) -> SourceRecording:
        """The recording's working copy; the one that is there, if it is of this recording and track, and decoded as it is now."""
        folder = self.inference.folder
        about = folder / "source.json"
        if about.exists():
            source = parse(SourceRecording, json.loads(about.read_text("utf-8")), about)
            if source.sha256 != sha256:
                raise StoreError(f"{folder} holds {source.file}, another recording; choose another folder with --out")
            if (folder / COPY).exists() and (source.track, source.decoder) == (self.track, DECODER):
                self.inference.record(StageRecord(stage="decode", chunks=1, from_cache=1))
                return source
        began = time.monotonic()

        def progress(done: float, total: float) -> None:
            self.inference.cancel.raise_if_cancelled()
            if done > self.longest_s:
                most = self.longest_s / 60
                raise BadAudio(
                    f"{shown(path)} lasts more than {most:g} minutes; at most {most:g} are taken here: cut it into parts"
                )
            self.inference.watch.progress("decode", int(done), int(total))

        source = decode(path, sha256, folder / COPY, progress, self.track)
        write_text(about, source.model_dump_json(indent=1) + "\n")
        self.inference.record(StageRecord(stage="decode", chunks=1, seconds=round(time.monotonic() - began, 3)))
        return source

    def _listened(self, sound: WorkingCopy) -> tuple[tuple[Segment, ...], tuple[SpokenWord, ...], tuple[Turn, ...]]:
        """Speech and then words in one task, turns beside them in another."""
        asked, known = self.recipe.stages, self.known
        speech, words, turns = known.speech or (), known.words or (), known.turns or ()

        def write_down(allocation: ResourceAllocation) -> None:
            nonlocal speech, words
            if asked.vad is not None and known.speech is None:
                speech = stages.speech(self.inference, asked.vad, sound, allocation)
            if asked.asr is not None and known.words is None:
                everywhere = asked.vad is None and known.speech is None
                spoken = (Segment(0.0, sound.duration),) if everywhere else speech
                words = stages.words(self.inference, asked.asr, sound, spoken, allocation)

        def tell_apart(allocation: ResourceAllocation) -> None:
            nonlocal turns
            if asked.diarization is not None and known.turns is None:
                turns = stages.turns(self.inference, asked.diarization, sound, allocation)

        self._together({("vad", "asr"): write_down, ("diarization", "linking"): tell_apart})
        return speech, words, turns

    def _read(self, words: Sequence[SpokenWord], utterances: Sequence[Utterance]) -> tuple[tuple[Mention, ...], Summary | None]:
        """Entities in one task, the summary beside them in another."""
        asked = self.recipe.stages
        entities: tuple[Mention, ...] = ()
        summary: Summary | None = None

        def find_names(allocation: ResourceAllocation) -> None:
            nonlocal entities
            if asked.ner is not None:
                entities = stages.mentions(self.inference, asked.ner, utterances, words, allocation)

        def sum_up(allocation: ResourceAllocation) -> None:
            nonlocal summary
            if asked.summary is not None:
                summary = stages.summary(self.inference, asked.summary, utterances, allocation)

        self._together({("ner",): find_names, ("summary",): sum_up})
        return entities, summary

    def _together(self, works: Mapping[tuple[str, ...], Callable[[ResourceAllocation], None]]) -> None:
        """Tasks, by the stages they do, beside each other as cores and memory allow; the first that fails ends the others."""
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
        """What the largest model of some stages is expected to need."""
        return max(
            (measured_memory.memory_gb(stage.card) for name, _, stage in self.recipe.asked() if name in names), default=0.0
        )


def _refuse(names: Collection[str]) -> Callable[[str], None]:
    def refused(reason: str) -> None:
        raise NotRunnable(f"{' and '.join(names)}: {reason}")

    return refused


def _notes(recipe: Recipe, source: SourceRecording, speech: Sequence[Segment], words: Sequence[SpokenWord]) -> tuple[str, ...]:
    """What a reader of the conversation should know."""
    asked, found = recipe.stages, [*source.notes]
    if asked.vad and not speech:
        found.append(f"{asked.vad.model} found no speech in {source.duration:.1f} s of sound.")
    elif asked.asr and not words:
        found.append(f"{asked.asr.model} wrote no word.")
    if asked.asr and any(not word.timed for word in words):
        found.append(f"{asked.asr.model} gave no times of words: each has its share of the speech that it was heard in.")
    return tuple(found)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a pipeline's folder; raises `StoreError` at once if another process does. A folder that stays empty is taken away again."""
    made = not folder.exists()
    busy = f"{folder} is being written by another pipeline; wait for it to end, or choose another with --out"
    with held(folder, busy):
        try:
            yield
        finally:
            if made and [path.name for path in folder.iterdir()] == [LOCK]:
                shutil.rmtree(folder)
