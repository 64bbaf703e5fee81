"""A package of somebody else, installed with pip, goes through everything without a change in this repository.

It adds a capability with an answer type, metrics, a recipe with a dataset, a perturbation, a view with a plot, an export format, an
executor and a model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_lab import extensions
from model_lab.capabilities import capability
from model_lab.datasets import perturbations
from model_lab.registry import model_cards, unusable
from tests.cli.test_commands import cli, refused
from tests.examples.conftest import EXAMPLES, ROOT

SPRINT = """\
id: clips
title: Clips
dates: {start: 2026-01-01, end: 2026-01-02}
objective: test
defaults: {unassigned_agent: rest}
datasets: {clipping: [clipped_bursts]}
agents: {rest: {focus: all, include_models: [clip_detector]}}
"""
RUN = "clips-smoke"


@pytest.fixture(scope="module")
def sprinted(installed: Path) -> Path:
    """The folder in which a sprint of all models over the package's dataset has run, clean, with fewer bits and faster."""
    (installed / "clips.yaml").write_text(SPRINT)
    conditions = ["--perturb", "quantise:4", "--perturb", "speed:1.1"]
    done = cli("sprint", "clips.yaml", *conditions, "--executor", "serial", cwd=installed)
    assert done.returncode == 0, done.stderr
    assert "Clipping detection" in done.stdout and "clip_detector" in done.stdout
    return installed


@pytest.mark.usefixtures("installed")
def test_every_part_is_listed() -> None:
    listed = {"models": "clip_detector", "capabilities": "clipping", "datasets": "clipped_bursts", "perturbations": "quantise"}
    for kind, name in {**listed, "metrics": "clipped_regions_found"}.items():
        done = cli("list", kind, "--json")
        assert name in {row["name"] for row in json.loads(done.stdout)} and "cannot be used" not in done.stderr, kind
    assert unusable.problems() == ()
    origins = {extensions.registry().items(kind)[name].origin for kind, name in ((extensions.MODEL, "clip_detector"),)}
    assert origins == {"model-lab-example-clipping 1.0.0"}


def test_the_common_checks_pass(sprinted: Path) -> None:
    done = cli("check", "clipping", "clip_detector", "clipped_bursts", "baseline_oracle", "--behaviour", cwd=sprinted)
    assert done.returncode == 0, done.stdout
    assert "clip_detector  clipping: answers its synthetic example" in done.stdout and "clipped_bursts  reference" in done.stdout


def test_answers_of_its_own_type_are_scored_by_its_metrics(sprinted: Path) -> None:
    values = {}
    for place in ("clipped_bursts", "clipped_bursts~quantise-4", "clipped_bursts~speed-1.1"):
        stored = json.loads((sprinted / "runs" / RUN / "clip_detector" / place / "scores.json").read_text())
        values[place] = {score["metric"]: score["value"] for score in stored["scores"]}
    clean = values["clipped_bursts"]
    assert clean["clipping_f1"] > 0.9 and clean["clipped_regions_found"] > 0.9
    assert values["clipped_bursts~quantise-4"]["clipping_f1"] != clean["clipping_f1"]
    [region] = perturbations.reference(capability("clipping"), capability("clipping").example().reference, "speed:2")
    assert (region.start, region.end) == (0.25, 0.5)
    line = (sprinted / "runs" / RUN / "clip_detector/clipped_bursts/samples.jsonl").read_text().splitlines()[0]
    assert "clipping.ClippedRegion" in line or json.loads(line)["hypothesis"] == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("score", RUN), "Clipping detection"),
        (("grade", "clip_detector"), "quality (clipping_f1)"),
        (("compare", "clip_detector", "baseline_random"), "clipping_f1"),
        (("matrix",), "clip_detector"),
        (("cost",), "clip_detector"),
        (("gate", RUN, "--baseline", RUN, "--max-drop", "clipping_f1=0.1"), "clip_detector"),
        (("list", "runs"), RUN),
        (("show", "clipping"), "clipped_regions_found"),
    ],
)
def test_it_goes_through_every_command(sprinted: Path, words: tuple[str, ...], text: str) -> None:
    done = cli(*words, cwd=sprinted)
    assert done.returncode == 0, done.stderr
    assert text in done.stdout


