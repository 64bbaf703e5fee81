"""What each stage asks its model, and what it makes of the answers."""

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
from model_lab.pipelines.recipe import Diarization, Listening, Recognition, Separation, Stage
from model_lab.pipelines.sound import WorkingCopy, faded
from model_lab.pipelines.speaker_clustering import ChunkSpeaker, linked
from model_lab.pipelines.vad_chunking import SpeechChunk
from model_lab.types import Audio, Entity, FloatArray, Segment, Transcript, Turn
from model_lab.wording import cut, gaps, joined, whole
from model_lab.workers.client import ResourceAllocation

_VOICE_S, _SURE_S = 30.0, 2.0
"""A voice is taken from so much of its speech at most, and is sure from so much on."""
_SECTION_WORDS = 3000
"""A longer text is summed up in sections, and then the sections' summaries: extractive methods compare all its sentences."""


def cleaned(inference: CachedInference, stage: Listening, sound: WorkingCopy, allocation: ResourceAllocation) -> WorkingCopy:
    """The sound that later stages hear: enhanced, or one of its stems."""
    name, capability = ("separate", "separate") if isinstance(stage, Separation) else ("enhance", "enhance")
    stems = stage.stems if isinstance(stage, Separation) else ()
    plan = chunks.plan(sound.duration, stage.chunk_s, stage.overlap_s)
    asked = [_heard(sound, chunk.start, chunk.end, number, len(plan)) for number, chunk in enumerate(plan, 1)]
    told = [*inference.keys(stage, capability, asked), *stems]
    key = hashlib.sha256(" ".join(told).encode()).hexdigest()[:32]
    path = inference.folder / f"{name}-{key[:12]}.wav"
    if path.exists():
        inference.passed_over(name, stage, len(plan))
        return WorkingCopy(path, key)
    answers = inference.ask(name, capability, stage, asked, allocation)
    found = faded(path, key, zip(plan, (_stem(answer, stage) for answer in answers), strict=True))
    inference.forget_sound(name)
    return found


def speech(
    inference: CachedInference, stage: Listening, sound: WorkingCopy, allocation: ResourceAllocation
) -> tuple[Segment, ...]:
    """Where anybody speaks."""
    heard: list[list[Segment]] = _chunked(inference, "vad", stage, sound, allocation)
    return chunks.joined(part for parts in heard for part in parts)


def words(
    inference: CachedInference, stage: Recognition, sound: WorkingCopy, speech: Sequence[Segment], allocation: ResourceAllocation
) -> tuple[SpokenWord, ...]:
    """What is said, in order."""
    pieces = vad_chunking.pack(speech, stage.piece_s, sound.duration, sound.quietest)
    asked = [_heard(sound, piece.start, piece.end, number, len(pieces)) for number, piece in enumerate(pieces, 1)]
    answers = inference.ask("asr", "asr", stage, asked, allocation)
    found: list[SpokenWord] = []
    for piece, answer in zip(pieces, answers, strict=True):
        found += _rising(_words(piece, answer))
    return tuple(found)


def turns(inference: CachedInference, stage: Diarization, sound: WorkingCopy, allocation: ResourceAllocation) -> tuple[Turn, ...]:
    """Who speaks when, over the whole recording."""
    heard: list[list[Turn]] = _chunked(inference, "diarization", stage, sound, allocation)
    if len(heard) > 1:
        heard = _linked(inference, stage, sound, heard, allocation)
    return chunks.joined_turns([turn for part in heard for turn in part])


def mentions(
    inference: CachedInference,
    stage: Stage,
    utterances: Sequence[Utterance],
    words: Sequence[SpokenWord],
    allocation: ResourceAllocation,
) -> tuple[Mention, ...]:
    """The entities that are named, each with its words' time and its speaker."""
    asked = [_read(utterance.text, number, len(utterances)) for number, utterance in enumerate(utterances, 1)]
    answers = inference.ask("ner", "ner", stage, asked, allocation)
    return tuple(
        mention for utterance, answer in zip(utterances, answers, strict=True) for mention in _mentions(utterance, answer, words)
    )


