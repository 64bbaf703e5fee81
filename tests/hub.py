"""Checkpoints of random weights where the hub would have put a model's own; see ``tests/checkpoints``."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from model_lab import hub_cache
from model_lab.contract import ModelCard
from model_lab.harness import environments, registry

CHECKPOINTS = Path(__file__).resolve().parent / "checkpoints"
COMMIT = "0" * 40


def options(name: str) -> dict[str, Any]:
    """What the checkpoint's module says the model is to be asked with; read without importing the model's packages."""
    for node in ast.walk(ast.parse((CHECKPOINTS / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and "OPTIONS" in [alias.name for alias in node.names] and node.module:
            return options(node.module.removeprefix("checkpoints."))
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "OPTIONS":
            found: dict[str, Any] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
            return found
    return {}


def build(name: str) -> ModelCard:
    """Build the checkpoint of a model in the hub's cache; returns the model's card, with the checkpoint's options."""
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
        [python, "-s", "-P", str(CHECKPOINTS / "__main__.py"), name, told],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return card
