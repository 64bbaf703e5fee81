"""What many tests need: an extension folder with models made for the occasion, and a dataset to ask them about."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from model_lab import audio, extensions
from model_lab.contract import ModelCard
from model_lab.types import Audio
from tests import hub
from tests.browser import browser as browser
from tests.browser import browser_page as browser_page

settings.register_profile("the same everywhere", deadline=None, derandomize=True)
settings.load_profile("the same everywhere")

collect_ignore = ["checkpoints"]
"""They are run by interpreters of the models' environments, not imported here."""

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

CONFIG = """
title: {name}
summary: Made by a test.
kind: {kind}
capabilities: [{capability}]
source: {{kind: algorithm, id: {name}}}
licence: {{code: Apache-2.0, commercial: true}}
memory_gb: {memory_gb}
"""

LOADER = """
from model_lab.contract import Bundle
from model_lab.errors import NotRunnable
from model_lab.types import Audio, Segment, Transcript
import os, signal, sys, time

def load(card, device):
    count = 0
{at_load}
    def answer(audio):
        nonlocal count
        count += 1
{body}
    return Bundle(card, device, {{"{capability}": answer}})
"""

DATASET_CARD = {
    "title": "t",
    "summary": "s",
    "capability": "asr",
    "licence": "l",
    "truth": "human",
    "annotation": "a",
    "group": "recording",
    "source": {"kind": "synthetic", "recipe": "tones.pitched"},
    "tiers": {"smoke": 1},
}
"""A dataset card that keeps its schema."""

MakeModel = Callable[..., Path]


def forget() -> None:
    """Drop what was read of extension folders."""
    extensions.reset()


@pytest.fixture
def extension(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty extension folder that the registry looks into."""
    folder = tmp_path / "extension"
    folder.mkdir()
    monkeypatch.setenv("MODEL_LAB_EXTENSIONS", str(folder))
    forget()
    yield folder
    monkeypatch.undo()
    forget()


def write_model(
    extension: Path,
    name: str,
    body: str,
    capability: str = "asr",
    at_load: str = "",
    kind: str = "algorithm",
    memory_gb: float = 0.1,
) -> Path:
    """A model in an extension folder, whose answer to a sound is the given Python body."""
    folder = extension / "models" / name
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG.format(name=name, capability=capability, kind=kind, memory_gb=memory_gb))
    indented = textwrap.indent(textwrap.dedent(body), " " * 8)
    early = textwrap.indent(textwrap.dedent(at_load), " " * 4)
    (folder / "loader.py").write_text(LOADER.format(capability=capability, body=indented, at_load=early))
    return folder


@pytest.fixture
def make_model(extension: Path) -> MakeModel:
    """`write_model` into the extension folder that the registry looks into."""

    def make(*args: Any, **changes: Any) -> Path:
        folder = write_model(extension, *args, **changes)
        forget()
        return folder

    return make


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModelCard]:
    """Builds a model's checkpoint where the hub would have put it; nothing of the user's cache is seen."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return hub.build


def write_clips(folder: Path) -> Path:
    """An asr manifest over eight short noises in ``folder``; each is said to say "the cat sat"."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(8):
        audio.write(folder / f"{number}.wav", Audio((0.1 * rng.standard_normal(8000)).astype(np.float32), 16000))
        rows.append({"id": f"clip{number}", "audio": f"{number}.wav", "text": "the cat sat", "group": f"speaker{number % 4}"})
    manifest = folder / "clips.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """`write_clips` into a folder of its own."""
    return write_clips(tmp_path / "clips")
