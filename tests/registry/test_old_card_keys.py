"""Keys of cards by their names of version 0.1: accepted in files, with a sentence, and printed as JSON beside the new ones."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from model_lab.errors import BadConfig
from model_lab.registry import model_cards
from tests.conftest import MakeModel

LIST = "from model_lab.cli import main; main()"
OLD = "proven: nothing\nexecutes: a pickle\nblocked: it needs a robot\n"


@pytest.fixture
def config(make_model: MakeModel) -> Path:
    return make_model("aged", "return Transcript('')") / "config.yaml"


def test_old_keys_mean_what_they_meant_and_a_warning_names_the_new_ones(config: Path) -> None:
    config.write_text(config.read_text() + OLD)
    with pytest.warns(FutureWarning) as caught:
        card = model_cards.card("aged")
    assert (card.verified, card.trust_remote_code, card.unsupported_reason) == ("nothing", "a pickle", "it needs a robot")
    assert [str(one.message) for one in caught] == [
        f"{config}: the key {old!r} is now called {new!r}; rename it: the next release refuses it"
        for old, new in sorted(model_cards.OLD_KEYS.items())
    ]


@pytest.mark.parametrize(("old", "new"), model_cards.OLD_KEYS.items())
def test_a_card_with_both_is_refused(config: Path, old: str, new: str) -> None:
    config.write_text(config.read_text() + f"{old}: loader\n{new}: loader\n")
    with pytest.raises(BadConfig, match=f"has both '{old}' and '{new}', which is its new name; remove '{old}'"):
        model_cards.card("aged")


def test_packaged_cards_use_the_new_names() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        for name in model_cards.names():
            model_cards.read(name)
    assert {card.verified for card in model_cards.cards()} == {"weights", "loader", "nothing"}


def test_the_command_line_says_it_once_and_prints_both_names(config: Path) -> None:
    config.write_text(config.read_text() + "proven: nothing\n")
    done = subprocess.run([sys.executable, "-c", LIST, "list", "models", "--json"], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [
        f"warning: {config}: the key 'proven' is now called 'verified'; rename it: the next release refuses it"
    ]
    [row] = [row for row in json.loads(done.stdout) if row["name"] == "aged"]
    assert row["proven"] == row["verified"] == "nothing"
    done = subprocess.run([sys.executable, "-c", LIST, "show", "glm_tts", "--json"], capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert all(shown[old] == shown[new] for old, new in model_cards.OLD_KEYS.items()) and shown["unsupported_reason"]
    assert not done.stderr