def summary(inference: CachedInference, stage: Stage, utterances: Sequence[Utterance], allocation: ResourceAllocation) -> Summary:
    """The gist of all that was said, and of what each speaker said; nothing where nothing was said."""
    speakers = dict.fromkeys(utterance.speaker for utterance in utterances if utterance.speaker)
    texts = {"": utterances} | {name: [each for each in utterances if each.speaker == name] for name in speakers}
    sections = {name: _sections(said) for name, said in texts.items()}
    short = _summed_up(inference, "summary", stage, sections, allocation)
    if any(len(parts) > 1 for parts in short.values()):
        long = {name: ["\n\n".join(parts)] for name, parts in short.items() if len(parts) > 1}
        short |= _summed_up(inference, "summary_of_summaries", stage, long, allocation)
    told = {name: joined(parts) for name, parts in short.items()}
    return Summary(overall=told.pop("", ""), per_speaker=told)


def _heard(sound: WorkingCopy, start: float, end: float, number: int, count: int) -> StageQuestion:
    """A question about a stretch of the recording."""
    return StageQuestion(
        about=[sound.key, start, end],
        name=f"chunk {number} of {count} ({start:.1f}-{end:.1f} s)",
        inputs=lambda: (sound.read(start, end),),
        seconds=end - start,
    )


def _read(text: str, number: int, count: int) -> StageQuestion:
    """A question about a text."""
    return StageQuestion(about=text, name=f"text {number} of {count}", inputs=lambda: (text,))


def _chunked(
    inference: CachedInference, name: str, stage: Listening, sound: WorkingCopy, allocation: ResourceAllocation
) -> list[list[Any]]:
    """What a model says about each chunk of the recording: the stretches in the chunk's own part, as times of the recording."""
    plan = chunks.plan(sound.duration, stage.chunk_s, stage.overlap_s)
    asked = [_heard(sound, chunk.start, chunk.end, number, len(plan)) for number, chunk in enumerate(plan, 1)]
    answers = inference.ask(name, name, stage, asked, allocation)
    return [chunks.owned(answer, chunk) for chunk, answer in zip(plan, answers, strict=True)]


def _stem(answer: Audio | Mapping[str, Audio], stage: Stage) -> Audio:
    """The sound to go on with."""
    if isinstance(answer, Audio):
        return answer
    assert isinstance(stage, Separation)
    for name in stage.stems:
        if name in answer:
            return answer[name]
    raise BadConfig(
        f"{stage.model} takes sound apart into {', '.join(answer)}, and the recipe goes on with {' or '.join(stage.stems)}; "
        "change stems in a recipe of your own"
    )


def _words(piece: SpeechChunk, heard: Transcript) -> list[SpokenWord]:
    """The words of a piece at their times in the recording, never outside the piece."""

    def clipped(moment: float) -> float:
        return round(min(piece.end, max(piece.start, moment)), 3)

    if heard.words:
        return [
            SpokenWord(text=word.text, start=clipped(piece.start + word.start), end=clipped(piece.start + word.end))
            for word in whole(heard)
        ]
    said = cut(heard.text)
    shares = [0, *accumulate(len(word) + 1 for word in said)]
    times = [_spread(piece.speech, allocation / shares[-1]) for allocation in shares] if said else []
    return [
        SpokenWord(text=word, start=clipped(start), end=clipped(end), timed=False)
        for word, start, end in zip(said, times, times[1:], strict=False)
    ]


def _rising(words: Iterable[SpokenWord]) -> Iterator[SpokenWord]:
    """The words with no one beginning before the one ahead of it, as a recogniser may have it."""
    begun = 0.0
    for word in words:
        begun = max(begun, word.start)
        yield word.model_copy(update={"start": begun, "end": max(begun, word.end)})


