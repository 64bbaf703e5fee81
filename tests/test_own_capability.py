"""A capability, a model and a dataset of somebody's own go through everything, without a change in the package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from model_lab import audio
from model_lab.formats import textgrid
from model_lab.registry import model_cards
from model_lab.types import Audio
from model_lab.ui import inference
from model_lab.ui.jobs import Jobs
from model_lab.ui.server_context import ServerContext
from tests.cli.test_commands import cli, refused
from tests.conftest import forget, write_model

CAPABILITY = '''
"""How loud is it, and what would one call that?"""
import numpy as np
from dataclasses import dataclass
from model_lab.capabilities import Capability, Column, Example, Grading
from model_lab.metrics._base import share, ratio
from model_lab.types import Audio, Segment

@dataclass(frozen=True)
class Truth:
    word: str
    level_db: float

def counted(reference, answer):
    return {"right": float(reference.word == answer["word"]), "all": 1.0}

def problems(answer, audio):
    return [] if isinstance(answer, dict) and "word" in answer else ["answer has no word"]

def example():
    return Example((Audio(np.zeros(16000, np.float32), 16000),), Truth("quiet", -100.0))

CAPABILITY = Capability(
    name="loudness",
    title="Loudness in a word",
    call="say(audio: Audio) -> dict",
    answer="{word, level_db, parts}",
    inputs=(("audio", "audio"),),
    columns=(Column("audio", "a sound file"), Column("word", "quiet or loud"), Column("level_db", "dB")),
    metrics=(share("loudness_right", "right words", "nobody", counted, lambda pooled: ratio(pooled["right"], pooled["all"])),),
    reference=lambda row, resolve: Truth(row["word"], float(row["level_db"])),
    problems=problems,
    example=example,
    null=lambda audio: {"word": ""},
    chance=lambda rng, audio: {"word": str(rng.choice(["quiet", "loud"]))},
    ideal=lambda reference, audio: {"word": reference.word},
    exports={"textgrid": lambda answer, duration: {"loudness": [Segment(0.0, duration, answer["word"])]}},
    hub_task="audio-classification",
    THRESHOLDS
)
'''
CONFIG = """
title: A meter
summary: It says quiet or loud.
kind: algorithm
capabilities: [loudness]
source: {kind: algorithm, id: meter}
licence: {code: Apache-2.0, commercial: true}
memory_gb: 0.1
"""
LOADER = """
import numpy as np
from model_lab.contract import Bundle

def load(card, device):
    def say(audio):
        level = float(20 * np.log10(np.sqrt(np.mean(audio.mono().samples ** 2)) + 1e-9))
        return {"word": "loud" if level > -20 else "quiet", "level_db": level, "parts": [{"from": 0, "to": 1}, "[/x]"]}

    return Bundle(card, device, {"loudness": say})
