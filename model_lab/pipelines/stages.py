"""The stages of a pipeline: the inputs of each model, and the processing of its answers."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, islice
from typing import Any

import numpy as np

from model_lab.errors import BadConfig
from model_lab.pipelines import chunks, vad_chunking
from model_lab.pipelines.cached_inference import CachedInference, StageQuestion
from model_lab.pipelines.conversation import Mention, SpokenWord, Summary, Utterance
from model_lab.pipelines.recipe import ChunkedStage, Diarization, Recognition, Separation, Stage
from model_lab.pipelines.speaker_clustering import ChunkSpeaker, linked
from model_lab.pipelines.vad_chunking import SpeechChunk
from model_lab.pipelines.working_copy import WorkingCopy, crossfade
from model_lab.types import Audio, Entity, FloatArray, Segment, Transcript, Turn
from model_lab.wording import cut, gaps, joined, whole
from model_lab.workers.client import ResourceAllocation

_VOICE_S, _RELIABLE_S = 30.0, 2.0
"""Maximum speech used to embed a voice, and the minimum for a reliable embedding, in seconds."""
_SECTION_WORDS = 3000
"""Longer texts are summarized in sections, then the summaries of the sections: extractive methods compare all sentences."""


def enhanced(inference: CachedInference, stage: ChunkedStage, sound: WorkingCopy, allocation: ResourceAllocation) -> WorkingCopy:
    """The working copy for later stages: the enhanced recording, or one of its stems."""
    name, capability = ("separate", "separate") if isinstance(stage, Separation) else ("enhance", "enhance")
    stems = stage.stems if isinstance(stage, Separation) else ()
    plan = chunks.plan(sound.duration, stage.chunk_s, stage.overlap_s)
    questions = [_audio_question(sound, chunk.start, chunk.end, number, len(plan)) for number, chunk in enumerate(plan, 1)]
    key_parts = [*inference.keys(stage, capability, questions), *stems]
    key = hashlib.sha256(" ".join(key_parts).encode()).hexdigest()[:32]
    path = inference.folder / f"{name}-{key[:12]}.wav"
    if path.exists():
        inference.passed_over(name, stage, len(plan))
        return WorkingCopy(path, key)
    answers = inference.ask(name, capability, stage, questions, allocation)
    copy = crossfade(path, key, zip(plan, (_stem(answer, stage) for answer in answers), strict=True))
    inference.forget_sound(name)
    return copy


def speech(
    inference: CachedInference, stage: ChunkedStage, sound: WorkingCopy, allocation: ResourceAllocation
) -> tuple[Segment, ...]:
    """The speech segments of the recording."""
    answers: list[list[Segment]] = _chunked(inference, "vad", stage, sound, allocation)
    return chunks.merge_segments(part for parts in answers for part in parts)


def words(
    inference: CachedInference, stage: Recognition, sound: WorkingCopy, speech: Sequence[Segment], allocation: ResourceAllocation
) -> tuple[SpokenWord, ...]:
    """The recognised words, in order."""
    pieces = vad_chunking.pack(speech, stage.piece_s, sound.duration, sound.quietest)
    questions = [_audio_question(sound, piece.start, piece.end, number, len(pieces)) for number, piece in enumerate(pieces, 1)]
    answers = inference.ask("asr", "asr", stage, questions, allocation)
    recognised: list[SpokenWord] = []
    for piece, answer in zip(pieces, answers, strict=True):
        recognised += _ascending(_words(piece, answer))
    return tuple(recognised)


def turns(inference: CachedInference, stage: Diarization, sound: WorkingCopy, allocation: ResourceAllocation) -> tuple[Turn, ...]:
    """The speaker turns of the whole recording."""
    turns_by_chunk: list[list[Turn]] = _chunked(inference, "diarization", stage, sound, allocation)
    if len(turns_by_chunk) > 1:
        turns_by_chunk = _link_speakers(inference, stage, sound, turns_by_chunk, allocation)
    return chunks.merge_turns([turn for part in turns_by_chunk for turn in part])


def mentions(
    inference: CachedInference,
    stage: Stage,
    utterances: Sequence[Utterance],
    words: Sequence[SpokenWord],
    allocation: ResourceAllocation,
) -> tuple[Mention, ...]:
    """The named entities, each with its times and speaker."""
    questions = [_text_question(utterance.text, number, len(utterances)) for number, utterance in enumerate(utterances, 1)]
    answers = inference.ask("ner", "ner", stage, questions, allocation)
    return tuple(
        mention for utterance, answer in zip(utterances, answers, strict=True) for mention in _mentions(utterance, answer, words)
    )


def summary(inference: CachedInference, stage: Stage, utterances: Sequence[Utterance], allocation: ResourceAllocation) -> Summary:
    """The summary of the whole conversation and of each speaker; empty without text."""
    speakers = dict.fromkeys(utterance.speaker for utterance in utterances if utterance.speaker)
    texts = {"": utterances} | {name: [each for each in utterances if each.speaker == name] for name in speakers}
    sections = {name: _sections(part) for name, part in texts.items()}
    shortened = _summaries(inference, "summary", stage, sections, allocation)
    if any(len(parts) > 1 for parts in shortened.values()):
        remaining = {name: ["\n\n".join(parts)] for name, parts in shortened.items() if len(parts) > 1}
        shortened |= _summaries(inference, "summary_of_summaries", stage, remaining, allocation)
    summaries = {name: joined(parts) for name, parts in shortened.items()}
    return Summary(overall=summaries.pop("", ""), per_speaker=summaries)


def _audio_question(sound: WorkingCopy, start: float, end: float, number: int, count: int) -> StageQuestion:
    """An excerpt of the recording as a model input."""
    return StageQuestion(
        about=[sound.key, start, end],
        name=f"chunk {number} of {count} ({start:.1f}-{end:.1f} s)",
        inputs=lambda: (sound.read(start, end),),
        seconds=end - start,
    )


def _text_question(text: str, number: int, count: int) -> StageQuestion:
    """A text as a model input."""
    return StageQuestion(about=text, name=f"text {number} of {count}", inputs=lambda: (text,))


def _chunked(
    inference: CachedInference, name: str, stage: ChunkedStage, sound: WorkingCopy, allocation: ResourceAllocation
) -> list[list[Any]]:
    """The spans that a model finds in the core of each chunk, as times of the recording."""
    plan = chunks.plan(sound.duration, stage.chunk_s, stage.overlap_s)
    questions = [_audio_question(sound, chunk.start, chunk.end, number, len(plan)) for number, chunk in enumerate(plan, 1)]
    answers = inference.ask(name, name, stage, questions, allocation)
    return [chunks.core_spans(answer, chunk) for chunk, answer in zip(plan, answers, strict=True)]


def _stem(answer: Audio | Mapping[str, Audio], stage: Stage) -> Audio:
    """The audio for the following stages."""
    if isinstance(answer, Audio):
        return answer
    assert isinstance(stage, Separation)
    for name in stage.stems:
        if name in answer:
            return answer[name]
    raise BadConfig(
        f"{stage.model} returns the stems {', '.join(answer)}, but the recipe uses {' or '.join(stage.stems)}; "
        "change stems in a recipe of your own"
    )


def _words(piece: SpeechChunk, transcript: Transcript) -> list[SpokenWord]:
    """The words of a piece with their times in the recording, clipped to the piece."""

    def clipped(moment: float) -> float:
        return round(min(piece.end, max(piece.start, moment)), 3)

    if transcript.words:
        return [
            SpokenWord(text=word.text, start=clipped(piece.start + word.start), end=clipped(piece.start + word.end))
            for word in whole(transcript)
        ]
    texts = cut(transcript.text)
    offsets = [0, *accumulate(len(word) + 1 for word in texts)]
    times = [_interpolate(piece.speech, offset / offsets[-1]) for offset in offsets] if texts else []
    return [
        SpokenWord(text=word, start=clipped(start), end=clipped(end), timed=False)
        for word, start, end in zip(texts, times, times[1:], strict=False)
    ]


def _ascending(words: Iterable[SpokenWord]) -> Iterator[SpokenWord]:
    """The words with ascending start times, which some recognisers violate."""
    latest = 0.0
    for word in words:
        latest = max(latest, word.start)
        yield word.model_copy(update={"start": latest, "end": max(latest, word.end)})


def _interpolate(speech: Sequence[Segment], share: float) -> float:
    """The time at which that share of the speech has passed."""
    remaining = share * sum(part.end - part.start for part in speech)
    for part in speech:
        if remaining <= part.end - part.start:
            return part.start + remaining
        remaining -= part.end - part.start
    return speech[-1].end


def _link_speakers(
    inference: CachedInference,
    stage: Diarization,
    sound: WorkingCopy,
    turns_by_chunk: list[list[Turn]],
    allocation: ResourceAllocation,
) -> list[list[Turn]]:
    """The turns of all chunks with speaker names that are consistent over the whole recording."""
    people = [
        (number, name) for number, part in enumerate(turns_by_chunk) for name in dict.fromkeys(turn.speaker for turn in part)
    ]
    spans = [_voice_spans(turns_by_chunk[number], name) for number, name in people]
    questions = [
        StageQuestion([sound.key, spoken], f"voice {number} of {len(spans)}", partial(_excerpts, sound, spoken), _VOICE_S)
        for number, spoken in enumerate(spans, 1)
    ]
    answers = inference.ask("linking", "speaker_embed", stage.linker, questions, allocation)
    voices = [
        ChunkSpeaker(chunk, _normalised(vector), sum(end - start for start, end in spoken) >= _RELIABLE_S)
        for (chunk, _), vector, spoken in zip(people, answers, spans, strict=True)
    ]
    speakers = dict(zip(people, linked(voices, stage.same_voice), strict=True))
    return [
        [Turn(turn.start, turn.end, f"speaker_{speakers[number, turn.speaker] + 1}") for turn in part]
        for number, part in enumerate(turns_by_chunk)
    ]


def _voice_spans(turns: Sequence[Turn], name: str) -> list[tuple[float, float]]:
    """The longest turns of a speaker without overlapping speech, at most `_VOICE_S` in total; if there are none, their longest turns."""
    own = [turn for turn in turns if turn.speaker == name]
    others = [turn for turn in turns if turn.speaker != name]
    alone = [turn for turn in own if not any(turn.start < other.end and other.start < turn.end for other in others)]
    selected: list[tuple[float, float]] = []
    remaining = _VOICE_S
    for turn in sorted(alone or own, key=lambda turn: turn.start - turn.end):
        if remaining > 0:
            selected.append((turn.start, round(min(turn.end, turn.start + remaining), 3)))
            remaining -= turn.end - turn.start
    return sorted(selected)


def _excerpts(sound: WorkingCopy, spans: Iterable[tuple[float, float]]) -> tuple[Audio]:
    parts = [sound.read(start, end) for start, end in spans]
    return (Audio(np.concatenate([part.samples for part in parts]), parts[0].sample_rate),)


def _normalised(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _mentions(utterance: Utterance, entities: Iterable[Entity], words: Sequence[SpokenWord]) -> Iterator[Mention]:
    """The entities in the text of an utterance, mapped to the words they overlap."""
    spoken = words[utterance.first : utterance.last]
    texts = [word.text for word in spoken]
    ends = accumulate(len(gap) + len(text) for gap, text in zip(gaps(texts), texts, strict=True))
    offsets = [end - len(text) for text, end in zip(texts, ends, strict=True)]
    for entity in entities:
        first = utterance.first + bisect_right(offsets, entity.start) - 1
        last = utterance.first + bisect_right(offsets, entity.end - 1)
        yield Mention(
            text=entity.text,
            label=entity.label,
            start=words[first].start,
            end=words[last - 1].end,
            speaker=utterance.speaker,
            first=first,
            last=last,
        )


def _sections(utterances: Iterable[Utterance]) -> list[str]:
    """Texts of at most `_SECTION_WORDS` words, at least one utterance each; utterances are paragraphs."""
    sections: list[list[str]] = []
    room = 0
    for utterance in utterances:
        size = utterance.last - utterance.first
        if size > room:
            sections.append([])
            room = _SECTION_WORDS
        sections[-1].append(utterance.text)
        room -= size
    return ["\n\n".join(section) for section in sections]


def _summaries(
    inference: CachedInference, name: str, stage: Stage, texts: Mapping[str, Sequence[str]], allocation: ResourceAllocation
) -> dict[str, list[str]]:
    """The summary of each text."""
    flat = [text for parts in texts.values() for text in parts]
    questions = [_text_question(text, number, len(flat)) for number, text in enumerate(flat, 1)]
    answers = iter(list(inference.ask(name, "summarize", stage, questions, allocation)))
    return {speaker: list(islice(answers, len(parts))) for speaker, parts in texts.items()}
