"""The common checks over every registered model, in the environment it really runs in."""

from __future__ import annotations

import pytest

from model_lab.harness import checks, environments, preflight, registry


@pytest.mark.parametrize("name", registry.names())
def test_a_model_passes_the_common_checks(name: str) -> None:
    results = list(checks.check_model(name))
    failed = [f"{result.check}: {result.detail}" for result in results if result.status == "failed"]
    assert not failed
    if skipped := [result.detail for result in results if result.status == "skipped"]:
        pytest.skip("; ".join(skipped))
    assert {result.check for result in results} >= {"card", "imports", "weights"}


def test_all_cards_agree_on_the_shared_environment() -> None:
    assert {found.name for found in environments.environments(registry.cards())} >= {"lab"}


def test_models_that_need_no_packages_always_run() -> None:
    for name in ("baseline_oracle", "baseline_null", "baseline_random", "energy_vad"):
        assert preflight.verdict(registry.card(name)).runnable