"""
CARD = """
title: Hums
summary: Made by a test.
capability: loudness
licence: CC0-1.0
truth: construction
annotation: The level is set.
group: recording
source: {kind: manifest, path: hums.jsonl}
tiers: {smoke: 12, standard: 0, full: 0}
"""
THRESHOLDS = "grading=Grading((0.9, 0.8, 0.7, 0.5)),"


def write(extension: Path, thresholds: str = THRESHOLDS) -> None:
    for name, text in {
        "capabilities/loudness.py": CAPABILITY.replace("THRESHOLDS", thresholds),
        "models/meter/config.yaml": CONFIG,
        "models/meter/loader.py": LOADER,
        "datasets/hums.yaml": CARD,
    }.items():
        (extension / name).parent.mkdir(parents=True, exist_ok=True)
        (extension / name).write_text(text)
    rng, rows = np.random.default_rng(0), []
    for number in range(12):
        level = 0.5 if number % 2 else 0.01
        audio.write(extension / f"datasets/{number}.wav", Audio((level * rng.standard_normal(8000)).astype(np.float32), 16000))
        words = {"word": "loud" if number % 2 else "quiet", "level_db": float(20 * np.log10(level))}
        rows.append({"id": f"[/hum] {number}", "audio": f"{number}.wav", **words})
    (extension / "datasets/hums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    forget()


USE_CASE = "noise_at_work: {title: '[/noise] at work', needs: {loudness: {weight: 1}}}\n"
SPRINT = (
    "{id: mine, title: Mine, dates: {start: 2026-01-01, end: 2026-01-02}, objective: test, defaults: {unassigned_agent: rest}, "
    "datasets: {loudness: [hums]}, agents: {rest: {focus: all, include_models: [meter]}}}"
)


def test_it_goes_through_everything(extension: Path, tmp_path: Path) -> None:
    write(extension)
    for words in (["list", "models"], ["list", "capabilities"], ["list", "datasets"], ["list", "metrics"]):
        assert "loudness" in cli(*words).stdout
    assert "quiet or loud" in cli("show", "loudness").stdout
    done = cli("check", "loudness", "meter", "hums", "baseline_oracle", "--behaviour")
    assert done.returncode == 0, done.stdout
    (tmp_path / "mine.yaml").write_text(SPRINT)
    (tmp_path / "cases.yaml").write_text(USE_CASE)
    done = cli("sprint", "mine.yaml", "--perturb", "noise:10", "--perturb", "speed:1.1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Loudness in a word" in done.stdout and "100.0 %" in done.stdout
    assert "loudness cannot be evaluated with --perturb speed:1.1" in done.stderr
    for words, said in (
        (["score", "mine-smoke"], "100.0 %"),
        (["report", "mine-smoke"], "report: "),
        (["matrix"], "meter"),
        (["grade", "meter"], "quality (loudness_right)"),
        (["cost"], "meter"),
        (["compare", "meter", "baseline_random"], "loudness_right"),
        (["recommend", "noise_at_work", "--use-cases", "cases.yaml"], "[/noise] at work"),
        (["gate", "mine-smoke", "--baseline", "mine-smoke", "--max-drop", "loudness_right=0.1"], "meter"),
        (["list", "runs"], "mine-smoke"),
        (["export", "csv", "--out", "out"], ""),
        (["export", "junit", "--out", "out"], ""),
        (["export", "model-index", "--out", "out"], ""),
        (["export", "textgrid", "--out", "out"], ""),
    ):
        done = cli(*words, cwd=tmp_path)
        assert done.returncode == 0, (words, done.stderr, done.stdout)
        assert said in done.stdout, words
    assert "loudness" in (tmp_path / "out/results.csv").read_text()
    assert "type: audio-classification" in (tmp_path / "out/meter.yaml").read_text()
    grids = [textgrid.read(path) for path in sorted((tmp_path / "out/meter/hums").glob("*.TextGrid"))]
    assert len(grids) == 12 and {span.label for grid in grids for span in grid["loudness"]} == {"loud", "quiet"}
    entry = next(row for row in json.loads(cli("matrix", "--json", cwd=tmp_path).stdout) if row["model"] == "meter")
    assert (entry["state"], entry["grade"], entry["evidence"]) == ("scored on 1 dataset", "A", "thin")  # a smoke tier
    page = next((tmp_path / "runs/mine-smoke/report/samples/loudness/hums/sample").glob("*.html")).read_text()
    assert "&#34;word&#34;: &#34;" in page and "level_db" in page and "signal-to-noise" not in page


def test_without_thresholds_it_is_scored_and_not_graded(extension: Path, tmp_path: Path) -> None:
    write(extension, "")
    (tmp_path / "cases.yaml").write_text(USE_CASE)
    assert cli("run", "meter", "hums", cwd=tmp_path).returncode == 0
    entry = next(row for row in json.loads(cli("matrix", "--json", cwd=tmp_path).stdout) if row["model"] == "meter")
    assert entry["state"] == "scored on 1 dataset; no thresholds: not graded"
    [advice] = json.loads(cli("recommend", "noise_at_work", "--use-cases", "cases.yaml", "--json", cwd=tmp_path).stdout)["advice"]
    assert advice["because"] == "no thresholds: not graded"
    (tmp_path / "rules.yaml").write_text(
        (model_cards.card("pyin").folder.parents[1] / "config/grades.yaml").read_text()
        + "quality: {loudness: [0.9, 0.8, 0.7, 0.5]}\n"
    )
    assert "meter in loudness: A, on thin evidence" in cli("grade", "--rules", "rules.yaml", cwd=tmp_path).stdout


def test_rules_that_name_it_grade_what_else_there_is_without_it(extension: Path, clips: Path, tmp_path: Path) -> None:
    write_model(extension, "ear", "return Transcript('the cat sat')")
    forget()
    assert cli("run", "ear", "--data", str(clips), "--capability", "asr", cwd=tmp_path).returncode == 0
    packaged = (model_cards.card("pyin").folder.parents[1] / "config/grades.yaml").read_text()
    (tmp_path / "rules.yaml").write_text(packaged + "quality: {loudness: [0.9, 0.8, 0.7, 0.5]}\n")
    for code, note in ((None, "no such capability is installed, they are not used"), ("def (", ""), (CAPABILITY, "")):
        if code is not None:
            (extension / "capabilities").mkdir(exist_ok=True)
            (extension / "capabilities/loudness.py").write_text(code.replace("THRESHOLDS", ""))
            forget()
        done = cli("grade", "--rules", "rules.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "ear in asr: " in done.stdout
        assert note in done.stderr and ("not used" in done.stderr) == bool(note)
        assert cli("report", "ear-clips-full", cwd=tmp_path).returncode == 0


def test_it_can_be_tried_in_the_browser(extension: Path, tmp_path: Path) -> None:
    write(extension)
    place = tmp_path / "place"
    place.mkdir()
    room = ServerContext(place, tmp_path / "runs", tmp_path / "pipelines", jobs=Jobs())
    try:
        assert [card.name for card in inference.offered("loudness")] == ["meter"]
        columns = {"audio": str(extension / "datasets/1.wav"), "word": "loud", "level_db": "-6"}
        question = inference.question(room, "loudness", columns)
        job = room.jobs.add(
            "try", "loudness", inference.work(room, question, inference.chosen("loudness", ["meter"], room.limits))
        )
        assert job.join(120.0) and job.result is not None, job.error
        assert job.result.answers[0]["answer"]["word"] == "loud"
        assert "[/x]" in job.result.page.read_text()
    finally:
        room.jobs.close()


def test_a_run_outlives_the_extension_that_made_it(extension: Path, clips: Path, tmp_path: Path) -> None:
    write(extension)
    assert cli("run", "meter", "hums", cwd=tmp_path).returncode == 0
    assert cli("run", "baseline_oracle", "--data", str(clips), "--capability", "asr", cwd=tmp_path).returncode == 0
    run = tmp_path / "runs/meter-hums-smoke"
    shutil.copytree(tmp_path / "runs/baseline_oracle-clips-full/baseline_oracle", run / "baseline_oracle")
    for part in ("capabilities", "models", "datasets"):
        shutil.rmtree(extension / part)
    before = (run / "meter/hums/scores.json").read_bytes()
    for words in (["report"], ["score"]):
        done = cli(*words, "meter-hums-smoke", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        said = " ".join(done.stdout.split())
        assert "Speech recognition" in said and "meter" in said
        assert "scoring again is not possible: there is no capability 'loudness'" in said
    assert (run / "meter/hums/scores.json").read_bytes() == before
    run = ["--run", "meter-hums-smoke"]
    for words in (["matrix"], ["export", "csv", "--out", "out"], ["export", "model-index", "--out", "out"]):
        assert cli(*words, *run, cwd=tmp_path).returncode == 0, words
    gate = cli("gate", "meter-hums-smoke", "--baseline", "meter-hums-smoke", "--max-drop", "wer=0.01", cwd=tmp_path)
    assert gate.returncode == 1 and "there is no capability 'loudness'" in gate.stdout
    assert "no capability 'loudness'" in refused("grade", "--capability", "loudness", *run, cwd=tmp_path)
