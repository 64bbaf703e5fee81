"""A conversation is the same after its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import BadConfig, StoreError
from model_lab.pipelines import conversation
from model_lab.pipelines.conversation import (
    Chapter,
    Conversation,
    Mention,
    SourceRecording,
    SpokenWord,
    StageRecord,
    Summary,
    Utterance,
)
from model_lab.types import Segment, Turn

SOURCE = SourceRecording(file="talk.m4a", sha256="0" * 64, duration=12.5, sample_rate=48000, channels=2, codec="aac")
WORDS = (
    SpokenWord(text="Good", start=1.0, end=1.4, speaker="A"),
    SpokenWord(text="day.", start=1.4, end=2.0, speaker="A"),
    SpokenWord(text="Paris?", start=2.5, end=3.0, speaker="B", timed=False),
)
FOUND = Conversation(
    recipe="A meeting",
    source=SOURCE,
    sound="recording.wav",
    speech=(Segment(0.9, 3.1),),
    turns=(Turn(0.9, 2.1, "A"), Turn(2.0, 3.1, "B"), Turn(8.0, 9.0, "C")),
    words=WORDS,
    utterances=(
        Utterance(speaker="A", start=1.0, end=2.0, text="Good day.", first=0, last=2),
        Utterance(speaker="B", start=2.5, end=3.0, text="Paris?", first=2, last=3),
    ),
    entities=(Mention(text="Paris", label="GPE", start=2.5, end=3.0, speaker="B", first=2, last=3),),
    summary=Summary(overall="Good day.", per_speaker={"A": "Good day.", "B": "Paris?"}),
    chapters=(Chapter(start=0.0, end=12.5, title="paris", keywords=("paris",)),),
    notes=("No more than that.",),
    stages=(StageRecord(stage="asr", model="m", revision="1", options={"beam": 1}, chunks=2, from_cache=1, peak_memory_mb=3.5),),
)


def test_json_holds_all_of_it(tmp_path: Path) -> None:
    assert conversation.read(FOUND.write(tmp_path)) == FOUND
    assert conversation.read(tmp_path) == FOUND
    assert json.loads((tmp_path / "conversation.json").read_text())["words"][2] == {
        "text": "Paris?",
        "start": 2.5,
        "end": 3.0,
        "speaker": "B",
        "timed": False,
    }


@given(
    st.lists(st.builds(SpokenWord, text=st.text(), start=st.floats(0, 1e5), end=st.floats(0, 1e5), speaker=st.text()), max_size=5)
)
def test_any_words_come_back(words: list[SpokenWord]) -> None:
    given_words = FOUND.model_copy(update={"words": tuple(words)})
    assert Conversation.model_validate_json(given_words.model_dump_json()) == given_words


def test_speakers_and_text() -> None:
    assert FOUND.speakers == ("A", "B", "C")
    assert FOUND.text == "Good day.\nParis?"
    assert FOUND.duration == 12.5


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        conversation.read(tmp_path)
    (tmp_path / "conversation.json").write_text('{"schema_version": 99}')
    with pytest.raises(StoreError, match="has schema 99, expected 1"):
        conversation.read(tmp_path)
    (tmp_path / "conversation.json").write_text('{"schema_version": 1, "wrods": []}')
    with pytest.raises(BadConfig, match="did you mean 'words'"):
        conversation.read(tmp_path)
