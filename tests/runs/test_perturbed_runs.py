"""Runs under perturbations: asked besides the clean ones, resumed apart from them, and left out where they make no sense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio, datasets
from model_lab.datasets import build, perturbations
from model_lab.datasets.perturbations import Perturbation
from model_lab.errors import BadConfig, UnknownName
from model_lab.registry import model_cards
from model_lab.results.schema import Run, SampleResult
from model_lab.results.store import RunFolder
from model_lab.runs import assignments, bench, sprint
from model_lab.types import Audio
from tests.cli.test_commands import cli
from tests.conftest import MakeModel

LOUDNESS = """
level = float((audio.samples ** 2).mean() ** 0.5)
return Transcript('the cat sat' if level > 0.05 else 'the cat')
"""
"""A recogniser that loses a word of three where the sound is quiet."""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MODEL_LAB_CACHE", str(folder))
    return folder


def run(clips: Path, tmp_path: Path, *conditions: str, model: str = "ear", **how: Any) -> list[Run]:
    return bench.evaluate(model, clips, run_options=bench.RunOptions(runs=tmp_path / "runs", conditions=conditions, **how))


def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "runs" / "ear-clips-full")


def test_perturbed_questions_are_asked_besides_the_clean_ones(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    make_model("ear", LOUDNESS)
    clean, quiet, same = run(clips, tmp_path, "gain:-20", "gain:0")
    assert [each.spec.perturbation for each in (clean, quiet, same)] == ["", "gain:-20", "gain:0"]
    assert [each.scores[0].value for each in (clean, quiet, same)] == [0.0, pytest.approx(1 / 3), 0.0]
    places = sorted(path.parent.name for path in (folder(tmp_path).path / "ear").glob("*/scores.json"))
    assert places == ["clips", "clips~gain--20", "clips~gain-0"]
    assert {each.spec.dataset for each in (clean, quiet, same)} == {"clips"}


def test_the_model_hears_what_is_in_the_cache(make_model: MakeModel, clips: Path, tmp_path: Path, own_cache: Path) -> None:
    make_model("ear", "return Transcript(str(float(abs(audio.samples).sum())))")
    run(clips, tmp_path, "noise:0")
    cell = folder(tmp_path).cell("ear", "clips~noise-0")
    heard = {result.sample_id: float(result.hypothesis["text"]) for result in cell.answers.read(SampleResult)}
    for question in cell.questions():
        path = Path(question.perturbed["audio"])
        assert path.is_relative_to(own_cache / "perturbed")
        assert heard[question.id] == pytest.approx(float(np.abs(audio.read(path).samples).sum()), rel=1e-5)


def test_clean_answers_are_used_again_and_runs_repeat_exactly(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    make_model("ear", f"open({str(calls)!r}, 'a').write('x')\nreturn Transcript(str(float(audio.samples[100])))")
    (clean,) = run(clips, tmp_path)
    assert len(calls.read_text()) == 8
    again, noisy = run(clips, tmp_path, "noise:10")
    assert again == clean and len(calls.read_text()) == 16
    assert run(clips, tmp_path, "noise:10") == [again, noisy] and len(calls.read_text()) == 16
    assert run(clips, tmp_path) == [clean]
    answers = folder(tmp_path).cell("ear", "clips~noise-10").latest()
    run(clips, tmp_path, "noise:10", policy=bench.runner.Policy(force=True))
    repeated = folder(tmp_path).cell("ear", "clips~noise-10").latest()
    assert {name: result.hypothesis for name, result in repeated.items()} == {
        name: result.hypothesis for name, result in answers.items()
    }


def test_another_way_of_perturbing_asks_anew(
    make_model: MakeModel, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("ear", LOUDNESS)
    first = run(clips, tmp_path, "noise:10")
    monkeypatch.setattr("model_lab.datasets.perturbations.revision", lambda condition: "another")
    second = run(clips, tmp_path, "noise:10")
    assert first[0].key == second[0].key and first[1].key != second[1].key
    assert (folder(tmp_path).path / "superseded").is_dir()


def test_a_perturbation_from_outside_is_evaluated_and_its_scores_outlive_it(
    make_model: MakeModel, clips: Path, tmp_path: Path
) -> None:
    make_model("ear", LOUDNESS)
    quieter = Perturbation("halved", "half as loud", "", lambda audio, value, scene: Audio(audio.samples / 4, audio.sample_rate))
    code = tmp_path / "halved.py"
    code.write_text("samples / 4")
    perturbations.register(quieter, [code])
    try:
        listed = json.loads(cli("list", "perturbations", "--json").stdout)[-1]
        assert listed | {"name": "halved", "does": "half as loud", "applies to": "all capabilities with audio input"} == listed
        clean, halved = run(clips, tmp_path, "halved")
        assert [each.scores[0].value for each in (clean, halved)] == [0.0, pytest.approx(1 / 3)]
        assert halved.spec.perturbation_revision == perturbations.revision("halved") != perturbations.revision()
        code.write_text("samples / 3")
        perturbations.register(quieter, [code])
        again = run(clips, tmp_path, "halved")
        assert clean.key == again[0].key and halved.key != again[1].key
    finally:
        perturbations.unregister("halved")
    for command in ("score", "report"):
        done = cli(command, "ear-clips-full", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    page = (folder(tmp_path).path / "report/index.md").read_text()
    assert "Under halved: These are the last stored scores" in page and "names no perturbation 'halved'" in page
    scores = json.loads((folder(tmp_path).path / "ear/clips~halved/scores.json").read_text())["scores"]
    assert scores[0]["value"] == pytest.approx(1 / 3)
    with pytest.raises(UnknownName, match="no perturbation 'halved'"):
        run(clips, tmp_path, "halved")


def test_what_cannot_be_perturbed_is_refused_before_anything_is_asked(make_model: MakeModel, clips: Path, tmp_path: Path) -> None:
    with pytest.raises(
        BadConfig, match=r"key cannot be evaluated with --perturb speed:1.1: its reference at another speed is unknown"
    ):
        bench.evaluate(
            "baseline_null", "soundfont_keys", run_options=bench.RunOptions(runs=tmp_path / "runs", conditions=("speed:1.1",))
        )
    with pytest.raises(BadConfig, match=r"ner cannot be evaluated with --perturb noise:10: it takes no sound"):
        bench.evaluate(
            "baseline_null", "ner_notes", run_options=bench.RunOptions(runs=tmp_path / "runs", conditions=("noise:10",))
        )
    assert not (tmp_path / "runs").exists()


def test_too_few_recordings_for_babble_are_a_reason_and_the_rest_is_asked(
    make_model: MakeModel, clips: Path, tmp_path: Path
) -> None:
    """Eight clips of four speakers: six are of others, which is just enough; without the last there are too few for some."""
    make_model("ear", LOUDNESS)
    assert [each.status for each in run(clips, tmp_path, "babble:10")] == ["complete", "complete"]
    clips.write_text("".join(line + "\n" for line in clips.read_text().splitlines()[:-1]))
    clean, babble, noise = run(clips, tmp_path, "babble:10", "noise:10")
    assert [each.status for each in (clean, babble, noise)] == ["complete", "not_run", "complete"]
    assert "is made of 6 recordings of other groups, and its dataset has 5" in babble.reason


CONFIG = """
id: small
title: Small
dates: {start: 2026-01-01, end: 2026-01-02}
objective: see it end
defaults: {unassigned_agent: rest, seed: 3}
datasets: {tempo: [rhythms], ner: [ner_notes]}
agents:
  rest: {focus: all, include_models: [baseline_oracle, baseline_null]}
