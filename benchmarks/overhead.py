"""What the harness itself costs: start-up, fixed cost, cost per sample, tax on a real model, gain of two jobs.

Run with ``make bench``. Prints ratios and CPU seconds, each the median of several runs with its range, beside its aim; exits 1
if an aim is missed. Numbers mean little on a busy machine: the load at the start is printed too.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

from model_lab import datasets
from model_lab.datasets import build
from model_lab.provision import environments
from model_lab.registry import model_cards, weight_paths

REPEATS = 5
COMMAND = [str(Path(sys.executable).with_name("model-lab"))]

DUMMY = """\
from model_lab.contract import Bundle
from model_lab.types import Transcript

def load(card, device):
    return Bundle(card, device, {"asr": lambda audio: Transcript("the cat sat")})
"""

SPINNER = """\
import time
from model_lab.contract import Bundle
from model_lab.types import Transcript

def load(card, device):
    def spin(audio):
        total = 0
        for number in range(1_500_000):
            total += number * number % 7
        return Transcript("the cat sat")
    return Bundle(card, device, {"asr": spin})
"""

CONFIG = """\
title: bench
summary: Made by the benchmark.
kind: algorithm
capabilities: [asr]
source: {kind: algorithm, id: bench}
licence: {code: Apache-2.0, commercial: true}
memory_gb: 0.1
"""

ASKING = """\
import sys, time
from pathlib import Path
from model_lab.capabilities import capability
from model_lab.datasets import manifest
from model_lab.runs import runner
from model_lab.runs.executors import LocalExecutor
from model_lab.results.schema import RunSpec
from model_lab.results.store import RunFolder

class Stopwatch(runner.SilentRunObserver):
    first = last = None
    def answered(self, model, result):
        self.last = time.perf_counter()
        self.first = self.first or self.last

spec = RunSpec(model="bench_dummy", model_revision="", dataset="clips", dataset_revision="", capability="asr", device="cpu")
samples = manifest.read(Path(sys.argv[1]), capability("asr"))
stopwatch = Stopwatch()
runner.predict(RunFolder(Path(sys.argv[2])), [runner.Assignment(spec, "full", samples)], LocalExecutor(), stopwatch)
print(stopwatch.last - stopwatch.first)
"""

PLAIN_LOOP = """\
import json, sys, time
import soundfile
from faster_whisper import WhisperModel
start = time.perf_counter()
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=int(sys.argv[2]), local_files_only=True)
for path in json.load(sys.stdin):
    samples, rate = soundfile.read(path, dtype="float32")
    segments, _ = model.transcribe(samples, language="en", beam_size=5)
    " ".join(segment.text for segment in segments)
