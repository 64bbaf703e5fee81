"""Multilingual Whisper base: text, language and translation of real clips in several languages. Skipped without the pack or the weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab.capabilities import capability
from model_lab.errors import ModelLabError
from model_lab.languages import canonical
from model_lab.metrics._base import pool
from model_lab.registry import model_cards
from model_lab.types import Audio, Transcript
from model_lab.wording import tokens
from tests.conftest import SHARED
from tests.models.workers import loaded

CARD = model_cards.card("whisper_base")


def clips(*languages: str) -> list[tuple[Path, dict[str, Any]]]:
    """The first clip of the development pack in each language, with its row."""
    if not SHARED.exists():
        pytest.skip("the development pack is not here")
    rows = [json.loads(line) for line in (SHARED / "asr/manifest.jsonl").read_text("utf-8").splitlines()]
    first = {row["language"]: row for row in reversed(rows)}
    return [((SHARED / "asr" / first[language]["audio"]).resolve(), first[language]) for language in languages]


def test_its_languages_are_distinct() -> None:
    assert len({canonical(tag) for tag in CARD.languages}) == len(CARD.languages) == 99


def test_it_writes_what_is_said_in_several_languages() -> None:
    model, cer = loaded("whisper_base"), capability("asr").metric("cer")
    answers = [(row, model.asr(path)) for path, row in clips("en", "de", "fr", "it", "es")]
    assert [canonical(answer.language) for row, answer in answers] == [canonical(row["language"]) for row, _ in answers]
    parts = [cer.components(Transcript(row["text"], language=row["language"]), answer) for row, answer in answers]
    assert cer.value(pool(parts)) < 0.15


def test_it_names_the_language_with_probabilities_of_all() -> None:
    model = loaded("whisper_base")
    for path, row in clips("en", "de", "fr", "ja"):
        labels = model.langid(path)
        assert labels[0].name == row["language"]
        assert {label.name for label in labels} == set(CARD.languages)
        assert sum(label.score for label in labels) == pytest.approx(1, abs=0.02)
    with pytest.raises(ModelLabError, match="too short or silent"):
        model.langid(Audio(np.zeros(16000, np.float32), 16000))


def test_it_translates_into_english_and_says_the_same_twice() -> None:
    model = loaded("whisper_base")
    for path, _ in clips("es", "de"):
        answer = model.translate(path)
        assert answer.language == "en" and set(tokens(answer.text)) & {"the", "of", "a", "and", "is"}
        assert model.translate(path) == answer


def test_a_language_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(ModelLabError, match=r"option language is 'jp'.*expected one of"):
        loaded("whisper_base", language="jp")