def test_the_report_describes_and_draws_its_answers(sprinted: Path) -> None:
    assert cli("report", RUN, cwd=sprinted).returncode == 0
    pages = list((sprinted / "runs" / RUN / "report/samples/clipping/clipped_bursts/sample").glob("*.html"))
    drawn = [page for page in pages if "Clipped regions of clip_detector" in page.read_text()]
    assert drawn and all(f'src="{page.stem}.svg"' in page.read_text() for page in drawn)
    assert all("clip_detector" in page.with_suffix(".svg").read_text() for page in drawn)
    assert any("dBFS" in page.read_text() and "clipped time" in page.read_text() for page in pages)


def test_its_format_is_exported(sprinted: Path) -> None:
    done = cli("export", "audacity", "--run", RUN, "--model", "clip_detector", "--out", "labels", cwd=sprinted)
    assert done.returncode == 0, done.stderr
    lines = [line for path in (sprinted / "labels").rglob("*.txt") for line in path.read_text().splitlines()]
    assert lines and all(float(start) < float(end) for start, end, _ in (line.split("\t") for line in lines))
    assert "clipped at 0." in lines[0]


@pytest.fixture
def api(installed: Path, tmp_path: Path) -> Iterator[object]:
    """The HTTP API of the user interface."""
    fastapi = pytest.importorskip("fastapi")
    from starlette.testclient import TestClient

    from model_lab.ui import http
    from tests.ui.conftest import BASE, make_room

    context = make_room(tmp_path)
    application = fastapi.FastAPI()
    application.include_router(http.router(context))
    with TestClient(application, base_url=BASE) as client:
        yield client
    context.jobs.close()


def test_it_can_be_tried_in_the_browser(api: object, tmp_path: Path) -> None:
    from model_lab import audio

    [sound] = capability("clipping").example().inputs
    audio.write(tmp_path / "clipped.wav", sound)
    upload = {"audio": ("clipped.wav", (tmp_path / "clipped.wav").read_bytes())}
    answer = api.post("/api/ask/clipping", files=upload, data={"model": ["clip_detector"]})  # type: ignore[attr-defined]
    assert answer.status_code == 200, answer.text
    [region] = answer.json()[0]["answer"]
    assert region["type"] == "clipping.ClippedRegion" and region["ceiling"] == pytest.approx(0.5, abs=0.001)
    assert region["start"] == pytest.approx(0.5, abs=0.02) and region["end"] == pytest.approx(1.0, abs=0.02)


def test_the_executor_says_what_it_cannot_do(sprinted: Path) -> None:
    text = refused("run", "clip_detector", "clipped_bursts", "--executor", "seriall", cwd=sprinted)
    assert "--executor is 'seriall' (did you mean 'serial'?); expected one of: local, serial" in text
    text = refused("run", "clip_detector", "clipped_bursts", "--executor", "serial", "--jobs", "2", "--force", cwd=sprinted)
    assert "the executor serial takes 1" in text


def test_a_change_of_what_the_loader_imports_is_another_revision(installed: Path, site: Path) -> None:
    card = model_cards.card("clip_detector")
    before, path = model_cards.revision(card), site / "model_lab_example_clipping/regions.py"
    text = path.read_text()
    try:
        path.write_text(text + "# changed\n")
        assert model_cards.revision(card) != before
    finally:
        path.write_text(text)
    assert model_cards.revision(card) == before


def test_its_own_suite_runs_the_common_checks(sprinted: Path, site: Path) -> None:
    paths = [str(site), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--doctest-modules"]
    command += [str(EXAMPLES / "clipping/tests"), str(site / "model_lab_example_clipping")]
    done = subprocess.run(
        [*command, "-c", os.devnull], env=environment, cwd=sprinted, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "failed" not in done.stdout
