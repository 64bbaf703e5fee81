"""Manifests of recordings whose words are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.errors import BadManifest
from model_lab.pipelines.references import read
from model_lab.types import Audio, Segment, Turn

WORD = {"text": "hello", "start": 1.0, "end": 1.5, "speaker": "ann"}


def _manifest(folder: Path, **columns: Any) -> Path:
    audio.write(folder / "talk.wav", Audio(np.zeros(32000, np.float32), 16000))
    row = {"audio": "talk.wav", "words": [WORD]} | columns
    (folder / "truth.jsonl").write_text(json.dumps(row))
    return folder / "truth.jsonl"


def test_a_recording_and_its_truth(tmp_path: Path) -> None:
    words = [WORD | {"start": 1.8, "end": 2.0}, WORD, WORD | {"start": 1.2, "end": 1.4, "speaker": "bob"}]
    [found] = read(_manifest(tmp_path, words=words))
    assert (found.id, found.group, found.audio) == ("talk", "talk", tmp_path / "talk.wav")
    assert [word.start for word in found.reference.words] == [1.0, 1.2, 1.8]
    assert found.reference.turns == (Turn(1.0, 2.0, "ann"), Turn(1.2, 1.4, "bob"))
    assert (found.reference.entities, found.reference.summary, found.reference.clean, found.reference.language) == (
        None,
        None,
        None,
        "en",
    )


def test_what_more_may_be_known(tmp_path: Path) -> None:
    entity = {"text": "Rome", "label": "GPE", "start": 1, "end": 2}
    turns = [{"start": 0, "end": 2, "speaker": "ann"}]
    path = _manifest(tmp_path, turns=turns, entities=[entity], labels=["GPE"], language="it", group="monday")
    [found] = read(path)
    assert found.group == "monday" and found.reference.turns == (Turn(0, 2, "ann"),)
    assert found.reference.entities and found.reference.entities.entities[0].text == "Rome"
    assert found.reference.entities.labels == {"GPE"} and found.reference.entities.language == "it"


def test_turns_alone_are_a_truth(tmp_path: Path) -> None:
    (tmp_path / "talk.rttm").write_text("SPEAKER talk 1 1.0 0.5 <NA> <NA> ann <NA> <NA>\n")
    [found] = read(_manifest(tmp_path, words=None, rttm="talk.rttm", uem=[[0, 2]]))
    assert found.reference.words is None and found.reference.turns == (Turn(1.0, 1.5, "ann"),)
    assert found.reference.scored == (Segment(0.0, 2.0),)


def test_a_summary_and_a_clean_version(tmp_path: Path) -> None:
    [found] = read(_manifest(tmp_path, summary="A greeting.", clean="talk.wav", entities=[], marked=[[0, 1]]))
    assert (found.reference.summary, found.reference.clean) == ("A greeting.", tmp_path / "talk.wav")
    assert found.reference.entities and found.reference.entities.marked == (Segment(0.0, 1.0),)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"words": None}, "truth.jsonl:1: columns 'words' and 'turns' are both missing; expected at least one of them"),
        ({"words": None, "turns": [], "summary": "Hello."}, "column 'summary' needs column 'words'"),
        ({"summary": " "}, "truth.jsonl:1: column 'summary' is ' ', text; expected text"),
        ({"marked": [[2, 1]], "entities": []}, "truth.jsonl:1: marked[0] is 2.0-1.0 s; expected 0 <= start < end"),
        ({"clean": "gone.wav"}, "gone.wav is not a file"),
        ({"words": [WORD | {"end": 0.5}]}, "truth.jsonl:1: words[0] is 1.0-0.5 s; expected 0 <= start < end"),
        ({"words": ["hello"]}, "truth.jsonl:1: words[0] is 'hello', text; expected an object with text, start, end, speaker"),
        ({"words": [{"text": "hello"}]}, "truth.jsonl:1: words[0] has no 'start', only text; expected text, start, end, speaker"),
        ({"turns": [WORD | {"start": -1}]}, "truth.jsonl:1: turns[0] of ann is -1.0-1.5 s"),
        ({"entities": [WORD]}, "truth.jsonl:1: entities[0] has no 'label'"),
        ({"audio": "gone.wav"}, "gone.wav is not a file"),
        ({"audio": ["talk.wav"], "id": "x"}, "expected the path of one sound file"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(columns: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadManifest) as error:
        read(_manifest(tmp_path, **columns))
    assert said in str(error.value)


def test_a_language_goes_by_its_code_or_is_refused(tmp_path: Path) -> None:
    entity = {"text": "Rome", "label": "GPE", "start": 1, "end": 2}
    [found] = read(_manifest(tmp_path, language="en-US", entities=[entity]))
    assert found.reference.language == "en"
    assert found.reference.entities and found.reference.entities.language == "en"
    with pytest.raises(BadManifest, match=r"'jp' names no language \(did you mean 'ja'\?\)"):
        read(_manifest(tmp_path, language="jp"))
