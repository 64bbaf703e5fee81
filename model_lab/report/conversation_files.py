"""A conversation in the file formats of the field, beside its JSON: Markdown, SRT and WebVTT with speakers, RTTM, CTM, TextGrid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from model_lab.files import write_text
from model_lab.formats.markdown import bullets, escape, table
from model_lab.pipelines.conversation import FILE, Conversation, Utterance
from model_lab.report.answer_files import ExportedAnswer, ctm, cues, grid, laid_out, rttm, spans, subtitles
from model_lab.results.answers import file_name
from model_lab.types import Transcript, Word
from model_lab.wording import joined

_STEM = Path(FILE).stem


def write(found: Conversation, folder: Path) -> list[Path]:
    """Write all files of a conversation into ``folder``; returns their paths, the JSON that is there first.

    A file that there is nothing for is not written, and removed if it is there: CTM where the recogniser gave no times of words, RTTM
    without diarization, all but JSON and Markdown where nothing was said.
    """
    timed = all(word.timed for word in found.words)
    texts = {
        "md": markdown(found),
        "srt": _subtitles(found, "srt"),
        "vtt": _subtitles(found, "vtt"),
        "rttm": rttm(ExportedAnswer(_name(found), found.duration, "diarization", found.turns)) if found.turns else "",
        "ctm": ctm(_answer(found, [Word(word.text, word.start, word.end) for word in found.words])) if timed else "",
        "TextGrid": _textgrid(found) if found.utterances else "",
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


def markdown(found: Conversation) -> str:
    """The conversation to read: summary, chapters, who spoke how long, entities, transcript, and how it was made."""
    return "\n\n".join(part for part in _parts(found) if part) + "\n"


def _parts(found: Conversation) -> Iterator[str]:
    yield f"# {escape(found.source.file)}"
    yield f"{escape(found.recipe)}. {clock(found.duration)}, {len(found.words)} words."
    yield bullets(found.notes)
    if found.summary and found.summary.overall:
        yield f"## Summary\n\n{escape(found.summary.overall)}"
        yield bullets(f"{speaker}: {text}" for speaker, text in found.summary.per_speaker.items())
    if len(found.chapters) > 1:
        yield "## Chapters"
        yield table(["from", "to", "about"], [[clock(part.start), clock(part.end), part.title] for part in found.chapters])
    if found.speakers:
        yield "## Speakers"
        yield table(["speaker", "seconds", "words"], [_spoke(found, name) for name in found.speakers], numbers=[1, 2])
    if found.entities:
        yield "## Entities"
        rows = [[clock(entity.start), entity.text, entity.label, entity.speaker] for entity in found.entities]
        yield table(["at", "entity", "label", "speaker"], rows)
    if found.utterances:
        yield "## Transcript"
    for said in found.utterances:
        speaker = f" **{escape(said.speaker)}:**" if said.speaker else ""
        yield f"`{clock(said.start)}`{speaker} {escape(said.text)}"
    yield "## How it was made"
    made = [[record.stage, record.model or "FFmpeg", record.chunks, f"{record.seconds:.1f}"] for record in found.stages]
    yield table(["stage", "model", "chunks", "seconds"], made, numbers=[2, 3])


def _spoke(found: Conversation, speaker: str) -> list[object]:
    seconds = sum(turn.end - turn.start for turn in found.turns if turn.speaker == speaker)
    return [speaker, f"{seconds:.1f}", sum(word.speaker == speaker for word in found.words)]


def _subtitles(found: Conversation, form: Literal["srt", "vtt"]) -> str:
    """Each utterance in as many subtitles as it needs."""
    shown = [(cue, said.speaker) for said in found.utterances for cue in cues(_answer(found, _words_of(found, said)))]
    return subtitles([cue for cue, _ in shown], form, [speaker for _, speaker in shown]) if shown else ""


def _textgrid(found: Conversation) -> str:
    """A tier of utterances for every speaker, and one of words where these have times of their own."""
    tiers: dict[str, list[Word]] = {}
    for said in found.utterances:
        tiers.setdefault(said.speaker or "speech", []).append(Word(said.text, said.start, said.end))
        if all(word.timed for word in found.words):
            tiers.setdefault(f"{said.speaker} words".strip(), []).extend(_words_of(found, said))
    return grid(laid_out((name, span) for name, tier in tiers.items() for span in spans(_answer(found, tier))), found.duration)


def _words_of(found: Conversation, said: Utterance) -> list[Word]:
    return [Word(word.text, word.start, word.end) for word in found.words[said.first : said.last]]


def _name(found: Conversation) -> str:
    """What formats of many recordings call this one."""
    return file_name(Path(found.source.file).stem)


def _answer(found: Conversation, words: Sequence[Word]) -> ExportedAnswer:
    """Words as a recogniser answers them."""
    return ExportedAnswer(_name(found), found.duration, "asr", Transcript(joined(word.text for word in words), tuple(words)))
