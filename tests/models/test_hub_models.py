"""Every hub model whose card says that its loader is verified: its checkpoint is built, and it passes the common checks.

``make test ARGS="-m hub"`` runs those that live in the shared environment, ``-m own_env`` those that have one of their own.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_lab import hub_cache
from model_lab.contract import ModelCard
from model_lab.harness import checks, environments, registry

TESTS = Path(__file__).resolve().parents[1]
VERIFIED = [card for card in registry.cards() if card.weights.kind == "hub" and card.proven == "loader"]
COMMIT = "0" * 40


def _marked(card: ModelCard) -> Any:
    mark = pytest.mark.hub if environments.environment_name(card) in ("lab", environments.HOST) else pytest.mark.own_env
    return pytest.param(card.name, marks=mark)


def options(name: str) -> dict[str, Any]:
    """What the checkpoint's module says the model is to be asked with; read without importing the model's packages."""
    for node in ast.walk(ast.parse((TESTS / "checkpoints" / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and "OPTIONS" in [alias.name for alias in node.names] and node.module:
            return options(node.module.removeprefix("checkpoints."))
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "OPTIONS":
            found: dict[str, Any] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
            return found
    return {}


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModelCard]:
    """Builds a model's checkpoint where the hub would have put it; nothing of the user's cache is seen."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))

    def build(name: str) -> ModelCard:
        card = registry.with_options(registry.card(name), options(name))
        folders = {}
        for role, repository in card.repositories.items():
            kept = hub_cache.folder(repository.id)
            (kept / "refs").mkdir(parents=True, exist_ok=True)
            (kept / "refs" / repository.revision).write_text(COMMIT)
            folders[role] = kept / "snapshots" / COMMIT
            folders[role].mkdir(parents=True, exist_ok=True)
            (folders[role] / hub_cache.RANDOM_WEIGHTS).write_text("random weights, made by a test")
        python, _ = environments.python_for(card)
        told = json.dumps({role: str(folder) for role, folder in folders.items()})
        done = subprocess.run(
            [python, "-s", "-m", "checkpoints", name, told],
            env=os.environ | {"PYTHONPATH": str(TESTS), "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return card

    return build


@pytest.mark.parametrize("name", [_marked(card) for card in VERIFIED])
def test_loader_on_a_checkpoint_of_the_real_architecture(name: str, checkpoint: Callable[[str], ModelCard]) -> None:
    try:
        card = checkpoint(name)
    except environments.NotRunnable as error:
        pytest.skip(str(error))
    assert card.random_weights
    results = list(checks.check_model(name, options=options(name)))
    assert [str(result) for result in results if result.status == "failed"] == []
    assert {result.status for result in results} <= {"passed", "expected"}, results


def test_every_verified_loader_has_a_checkpoint_and_no_other_has() -> None:
    built = {path.stem for path in (TESTS / "checkpoints").glob("*.py")} & set(registry.names())
    assert {card.name for card in VERIFIED} == built
