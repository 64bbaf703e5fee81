"""Checkpoints of random weights where the hub would have put a model's own; see ``tests/checkpoints``."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from model_lab import hub_cache
from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable
from model_lab.provision import environments
from model_lab.registry import model_cards, weight_paths
from model_lab.workers.client import Worker

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
    """Build the checkpoint of a model in the hub's cache; returns the model's card, with the checkpoint's options.

    Skips the test where the model's environment is not there.
    """
    card = model_cards.with_options(model_cards.card(name), options(name))
    try:
        environments.python_for(card)
    except NotRunnable as error:
        pytest.skip(str(error))
    folders = {}
    for role, repository in card.repositories.items():
        kept = hub_cache.folder(repository.id)
        (kept / "refs").mkdir(parents=True, exist_ok=True)
        (kept / "refs" / repository.revision).write_text(COMMIT)
        folders[role] = kept / "snapshots" / COMMIT
        folders[role].mkdir(parents=True, exist_ok=True)
        (folders[role] / hub_cache.RANDOM_WEIGHTS).write_text("random weights, made by a test")
    run(card, str(CHECKPOINTS / "__main__.py"), name, json.dumps({role: str(folder) for role, folder in folders.items()}))
    return weight_paths.located(card)


def run(card: ModelCard, *words: str) -> str:
    """What the interpreter of the model's environment prints, given ``words``, without the hub."""
    python, _ = environments.python_for(card)
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "PYANNOTE_METRICS_ENABLED": "0"}
    done = subprocess.run([python, "-s", "-P", *words], env=offline, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@contextmanager
def asked(card: ModelCard, **changed: Any) -> Iterator[Callable[..., Any]]:
    """What asks the model, in a worker of its own: the capability, then the question. ``changed``: other options."""
    card = model_cards.with_options(card, changed)
    worker = Worker(card, "cpu", card.options)
    try:
        worker.start()
        yield lambda capability, *question: worker.ask(capability, question, 180.0).value
    finally:
        worker.close()