"""


def test_a_sprint_asks_under_a_condition_what_hears(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(CONFIG)
    how = bench.RunOptions(runs=tmp_path / "runs", conditions=("noise:10",))
    done = bench.sprint(sprint.config(str(tmp_path / "small.yaml")), run_options=how)
    outcomes = {(each.spec.model, each.spec.place): each for cell in done.cells() if (each := cell.outcome())}
    assert {place for model, place in outcomes if model == "baseline_oracle"} == {"rhythms", "rhythms~noise-10", "ner_notes"}
    assert outcomes["baseline_oracle", "rhythms~noise-10"].scores[0].value == 1.0
    assert outcomes["baseline_null", "rhythms~noise-10"].spec.seed == 3


def test_the_pool_of_babble_is_the_whole_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = build.samples
    monkeypatch.setattr(build, "samples", lambda card, tier: asked.append(tier) or real(card, tier))
    spec = sprint.spec(model_cards.card("baseline_null"), "rhythms", "cpu").under("noise:10")
    build.materialise(datasets.card("rhythms"))
    assignments.samples_of(spec, bench.RunOptions(tier="smoke"), {})
    assert asked == ["smoke"]
    assignments.samples_of(spec.under("babble:10"), bench.RunOptions(tier="smoke"), {})
    assert asked == ["smoke", "smoke", "full"]
