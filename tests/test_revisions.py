from __future__ import annotations

import json
from importlib.resources import files

import pytest

from model_lab import datasets, revisions
from model_lab.datasets import build, perturbations
from model_lab.registry import model_cards

TABLE = json.loads((files("model_lab.config") / "revisions.json").read_text("utf-8"))


def test_an_entry_stands_for_a_part_as_it_is_now() -> None:
    """An entry whose code has changed since is dead: delete it, so that the table says only what is true."""
    now = {
        "models": {model_cards.code_revision(card) for card in model_cards.cards()},
        "datasets": {build.code_revision(datasets.card(name)) for name in datasets.names()},
        "perturbations": {perturbations.code_revision()},
    }
    dead = {kind: sorted(set(table) - now[kind]) for kind, table in TABLE.items()}
    assert dead == {"models": [], "datasets": [], "perturbations": []}


def test_a_recorded_revision_is_the_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "_table", lambda: {"models": {"new": "old"}})
    assert revisions.recorded("models", "new") == "old"
    assert revisions.recorded("models", "other") == "other"
    assert revisions.recorded("datasets", "new") == "new"
