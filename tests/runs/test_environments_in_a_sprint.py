"""One sprint over the host's environment, the lab and two models' own; those two have random weights, and get no score."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.contract import ModelCard
from model_lab.provision import environments
from model_lab.results.schema import RunSpec, WorkerSession
from model_lab.runs import bench, sprint
from model_lab.types import Audio
from tests import hub
from tests.conftest import forget

CONFIG = """
id: mixed
title: Mixed
dates: {start: 2026-01-01, end: 2026-01-02}
objective: see four environments at work
defaults: {unassigned_agent: rest}
datasets: {tts: [spoken], voice_clone: [cloned]}
agents:
  chosen: {focus: one of each, include_models: [baseline_random, kokoro, parler_tts, f5_tts]}
  rest: {focus: the others, include_models: [baseline_null]}
"""
DATASET = """
title: {name}
summary: Two sentences, made by a test.
capability: {capability}
languages: [en]
licence: CC0-1.0
truth: construction
annotation: Written down.
group: sentence
source: {{kind: manifest, path: {name}.jsonl}}
tiers: {{smoke: 0, standard: 0, full: 0}}
"""


@pytest.fixture
def config(tmp_path: Path, extension: Path) -> sprint.SprintConfig:
    """Two sentences to read aloud, and the same in a voice."""
    folder = extension / "datasets"
    time = np.arange(2 * 16000) / 16000
    voice = 0.1 * np.sin(2 * np.pi * 150 * time) * (1 + np.sin(2 * np.pi * 4 * time))
    audio.write(folder / "voice.wav", Audio(voice.astype(np.float32), 16000))
    for name, capability, more in (("spoken", "tts", {}), ("cloned", "voice_clone", {"voice": "voice.wav"})):
        rows = [{"id": f"{name}{number}", "text": text, **more} for number, text in enumerate(("The cat sat.", "It rained."))]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / f"{name}.yaml").write_text(DATASET.format(name=name, capability=capability))
    (tmp_path / "mixed.yaml").write_text(CONFIG)
    forget()
    return sprint.config(str(tmp_path / "mixed.yaml"))


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoints are asked with their own options, which keep nonsense short; no judge listens to any of it."""
    real = sprint.plan

    def plan(*asked: Any) -> list[RunSpec]:
        return [
            spec.model_copy(update={"options": {**spec.options, **hub.options(spec.model)}})
            if spec.model in ("parler_tts", "f5_tts")
            else spec
            for spec in real(*asked)
        ]

    monkeypatch.setattr(bench.sprints, "plan", plan)
    monkeypatch.setattr(bench.judging, "judge", lambda *_: None)


@pytest.mark.own_env
@pytest.mark.usefixtures("_short")
def test_models_of_four_environments_answer_in_one_sprint(
    config: sprint.SprintConfig, checkpoint: Callable[[str], ModelCard], tmp_path: Path
) -> None:
    for name in ("parler_tts", "f5_tts"):
        checkpoint(name)
    folder = bench.sprint(config, sprint.SprintSelection(("chosen",)), bench.RunOptions(runs=tmp_path / "runs", jobs=1))
    outcomes = {(run.spec.model, run.spec.dataset): run for cell in folder.cells() if (run := cell.outcome())}
    assert {pair: (run.status, run.n_ok) for pair, run in outcomes.items()} == dict.fromkeys(
        (
            ("baseline_random", "spoken"),
            ("baseline_random", "cloned"),
            ("kokoro", "spoken"),
            ("parler_tts", "spoken"),
            ("f5_tts", "cloned"),
        ),
        ("complete", 2),
    )
    ran_in = {pair: folder.cell(*pair).sessions.read(WorkerSession)[-1].environment for pair in outcomes}
    built = environments.registered()
    assert ran_in == {
        ("baseline_random", "spoken"): environments.HOST,
        ("baseline_random", "cloned"): environments.HOST,
        ("kokoro", "spoken"): built["lab"].key,
        ("parler_tts", "spoken"): built["parler_tts"].key,
        ("f5_tts", "cloned"): built["f5_tts"].key,
    }
    for pair in (("parler_tts", "spoken"), ("f5_tts", "cloned")):
        assert {score.value for score in outcomes[pair].scores} == {None}
        assert all(
            "loader verified on random weights, real weights not run here" in score.note for score in outcomes[pair].scores
        )
        assert outcomes[pair].speed.latency_p50_s is None