def _spread(speech: Sequence[Segment], allocation: float) -> float:
    """The moment at which that share of the speech is over."""
    left = allocation * sum(part.end - part.start for part in speech)
    for part in speech:
        if left <= part.end - part.start:
            return part.start + left
        left -= part.end - part.start
    return speech[-1].end


def _linked(
    inference: CachedInference, stage: Diarization, sound: WorkingCopy, heard: list[list[Turn]], allocation: ResourceAllocation
) -> list[list[Turn]]:
    """The turns of all chunks with names that hold for the whole recording."""
    people = [(number, name) for number, part in enumerate(heard) for name in dict.fromkeys(turn.speaker for turn in part)]
    spans = [_alone(heard[number], name) for number, name in people]
    asked = [
        StageQuestion([sound.key, spoken], f"voice {number} of {len(spans)}", partial(_cut_out, sound, spoken), _VOICE_S)
        for number, spoken in enumerate(spans, 1)
    ]
    answers = inference.ask("linking", "speaker_embed", stage.linker, asked, allocation)
    voices = [
        ChunkSpeaker(chunk, _unit(vector), sum(end - start for start, end in spoken) >= _SURE_S)
        for (chunk, _), vector, spoken in zip(people, answers, spans, strict=True)
    ]
    found = dict(zip(people, linked(voices, stage.same_voice), strict=True))
    return [
        [Turn(turn.start, turn.end, f"speaker_{found[number, turn.speaker] + 1}") for turn in part]
        for number, part in enumerate(heard)
    ]


def _alone(turns: Sequence[Turn], name: str) -> list[tuple[float, float]]:
    """The longest turns of a speaker over which nobody else speaks, `_VOICE_S` in all at most; if there is none, his longest turns."""
    own = [turn for turn in turns if turn.speaker == name]
    others = [turn for turn in turns if turn.speaker != name]
    alone = [turn for turn in own if not any(turn.start < other.end and other.start < turn.end for other in others)]
    found: list[tuple[float, float]] = []
    left = _VOICE_S
    for turn in sorted(alone or own, key=lambda turn: turn.start - turn.end):
        if left > 0:
            found.append((turn.start, round(min(turn.end, turn.start + left), 3)))
            left -= turn.end - turn.start
    return sorted(found)


def _cut_out(sound: WorkingCopy, spans: Iterable[tuple[float, float]]) -> tuple[Audio]:
    parts = [sound.read(start, end) for start, end in spans]
    return (Audio(np.concatenate([part.samples for part in parts]), parts[0].sample_rate),)


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _mentions(utterance: Utterance, found: Iterable[Entity], words: Sequence[SpokenWord]) -> Iterator[Mention]:
    """Entities in the text of an utterance, by the words that they touch."""
    said = words[utterance.first : utterance.last]
    texts = [word.text for word in said]
    ends = accumulate(len(gap) + len(text) for gap, text in zip(gaps(texts), texts, strict=True))
    offsets = [end - len(text) for text, end in zip(texts, ends, strict=True)]
    for entity in found:
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


def _sections(said: Iterable[Utterance]) -> list[str]:
    """Texts of at most `_SECTION_WORDS` words, an utterance being the least; utterances are paragraphs."""
    sections: list[list[str]] = []
    room = 0
    for utterance in said:
        size = utterance.last - utterance.first
        if size > room:
            sections.append([])
            room = _SECTION_WORDS
        sections[-1].append(utterance.text)
        room -= size
    return ["\n\n".join(section) for section in sections]


def _summed_up(
    inference: CachedInference, name: str, stage: Stage, texts: Mapping[str, Sequence[str]], allocation: ResourceAllocation
) -> dict[str, list[str]]:
    """The summary of each text."""
    flat = [text for parts in texts.values() for text in parts]
    asked = [_read(text, number, len(flat)) for number, text in enumerate(flat, 1)]
    answers = iter(list(inference.ask(name, "summarize", stage, asked, allocation)))
    return {speaker: list(islice(answers, len(parts))) for speaker, parts in texts.items()}