"""


def main() -> None:
    """Run every benchmark and print the table."""
    console = Console()
    console.print(f"load {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, median of {REPEATS} [range]")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*_start_up(), *_overhead(folder), _tax(folder), _two_jobs(folder)]
    table = Table("what", "measured", "aim", "met")
    for what, measured, aim, met in rows:
        table.add_row(what, measured, aim, "yes" if met else "NO")
    console.print(table)
    sys.exit(0 if all(met for *_, met in rows) else 1)


Row = tuple[str, str, str, bool]


def _start_up() -> list[Row]:
    aims = {"--help": 0.25, "list models": 0.5, "list capabilities": 0.5, "list datasets": 0.5, "list metrics": 0.5}
    return [
        _below(f"model-lab {words}", [_cpu([*COMMAND, *words.split()]) for _ in range(REPEATS)], aim, "CPU s")
        for words, aim in aims.items()
    ]


def _overhead(folder: Path) -> list[Row]:
    """Fixed cost and slope with a model that does nothing: runs with few and with many samples."""
    few, many = 1, 1001
    manifests = {count: _clips(folder / str(count), count) for count in (few, many)}
    variables = _extension(folder, "bench_dummy", DUMMY)
    runs = ["--force", "--runs", str(folder / "runs")]
    walls = {
        count: [_wall(["run", "bench_dummy", "--data", str(manifest), *runs], variables) for _ in range(REPEATS)]
        for count, manifest in manifests.items()
    }
    asking = [_asking(manifests[many], folder / f"asking{turn}", variables) / many * 1000 for turn in range(REPEATS)]
    whole = statistics.median((slow - fast) / (many - few) * 1000 for fast, slow in zip(walls[few], walls[many], strict=True))
    return [
        _below("fixed cost of a run, one sample", walls[few], 1.5, "s wall"),
        _below(f"slope of asking, fsync included (with scoring and report: {whole:.2f})", asking, 1.0, "ms a sample"),
    ]


def _asking(manifest: Path, folder: Path, variables: dict[str, str]) -> float:
    """Seconds to ask every sample of a manifest, the start of the worker left out."""
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(manifest), str(folder)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | variables,
    )
    return float(done.stdout)


def _tax(folder: Path) -> Row:
    """A real model through the harness against a plain loop over the same library and files; both load the model."""
    card = model_cards.card("faster_whisper")
    samples = build.samples(datasets.card("asterisk_en"), "standard")[:60]
    sounds = [str(sample.inputs[0]) for sample in samples]
    manifest = Path(str(samples[0].folder)) / "manifest.jsonl"
    chosen = folder / "tax"
    chosen.mkdir()
    for sound in sounds:
        (chosen / Path(sound).name).write_bytes(Path(sound).read_bytes())
    rows = {row["id"]: row for row in map(json.loads, manifest.read_text().splitlines())}
    picked = [rows[sample.id] | {"audio": Path(sound).name} for sample, sound in zip(samples, sounds, strict=True)]
    (chosen / "tax.jsonl").write_text("".join(json.dumps(row) + "\n" for row in picked))
    python = environments.python_for(card)[0]
    ratios = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        plain = [python, "-c", PLAIN_LOOP, str(weight_paths.located(card).file("model.bin").parent), str(os.cpu_count())]
        subprocess.run(plain, input=json.dumps(sounds), text=True, check=True, capture_output=True)
        loop = time.perf_counter() - start
        ours = _wall(
            ["run", "faster_whisper", "--data", str(chosen / "tax.jsonl"), "--force", "--runs", str(folder / "runs")], {}
        )
        ratios.append(ours / loop)
    return _below("faster_whisper, harness / plain loop (60 clips)", ratios, 1.05, "x")


def _two_jobs(folder: Path) -> Row:
    """A sprint of two CPU-bound models, with one job and with two."""
    manifest = _clips(folder / "jobs", 40)
    variables = _extension(folder, "bench_left", SPINNER) | _extension(folder, "bench_right", SPINNER)
    extension = Path(variables["MODEL_LAB_EXTENSIONS"])
    (extension / "datasets").mkdir(exist_ok=True)
    for path in manifest.parent.iterdir():
        (extension / "datasets" / path.name).write_bytes(path.read_bytes())
    (extension / "datasets" / "bench_clips.yaml").write_text(
        f"title: x\nsummary: x\ncapability: asr\nlicence: none\ntruth: synthetic\nannotation: none\ngroup: clip\n"
        f"source: {{kind: manifest, path: {manifest.name}}}\ntiers: {{smoke: 0, standard: 0, full: 0}}\n"
    )
    sprint = folder / "jobs.yaml"
    sprint.write_text(
        textwrap.dedent("""\
        id: jobs
        title: jobs
        dates: {start: 2026-01-01, end: 2026-01-02}
        objective: measure
        defaults: {unassigned_agent: rest}
        datasets: {asr: [bench_clips]}
        agents:
          both: {focus: x, include_models: [bench_left, bench_right]}
          rest: {focus: x, include_models: [baseline_null]}
        """)
    )
    ratios = []
    for _ in range(3):
        walls = [
            _wall(
                ["sprint", str(sprint), "--agent", "both", "--force", "--jobs", str(jobs), "--runs", str(folder / "runs")],
                variables,
            )
            for jobs in (1, 2)
        ]
        ratios.append(walls[0] / walls[1])
    middle = statistics.median(ratios)
    return (
        "one job / two jobs, two CPU-bound models",
        f"{middle:.2f} x [{min(ratios):.2f}, {max(ratios):.2f}]",
        ">= 1.60 x",
        middle >= 1.6,
    )


def _below(what: str, values: list[float], aim: float, unit: str) -> Row:
    middle = statistics.median(values)
    return what, f"{middle:.3f} {unit} [{min(values):.3f}, {max(values):.3f}]", f"<= {aim} {unit}", middle <= aim


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _wall(words: list[str], variables: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run([*COMMAND, *words], check=False, capture_output=True, text=True, env=os.environ | variables)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed: {done.stderr[-500:]}")
    return time.perf_counter() - start


def _clips(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        soundfile.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(1600), 16000)
        rows.append({"id": str(number), "audio": f"{number}.wav", "text": "the cat sat"})
    manifest = folder / "clips.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


def _extension(folder: Path, name: str, loader: str) -> dict[str, str]:
    model = folder / "extension" / "models" / name
    model.mkdir(parents=True)
    (model / "config.yaml").write_text(CONFIG)
    (model / "loader.py").write_text(loader)
    return {"MODEL_LAB_EXTENSIONS": str(folder / "extension")}


if __name__ == "__main__":
    main()
