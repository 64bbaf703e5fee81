"""A conversation in the file formats of the field, beside its JSON: Markdown, SRT and WebVTT with speakers, RTTM, CTM, TextGrid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from model_lab.capabilities._exports import grouped
from model_lab.files import write_text
from model_lab.formats import SpokenSegment, ctm, rttm, srt, textgrid, timed, vtt
from model_lab.formats.markdown import bullets, escape, table
from model_lab.pipelines.conversation import FILE, Conversation, Utterance
from model_lab.results.answers import file_name
from model_lab.types import Transcript, Word
from model_lab.wording import joined, whole

_STEM = Path(FILE).stem


def write(conversation: Conversation, folder: Path) -> list[Path]:
    """Write all files of a conversation into ``folder``; returns their paths, the JSON that is there first.

    A file that there is nothing for is not written, and removed if it is there: CTM where the recogniser gave no times of words, RTTM
    without diarization, all but JSON and Markdown where nothing was said.
    """
    name = file_name(Path(conversation.source.file).stem)
    words_timed = all(word.timed for word in conversation.words)
    cues = _cues(conversation)
    texts = {
        "md": markdown(conversation),
        "srt": srt.write(cues) if cues else "",
        "vtt": vtt.write(cues) if cues else "",
        "rttm": rttm.write({name: conversation.turns}),
        "ctm": ctm.write({name: _whole(_words_of(conversation))}) if words_timed else "",
        "TextGrid": _textgrid(conversation, words_timed) if conversation.utterances else "",
    }
    paths = {suffix: folder / f"{_STEM}.{suffix}" for suffix in texts}
    for suffix, text in texts.items():
        if text:
            write_text(paths[suffix], text)
        else:
            paths[suffix].unlink(missing_ok=True)
    return [folder / FILE, *(paths[suffix] for suffix, text in texts.items() if text)]


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(59.9), clock(3725)
    ('0:00:59', '1:02:05')
    """
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def markdown(conversation: Conversation) -> str:
    """The conversation to read: summary, chapters, who spoke how long, entities, transcript, and how it was made."""
    return "\n\n".join(part for part in _parts(conversation) if part) + "\n"


def _parts(conversation: Conversation) -> Iterator[str]:
    yield f"# {escape(conversation.source.file)}"
    yield f"{escape(conversation.recipe)}. {clock(conversation.duration)}, {len(conversation.words)} words."
    yield bullets(conversation.notes)
    if conversation.summary and conversation.summary.overall:
        yield f"## Summary\n\n{escape(conversation.summary.overall)}"
        yield bullets(f"{speaker}: {text}" for speaker, text in conversation.summary.per_speaker.items())
    if len(conversation.chapters) > 1:
        yield "## Chapters"
        yield table(["from", "to", "about"], [[clock(part.start), clock(part.end), part.title] for part in conversation.chapters])
    if conversation.speakers:
        yield "## Speakers"
        yield table(
            ["speaker", "seconds", "words"], [_spoke(conversation, name) for name in conversation.speakers], numbers=[1, 2]
        )
    if conversation.entities:
        yield "## Entities"
        rows = [[clock(entity.start), entity.text, entity.label, entity.speaker] for entity in conversation.entities]
        yield table(["at", "entity", "label", "speaker"], rows)
    if conversation.utterances:
        yield "## Transcript"
    for utterance in conversation.utterances:
        speaker = f" **{escape(utterance.speaker)}:**" if utterance.speaker else ""
        yield f"`{clock(utterance.start)}`{speaker} {escape(utterance.text)}"
    yield "## How it was made"
    stages = [[record.stage, record.model or "FFmpeg", record.chunks, f"{record.seconds:.1f}"] for record in conversation.stages]
    yield table(["stage", "model", "chunks", "seconds"], stages, numbers=[2, 3])


def _spoke(conversation: Conversation, speaker: str) -> list[object]:
    seconds = sum(turn.end - turn.start for turn in conversation.turns if turn.speaker == speaker)
    return [speaker, f"{seconds:.1f}", sum(word.speaker == speaker for word in conversation.words)]


def _cues(conversation: Conversation) -> list[SpokenSegment]:
    """Each utterance in as many subtitles as it needs."""
    return [
        replace(cue, speaker=utterance.speaker)
        for utterance in conversation.utterances
        for cue in grouped(_whole(_words_of(conversation, utterance)))
    ]


def _textgrid(conversation: Conversation, words_timed: bool) -> str:
    """A tier of utterances for every speaker, and one of words where these have times of their own."""
    tiers: dict[str, list[Word]] = {}
    for utterance in conversation.utterances:
        text = Word(utterance.text, utterance.start, utterance.end)
        tiers.setdefault(utterance.speaker or "speech", []).append(text)
        if words_timed:
            tiers.setdefault(f"{utterance.speaker} words".strip(), []).extend(_words_of(conversation, utterance))
    named = ((name, span) for name, tier in tiers.items() for span in timed(_whole(tier)))
    return textgrid.write(textgrid.laid_out(named), conversation.duration)


def _words_of(conversation: Conversation, utterance: Utterance | None = None) -> list[Word]:
    """The words of an utterance, or all of them."""
    words = conversation.words[utterance.first : utterance.last] if utterance else conversation.words
    return [Word(word.text, word.start, word.end) for word in words]


def _whole(words: Sequence[Word]) -> tuple[Word, ...]:
    """One word for each that the text has, where a recogniser gave pieces."""
    return whole(Transcript(joined(word.text for word in words), tuple(words)))
