from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from model_lab import capabilities, datasets
from model_lab.capabilities import capability
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, DataSource, Tier
from model_lab.errors import BadConfig, UnknownName
from model_lab.registry import model_cards
from model_lab.schemas import parse
from tests.conftest import DATASET_CARD, forget


@pytest.mark.parametrize("name", datasets.names())
def test_card(name: str) -> None:
    card = datasets.card(name)
    assert card.name == name and card.folder.is_dir()
    assert set(card.tiers) == set(get_args(Tier))
    sizes = [card.tiers[tier] or 10**9 for tier in get_args(Tier)]
    assert all(smaller <= larger for smaller, larger in pairwise(sizes))
    assert len(build.revision(card)) == 12
    assert card.summary.endswith(".") and card.annotation.endswith(".") and (not card.limits or card.limits.endswith("."))
    if isinstance(card.source, DataSource) and card.source.kind != "manifest":
        assert callable(build._recipe(card))
    if card.group == "recording" and card.speakers == 1:
        assert "do not generalise to other speakers" in card.limits or "ranks nothing" in card.limits


def test_every_capability_has_a_dataset() -> None:
    assert {card.capability for card in datasets.cards() if card.source.kind != "pack"} == set(capabilities.names())


def test_unknown_name() -> None:
    with pytest.raises(UnknownName, match="did you mean 'asterisk_en'"):
        datasets.card("asterisk_n")


def test_own_cards_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_EXTENSIONS", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    mine = tmp_path / "datasets" / "mine.yaml"
    mine.write_text(json.dumps(DATASET_CARD | {"source": {"kind": "manifest", "path": "mine.jsonl"}}))
    assert "mine" in datasets.names() and build.location(datasets.card("mine")) == tmp_path / "datasets" / "mine.jsonl"
    mine.write_text(json.dumps(DATASET_CARD | {"capability": "vat"}))
    forget()
    with pytest.raises(BadConfig, match=r"no capability 'vat' .did you mean 'vad'"):
        datasets.card("mine")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"kind": "manifest", "recipe": "a.b"}, "a manifest source has a path"),
        ({"kind": "synthetic", "recipe": "tones"}, "MODULE.FUNCTION"),
        ({"kind": "synthetic", "recipe": "a.b", "archives": [{"package": "a=1", "sha256": "0" * 64}]}, "has no archives"),
        ({"kind": "debian", "recipe": "a.b", "archives": [{"package": "a==1", "sha256": "0" * 64}]}, "are written NAME=VERSION"),
        ({"kind": "package", "recipe": "a.b", "archives": [{"package": "a=1", "sha256": "0" * 64}]}, "are written NAME==VERSION"),
        ({"kind": "debian", "recipe": "a.b", "archives": [{"package": "../a=1", "sha256": "0" * 64}]}, "package"),
        ({"kind": "debian", "recipe": "a.b", "archives": [{"package": "a=1", "sha256": "0" * 63}]}, "sha256"),
        ({"kind": "synthetic", "recipe": "a.b", "setings": {}}, "did you mean 'settings'"),
    ],
)
def test_bad_sources(source: dict[str, object], expected: str) -> None:
    with pytest.raises(BadConfig, match=expected):
        parse(DatasetCard, DATASET_CARD | {"source": source}, "card.yaml")


def test_ner_notes_are_marked_where_they_say() -> None:
    card = datasets.card("ner_notes")
    labels = {
        "PERSON",
        "NORP",
        "FAC",
        "ORG",
        "GPE",
        "LOC",
        "PRODUCT",
        "EVENT",
        "DATE",
        "TIME",
        "PERCENT",
        "MONEY",
        "ORDINAL",
        "CARDINAL",
    }
    samples = build.samples(card, "full")
    assert len(samples) == 40
    for sample in samples:
        text, marks = sample.row["text"], sample.row["entities"]
        for mark in marks:
            assert text[mark["start"] : mark["end"]] == mark["text"] == mark["text"].strip() and mark["label"] in labels
        assert all(one["end"] <= other["start"] for one, other in pairwise(marks))
        inside = {index for mark in marks for index in range(mark["start"], mark["end"])}
        assert {index for index, letter in enumerate(text) if letter.isdigit()} <= inside
        assert len(sample.reference()) == len(marks)


def test_tux_sounds_map_every_class_to_names_of_its_own() -> None:
    sounds = datasets.card("tux_sounds").source.settings["sounds"]
    names = [name for entry in sounds.values() for name in entry["names"]]
    files = [file for entry in sounds.values() for file in entry["files"]]
    assert len(set(names)) == len(names) and len(set(files)) == len(files)


def test_cards_name_inputs_their_capability_knows() -> None:
    for card in datasets.cards():
        assert capability(card.capability).inputs


def test_languages_are_tags() -> None:
    assert parse(DatasetCard, DATASET_CARD | {"languages": ["en-US", "yue"]}, "card").languages == ("en-US", "yue")
    with pytest.raises(BadConfig, match=r"'cn' names no language \(did you mean 'zh'\?\)"):
        parse(DatasetCard, DATASET_CARD | {"languages": ["cn"]}, "card")


def test_every_packaged_card_says_who_wrote_the_test() -> None:
    assert [card.name for card in datasets.cards() if card.author == "unknown"] == []


def test_datasets_that_models_call_their_own_are_there() -> None:
    known = {card.name: card.capability for card in datasets.cards()}
    named = {(card.name, dataset) for card in model_cards.cards() for dataset in card.own_datasets}
    assert {("rule_ner", "ner_notes"), ("encoder_langid", "langid_training"), ("pocketsphinx", "librivox_pocketsphinx")} <= named
    assert [pair for pair in sorted(named) if pair[1] not in known] == []
