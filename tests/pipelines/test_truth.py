"""Manifests of recordings whose words are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.errors import BadManifest
from model_lab.pipelines.truth import read
from model_lab.types import Audio, Turn

WORD = {"text": "hello", "start": 1.0, "end": 1.5, "speaker": "ann"}


def _manifest(folder: Path, **columns: Any) -> Path:
    audio.write(folder / "talk.wav", Audio(np.zeros(16000, np.float32), 16000))
    row = {"audio": "talk.wav", "words": [WORD]} | columns
    (folder / "truth.jsonl").write_text(json.dumps(row))
    return folder / "truth.jsonl"


def test_a_recording_and_its_truth(tmp_path: Path) -> None:
    words = [WORD | {"start": 1.8, "end": 2.0}, WORD, WORD | {"start": 1.2, "end": 1.4, "speaker": "bob"}]
    [found] = read(_manifest(tmp_path, words=words))
    assert (found.id, found.group, found.audio) == ("talk", "talk", tmp_path / "talk.wav")
    assert [word.start for word in found.truth.words] == [1.0, 1.2, 1.8]
    assert found.truth.turns == (Turn(1.0, 2.0, "ann"), Turn(1.2, 1.4, "bob"))
    assert (found.truth.entities, found.truth.language) == (None, "en")


def test_what_more_may_be_known(tmp_path: Path) -> None:
    entity = {"text": "Rome", "label": "GPE", "start": 1, "end": 2}
    turns = [{"start": 0, "end": 2, "speaker": "ann"}]
    path = _manifest(tmp_path, turns=turns, entities=[entity], labels=["GPE"], language="it", group="monday")
    [found] = read(path)
    assert found.group == "monday" and found.truth.turns == (Turn(0, 2, "ann"),)
    assert found.truth.entities and found.truth.entities.entities[0].text == "Rome"
    assert found.truth.entities.labels == {"GPE"} and found.truth.entities.language == "it"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"words": None}, "truth.jsonl:1: column 'words' is missing; expected [{text, start, end, speaker}, ...] in seconds"),
        ({"words": [WORD | {"end": 0.5}]}, "truth.jsonl:1: the word 'hello' is at 1-0.5 s; expected 0 <= start < end"),
        ({"words": ["hello"]}, "truth.jsonl:1: the truth cannot be read"),
        ({"words": [{"text": "hello"}]}, "truth.jsonl:1: the truth cannot be read ('start')"),
        ({"turns": [WORD | {"start": -1}]}, "truth.jsonl:1: a turn of ann is at -1-1.5 s"),
        ({"entities": [WORD]}, "truth.jsonl:1: the truth cannot be read ('label')"),
        ({"audio": "gone.wav"}, "gone.wav is not a file"),
        ({"audio": ["talk.wav"], "id": "x"}, "expected the name of one file"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(columns: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadManifest) as error:
        read(_manifest(tmp_path, **columns))
    assert said in str(error.value)
