"""The common checks over every registered model, in the environment it really runs in."""

from __future__ import annotations

import pytest

from model_lab.authoring import checks
from model_lab.provision import environments, preflight
from model_lab.registry import model_cards


@pytest.mark.parametrize("name", model_cards.names())
def test_a_model_passes_the_common_checks(name: str) -> None:
    results = list(checks.check_model(name))
    failed = [f"{result.check}: {result.detail}" for result in results if result.status == "failed"]
    assert not failed
    if skipped := [result.detail for result in results if result.status == "skipped"]:
        pytest.skip("; ".join(skipped))
    assert {result.check for result in results} >= {"card", "imports", "weights"}


def test_all_cards_agree_on_the_shared_environment() -> None:
    assert {found.name for found in environments.environments(model_cards.cards())} >= {"lab"}


def test_models_that_need_no_packages_always_run() -> None:
    for name in ("baseline_oracle", "baseline_null", "baseline_random", "energy_vad"):
        assert preflight.verdict(model_cards.card(name)).runnable
