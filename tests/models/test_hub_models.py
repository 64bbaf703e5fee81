"""Every hub model whose card says that its loader is verified: its checkpoint is built, and it passes the common checks.

``make test ARGS="-m hub"`` runs those that live in the shared environment, ``-m own_env`` those that have one of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model_lab.authoring import checks
from model_lab.contract import ModelCard
from model_lab.provision import environments
from model_lab.registry import model_cards, weight_paths
from tests.hub import CHECKPOINTS, options

VERIFIED = [card for card in model_cards.cards() if card.weights.kind == "hub" and card.verified == "loader"]


def _marked(card: ModelCard) -> Any:
    mark = pytest.mark.hub if environments.environment_name(card) in ("lab", environments.HOST) else pytest.mark.own_env
    return pytest.param(card.name, marks=mark)


@pytest.mark.parametrize("name", [_marked(card) for card in VERIFIED])
def test_loader_on_a_checkpoint_of_the_real_architecture(name: str, checkpoint: Callable[[str], ModelCard]) -> None:
    card = checkpoint(name)
    assert weight_paths.is_random(card)
    results = list(checks.check_model(name, options=options(name)))
    assert [str(result) for result in results if result.status == "failed"] == []
    assert {result.status for result in results} <= {"passed", "expected"}, results


def test_every_verified_loader_has_a_checkpoint_and_no_other_has() -> None:
    built = {path.stem for path in CHECKPOINTS.glob("*.py")} & set(model_cards.names())
    assert {card.name for card in VERIFIED} == built
