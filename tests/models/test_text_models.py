"""Models of text: entities by rule, and summaries by picking sentences."""

from __future__ import annotations

import pytest

import model_lab
from model_lab.models.lead_3.loader import sentences
from model_lab.models.rule_ner import loader as rules
from model_lab.registry import model_cards
from tests.models.workers import loaded

TEXT = (
    "Whisper is a speech recogniser. It was trained on speech from the web. It writes down speech in many languages. "
    "My cat likes fish. Speech recognisers such as Whisper are judged by their word error rate. "
    "The word error rate counts the words that a speech recogniser gets wrong."
)


def found(text: str) -> list[tuple[str, str]]:
    extract = rules.load(model_cards.card("rule_ner"), "cpu").ner
    return [(entity.text, entity.label) for entity in extract(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They paid $3.5 million.", [("$3.5 million", "MONEY")]),
        ("It costs twenty dollars or 15 euros.", [("twenty dollars", "MONEY"), ("15 euros", "MONEY")]),
        ("About 12 percent, or 12.5%.", [("About 12 percent", "PERCENT"), ("12.5%", "PERCENT")]),
        ("On 3 May 2019 and June 4, 2020.", [("3 May 2019", "DATE"), ("June 4, 2020", "DATE")]),
        ("Come at 10:30 p.m. on Friday.", [("10:30 p.m.", "TIME"), ("Friday", "DATE")]),
        ("Early in the nineteenth century.", [("the nineteenth century", "DATE")]),
        ("We may march in may.", []),
        ("He was the second of forty-two.", [("second", "ORDINAL"), ("forty-two", "CARDINAL")]),
        ("Version 3.1.4, room B12.", []),
        ("Dr. Ada Lovelace met Mrs. Smith.", [("Ada Lovelace", "PERSON"), ("Smith", "PERSON")]),
        ("Maria Gomez works for Acme Motors Ltd.", [("Maria Gomez", "PERSON"), ("Acme Motors Ltd.", "ORG")]),
        ("French and Japanese trains in New York City.", [("French", "NORP"), ("Japanese", "NORP"), ("New York City", "GPE")]),
        ("Usually us.", []),
        ("", []),
    ],
)
def test_rules_find_what_they_say(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_rules_are_not_slowed_down_by_repetition() -> None:
    assert len(found("one hundred " * 2000)) > 0
    assert found("Aa " * 5000) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 3.5 million. Mr. Smith paid.", ["It costs 3.5 million.", "Mr. Smith paid."]),
        ("A heading\n\nand its\ntext.", ["A heading", "and its text."]),
        ('He said "Go." She went.', ['He said "Go."', "She went."]),
        ("", []),
        ("  \n\n ", []),
        ("no end", ["no end"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_lead_3_gives_the_first_three() -> None:
    with model_lab.load("lead_3") as model:
        assert model.summarize(TEXT) == TEXT.split(" My cat")[0]
    with model_lab.load("lead_3", sentences=1) as model:
        assert model.summarize(TEXT) == "Whisper is a speech recogniser."


@pytest.mark.parametrize("name", ["text_rank", "lex_rank"])
def test_rankers_pick_sentences_of_the_text(name: str) -> None:
    model = loaded(name)
    summary = model.summarize(TEXT)
    assert len(sentences(summary)) == 3
    assert all(sentence in TEXT for sentence in sentences(summary))
    assert sorted(sentences(summary), key=TEXT.index) == sentences(summary)
    assert model.summarize("") == ""
    assert model.summarize("It is. We are. He was.") == "It is. We are. He was."
    assert model.summarize("Only one sentence here.") == "Only one sentence here."
    assert model.summarize(TEXT.replace(". ", ".\n\n")) == summary
