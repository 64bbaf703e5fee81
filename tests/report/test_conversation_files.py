"""A conversation's files are what the formats' own readers read."""

from __future__ import annotations

from pathlib import Path

import pytest
import webvtt
from praatio import textgrid
from pyannote.database.util import load_rttm

from model_lab.pipelines.conversation import Conversation, SpokenWord, Utterance
from model_lab.report.conversation_files import markdown, write
from tests.pipelines.test_conversation import FOUND, WORDS

TIMED = FOUND.model_copy(update={"words": tuple(word.model_copy(update={"timed": True}) for word in WORDS)})


def _said(speaker: str, text: str) -> Conversation:
    """A conversation of one word."""
    return FOUND.model_copy(
        update={
            "words": (SpokenWord(text=text, start=1.0, end=2.0, speaker=speaker),),
            "utterances": (Utterance(speaker=speaker, start=1.0, end=2.0, text=text, first=0, last=1),),
            "turns": (),
            "entities": (),
        }
    )


def test_subtitles_name_speakers(tmp_path: Path) -> None:
    write(TIMED, tmp_path)
    captions = webvtt.read(tmp_path / "conversation.vtt").captions
    assert [(caption.start, caption.end, caption.voice, caption.text) for caption in captions] == [
        ("00:00:01.000", "00:00:02.000", "A", "Good day."),
        ("00:00:02.500", "00:00:03.000", "B", "Paris?"),
    ]
    assert [caption.text for caption in webvtt.from_srt(tmp_path / "conversation.srt").captions] == ["A: Good day.", "B: Paris?"]


def test_long_utterances_are_several_subtitles(tmp_path: Path) -> None:
    words = tuple(SpokenWord(text=f"word{n}", start=n / 2, end=n / 2 + 0.4, speaker="A") for n in range(60))
    one = Utterance(speaker="A", start=0.0, end=29.9, text=" ".join(word.text for word in words), first=0, last=60)
    write(TIMED.model_copy(update={"words": words, "utterances": (one,)}), tmp_path)
    captions = webvtt.read(tmp_path / "conversation.vtt").captions
    assert len(captions) > 4
    assert " ".join(caption.text for caption in captions) == one.text


def test_turns_and_words_in_the_formats_of_evaluation(tmp_path: Path) -> None:
    write(TIMED, tmp_path)
    annotation = load_rttm(tmp_path / "conversation.rttm")["talk"]
    assert [(round(span.start, 3), round(span.end, 3), name) for span, _, name in annotation.itertracks(yield_label=True)] == [
        (0.9, 2.1, "A"),
        (2.0, 3.1, "B"),
        (8.0, 9.0, "C"),
    ]
    assert (tmp_path / "conversation.ctm").read_text().splitlines()[2] == "talk 1 2.500 0.500 Paris?"


def test_a_tier_for_every_speaker(tmp_path: Path) -> None:
    write(TIMED, tmp_path)
    grid = textgrid.openTextgrid(str(tmp_path / "conversation.TextGrid"), includeEmptyIntervals=False)
    assert grid.tierNames == ("A", "A words", "B", "B words")
    assert [tuple(entry) for entry in grid.getTier("A words").entries] == [(1.0, 1.4, "Good"), (1.4, 2.0, "day.")]
    assert grid.maxTimestamp == 12.5


def test_times_that_no_recogniser_gave_are_not_written_as_such(tmp_path: Path) -> None:
    write(TIMED, tmp_path)
    names = {path.name for path in write(FOUND, tmp_path)}
    assert "conversation.ctm" not in names and not (tmp_path / "conversation.ctm").exists()
    assert textgrid.openTextgrid(str(tmp_path / "conversation.TextGrid"), False).tierNames == ("A", "B")


@pytest.mark.parametrize("nasty", ["<b>bold</b>", "a --> b", "<v Mallory>", "&amp;"])
def test_text_is_data(tmp_path: Path, nasty: str) -> None:
    write(_said(nasty, nasty), tmp_path)
    [caption] = webvtt.read(tmp_path / "conversation.vtt").captions
    raw = (tmp_path / "conversation.vtt").read_text()
    assert caption.start == "00:00:01.000"
    assert raw.count("<") == 1 and raw.count("-->") == 1
    assert "<" not in (tmp_path / "conversation.srt").read_text()
    assert "<b>" not in markdown(_said(nasty, nasty))


def test_markdown_tells_all_of_it() -> None:
    text = markdown(FOUND)
    for said in (
        "# talk.m4a",
        "No more than that.",
        "## Summary",
        "| 0:00:02 | Paris | GPE | B |",
        "`0:00:01` **A:** Good day.",
        "| asr | m |",
    ):
        assert said in text
    assert "## Chapters" not in text


def test_nothing_said_is_a_short_file(tmp_path: Path) -> None:
    empty = Conversation(recipe="A meeting", source=FOUND.source, sound="recording.wav", notes=("Nobody spoke.",))
    assert [path.name for path in write(empty, tmp_path)] == ["conversation.json", "conversation.md"]
    assert "Nobody spoke." in (tmp_path / "conversation.md").read_text()
