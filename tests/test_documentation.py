"""Every command and every snippet of the documentation is run: as it stands, in a shell or as Python, on real models.

What cannot be run here is parsed, and listed with the reason. A command that is in neither list fails: whoever writes one into the
documentation says here what it needs. Commands whose model or data is not on this machine are skipped.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
import numpy as np
import pytest
import typer.main
import yaml

from model_lab import audio, capabilities, datasets
from model_lab.authoring import scaffold
from model_lab.cli import app
from model_lab.contract import ModelCard
from model_lab.datasets import build
from model_lab.datasets.card import ColumnSource, DatasetCard, HubPart, HubSource
from model_lab.datasets.hub import conversions
from model_lab.errors import ModelLabError
from model_lab.provision import preflight
from model_lab.registry import model_cards
from model_lab.runs.sprint import SprintConfig, packaged
from model_lab.schemas import parse
from model_lab.types import Audio
from tests.conftest import forget
from tests.documentation import BLOCKS, DOCS, PAGES, README, ROOT, block, parsed

RUN, OLD = "desk-smoke", "before-smoke"

PARSED = {
    "git clone <this repository> && cd model-lab": "it is this repository",
    "git checkout 45dcaa2b9529221a85b3c9e43edde016a8f3c5d3": "it says which code made the findings",
    "make sprint": "a whole sprint takes a quarter of an hour; its parts are run below",
    "make test": "it is what runs this",
    "model-lab sprint hf_sprint_2026q1 --jobs 2": "a whole sprint",
    "model-lab sprint hf_sprint_2026q1 --licence permissive": "a whole sprint",
    "model-lab run distil_whisper librispeech_clean": "it fetches from the hub; tests/cli/test_public_benchmarks.py",
    "model-lab sprint open_asr --tier standard": "it fetches from the hub; tests/cli/test_public_benchmarks.py",
    "model-lab preflight open_asr --tier standard": "it asks the hub; tests/cli/test_public_benchmarks.py",
    "model-lab run baseline_oracle mirdata:giantsteps_tempo": "it downloads an archive",
    "model-lab fetch mirdata:giantsteps_key": "it downloads an archive",
    "model-lab run pocketsphinx --data corpora/test": "tests/datasets/imports reads every format",
    "model-lab run pocketsphinx --data clips.csv --columns audio=path,text=sentence": "tests/datasets/imports reads every format",
    "model-lab run resemblyzer --data trials.txt --capability speaker_verify": "tests/datasets/imports reads every format",
    "model-lab import corpora/test --out mine.jsonl --capability asr": "tests/cli/test_importing.py",
    "model-lab run pocketsphinx --data hf:mteb/fleurs:en_us:test --columns text=transcription": "tests/datasets/hub/test_named.py",
    "model-lab rescore RUN --scorers all": "tests/cli/test_rescoring.py",
    "model-lab rescore RUN --scorers wer_raw,wer_numbers --dataset asterisk_en --json": "tests/cli/test_rescoring.py",
    "model-lab preflight musicgen_small": "it asks the hub",
    "model-lab fetch musicgen_small": "it asks the hub",
    'model-lab run musicgen_small "a calm piano tune" 8 --device cuda': "it needs weights of the hub and a GPU",
    "model-lab fetch whisper_multilingual --set size=large-v3-turbo": "it asks the hub",
    "model-lab env plan": "its resolver asks the package index",
    "model-lab env build parler_tts": "it installs gigabytes from the package index",
    "pip install '.[ui]'": "it installs this package from the package index",
    "model-lab compare RUN --by accent": "tests/cli/test_looking_closer.py has data with such a column",
    "model-lab compare RUN faster_whisper --by duration --json": "tests/cli/test_looking_closer.py",
    "model-lab audit RUN": "tests/cli/test_looking_closer.py has models that contradict a reference",
    'model-lab audit RUN --dataset my --mark call-17 --as wrong --reason "he says seven"': "tests/cli/test_looking_closer.py",
    "model-lab run musicgen_small music_prompts --repeats 3": "it needs weights of the hub",
}
"""Command -> why it is parsed and not run."""

RAN = (
    "model-lab list models --runnable",
    "model-lab list datasets --hub",
    "model-lab list sprints",
    "model-lab show librispeech_clean",
    "model-lab doctor",
    "model-lab run faster_whisper talk.mp3 memo.m4a",
    'model-lab run kokoro "Hello, world." --out out/',
    "model-lab run silero_vad vad_mix --tier standard",
    "model-lab run pocketsphinx --data my.jsonl",
    "model-lab run pocketsphinx faster_whisper faster_whisper@beam_size=1 --data my.jsonl --name calls",
    "model-lab sprint my_sprint.yaml --agent edge_small --jobs 2",
    "model-lab score RUN",
    "model-lab time RUN",
    "model-lab check silero_vad",
    "model-lab check silero_vad --behaviour",
    "model-lab compare faster_whisper whisper pocketsphinx",
    "model-lab matrix",
    "model-lab grade faster_whisper",
    "model-lab cost --capability vad --prices my.yaml",
    "model-lab recommend meeting_intelligence --max-memory 4",
    "model-lab verify RUN --on my.jsonl --capability asr",
    "model-lab gate RUN --baseline OLD --max-drop wer=0.01 --junit gate.xml",
    "model-lab gate RUN --baseline OLD --max-failures 1 --max-memory-growth 1.2 --store baseline.json",
    "model-lab export parquet --run RUN --out scores/",
    "model-lab run faster_whisper asterisk_en --perturb noise:10 --perturb reverb:0.6+opus:12",
    "model-lab pipeline meeting.m4a",
    "model-lab pipeline talk.mp4 --recipe podcast --use ner=rule_ner --out talk/",
)
MINUTES = (
    "model-lab pipeline evaluate dialogues_en --recipe meeting",
    "model-lab pipeline compare dialogues_en meeting meeting --other-use diarization=heuristic_diarization",
)
SERVED = (
    "model-lab ui",
    "MODEL_LAB_AUTH=me:secret model-lab ui --host 0.0.0.0",
    "curl -F model=faster_whisper -F audio=@talk.mp3 http://127.0.0.1:7860/api/ask/asr",
)


# What there is, and that all of it is handled.


def test_every_command_is_run_or_says_why_not() -> None:
    written = {command for each in BLOCKS for command in each.commands}
    handled = {*PARSED, *RAN, *MINUTES, *SERVED}
    assert written - handled == set(), "say in this file how the command is tested"
    assert handled - written == set(), "the documentation no longer has it"


def test_every_other_block_is_one_that_a_test_here_reads() -> None:
    others = [each for each in BLOCKS if not each.commands and each.page.parent != DOCS / "findings"]
    kinds = sorted((str(each.page.relative_to(ROOT)), each.language or each.text.split()[0]) for each in others)
    assert kinds == [
        ("README.md", "Speech"),  # what a sprint prints
        ("docs/concepts/runs.md", "python"),
        ("docs/how-to/check-your-data.md", "console"),
        ("docs/how-to/choose-a-model.md", "yaml"),
        ("docs/how-to/evaluate-on-a-public-benchmark.md", "yaml"),
        ("docs/how-to/evaluate-on-your-data.md", "json"),
        ("docs/how-to/plug-in.md", "python"),
        ("docs/how-to/plug-in.md", "text"),
        ("docs/how-to/plug-in.md", "yaml"),
        ("docs/start.md", "Speech"),
        ("docs/start.md", "python"),
    ]


@pytest.mark.parametrize("line", [line for line in PARSED if line.startswith("model-lab")])
def test_what_cannot_be_run_here_is_at_least_understood(line: str) -> None:
    parsed(line)
    scorers = {scorer.name for asked in capabilities.capabilities() for scorer in asked.scorers}
    for word in shlex.split(line)[2:]:
        names = {*model_cards.names(), *packaged(), *capabilities.names(), *scorers}
        named = datasets.known(word) or set(word.split(",")) <= names
        assert word.startswith(("-", "hf:")) or "_" not in word or named


def test_a_command_that_is_none_is_not_understood() -> None:
    for line in ("model-lab lst models", "model-lab list models --runable", "model-lab pipeline evaluate"):
        with pytest.raises(Exception, match=r"(?i)no such|missing"):
            parsed(line)


TARGETS = sorted({target for page in PAGES for target in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)})


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_made(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def spans() -> list[str]:
    """Commands within sentences."""
    return sorted(
        {
            span
            for page in PAGES
            for span in re.findall(r"`(model-lab [^`]*)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.S))
        }
    )


@pytest.mark.parametrize("span", spans())
def test_commands_within_sentences_exist_with_their_options(span: str) -> None:
    for line in span.split(" && "):
        words = shlex.split(line)[1:]
        command: click.Command = typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        assert not hasattr(command, "commands") or not words or words[0].startswith("-"), f"no command {words[0]!r}"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known | {"--help"}


def test_what_a_sprint_prints_is_titled_as_capabilities_are() -> None:
    whole, shortened = block("start.md", "").text, next(each.text for each in BLOCKS if each.page == README and not each.commands)
    for text, names in ((whole, ("asr", "enhance")), (shortened, ("asr",))):
        shown = dict(re.findall(r"^(\S.*?)  (\w+\(.*)$", text, re.MULTILINE))
        assert shown == {asked.title: asked.call for name in names if (asked := capabilities.capability(name))}
    assert {line for line in shortened.splitlines() if "%" in line} <= set(whole.splitlines())


# What is run: in one folder, with the files that the documentation speaks of.


def encoded(path: Path, sound: Audio, codec: str) -> None:
    import av

    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=sound.sample_rate, layout="mono")
        frames = sound.samples.astype(np.float32)
        for start in range(0, len(frames), 1024):
            part = np.pad(frames[start : start + 1024], (0, max(0, start + 1024 - len(frames))))
            frame = av.AudioFrame.from_ndarray(part[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = sound.sample_rate, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def noise(seconds: float, seed: int) -> Audio:
    return Audio((0.05 * np.random.default_rng(seed).standard_normal(round(seconds * 16000))).astype(np.float32), 16000)


DATA = """
title: Clips of the desk
summary: Made by a test.
capability: {capability}
licence: CC0-1.0
truth: synthetic
annotation: Written down by the test.
group: recording
source: {{kind: manifest, path: {name}.jsonl}}
tiers: {{smoke: 8, standard: 0, full: 0}}
"""
SPRINT = """
id: desk
title: The desk's own
dates: {start: 2026-01-01, end: 2026-12-31}
objective: To have something to decide on.
defaults: {unassigned_agent: others}
datasets: {asr: [desk_clips], vad: [desk_stretches]}
agents:
  first: {focus: all, include_models: [faster_whisper, whisper, pocketsphinx, energy_vad, baseline_null]}
  others: {focus: none, include_models: [baseline_random]}
"""


def write_data(folder: Path) -> None:
    truths = {"desk_clips": ("asr", {"text": "the cat sat"}), "desk_stretches": ("vad", {"speech": [[0.0, 0.5]]})}
    for name, (capability, truth) in truths.items():
        rows = []
        for number in range(8):
            audio.write(folder / f"{name}-{number}.wav", noise(1.0, number))
            rows.append({"id": f"{name}-{number}", "audio": f"{name}-{number}.wav", **truth})
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / f"{name}.yaml").write_text(DATA.format(capability=capability, name=name))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the documentation speaks of: recordings, data, a sprint, prices."""
    folder = tmp_path_factory.mktemp("desk")
    encoded(folder / "talk.mp3", noise(3.0, 1), "libmp3lame")
    for name in ("memo.m4a", "meeting.m4a", "talk.mp4"):
        encoded(folder / name, noise(12.0, 2), "aac")
    sprint = block("how-to/choose-a-model.md", "yaml")
    (folder / "my_sprint.yaml").write_text(sprint.text)
    row = block("how-to/evaluate-on-your-data.md", "json")
    (folder / "my.jsonl").write_text(row.text)
    audio.write(folder / json.loads(row.text)["audio"], noise(2.0, 3))
    shutil.copy(ROOT / "model_lab/config/prices.yaml", folder / "my.yaml")
    (folder / "desk.yaml").write_text(SPRINT)
    write_data(folder / "extension/datasets")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """As for somebody in a folder of their own, with the bench's programs on the path."""
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return os.environ | {
        "MODEL_LAB_EXTENSIONS": str(folder / "extension"),
        "PATH": programs,
        "PYTHONPATH": path,
        "COLUMNS": "200",
    }


def shell(line: str, folder: Path, codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)
    assert done.returncode in codes, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def need(*words: str) -> None:
    """Skip where a model or a dataset among ``words`` cannot be had without a network."""
    for word in words:
        try:
            if word in model_cards.names():
                if not (verdict := preflight.verdict(model_cards.card(word))).runnable:
                    pytest.skip(f"{word}: {verdict}")
            elif word in datasets.names() and "show" not in words:
                build.materialise(datasets.card(word), offline=True)
        except ModelLabError as error:
            pytest.skip(str(error))


@pytest.fixture(scope="module")
def decided(desk: Path) -> Path:
    """The desk, with two runs to decide on."""
    need("faster_whisper", "whisper", "pocketsphinx", "energy_vad")
    shell("model-lab sprint desk.yaml --agent first --offline", desk)
    shutil.copytree(desk / "runs" / RUN, desk / "runs" / OLD)
    manifest = desk / "runs" / OLD / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"started": "2026-01-01T00:00:00+00:00"}))
    return desk


def models_of(line: str) -> set[str]:
    """The models that a recipe in the command asks."""
    recipe = re.search(r"--recipe (\w+)", line)
    name = recipe[1] if recipe else "meeting"
    stages = yaml.safe_load((ROOT / f"model_lab/config/pipelines/{name}.yaml").read_text())["stages"]
    return {stage["model"] for stage in stages.values()}


@pytest.mark.parametrize("line", RAN)
def test_a_command_runs(line: str, request: pytest.FixtureRequest) -> None:
    need(*shlex.split(line), *(models_of(line) if " pipeline " in line else ()))
    if "my_sprint" in line:
        need("vad_mix")
    folder: Path = request.getfixturevalue("decided" if decides(line) else "desk")
    codes = (0, 1) if line == "model-lab time RUN" else (0,)  # 1: the machine is busy, which is no fault
    said = shell(line.replace("RUN", RUN).replace("OLD", OLD), folder, codes)
    assert said.strip()
    for word in shlex.split(line):
        if word in model_cards.names():
            assert word in said or "talk" in line or "out/" in line


def decides(line: str) -> bool:
    """Whether it reads a run; the newest one is then the desk's."""
    return line.split()[1] in ("compare", "matrix", "grade", "cost", "recommend", "verify", "gate", "export", "score", "time")


@pytest.mark.slow
@pytest.mark.parametrize("line", MINUTES)
def test_a_command_that_takes_minutes_runs(line: str, desk: Path) -> None:
    need(*shlex.split(line), *models_of(line))
    assert "page: " in shell(line, desk)


def test_runs_are_where_the_commands_say(decided: Path) -> None:
    shell(
        "model-lab gate RUN --baseline OLD --max-drop wer=0.01 --junit gate.xml".replace("RUN", RUN).replace("OLD", OLD), decided
    )
    shell(f"model-lab export parquet --run {RUN} --out scores/", decided)
    assert (decided / "gate.xml").is_file() and (decided / "scores/results.parquet").is_file()


def python(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_api_is_as_it_is_shown(desk: Path) -> None:
    need("kokoro", "faster_whisper", "librivox_pocketsphinx")
    api = block("start.md", "python")
    said = python(api.text, desk)
    assert "wer 0." in said


def test_runs_are_read_by_duckdb(decided: Path) -> None:
    query = block("concepts/runs.md", "python")
    assert "faster_whisper" in python(query.text, decided)


def test_where_there_is_no_run_duckdb_reads_nothing(tmp_path: Path) -> None:
    query = block("concepts/runs.md", "python")
    assert "0 rows" in python(query.text, tmp_path)


def test_runs_that_failed_or_were_not_scored_are_read_too(decided: Path, tmp_path: Path) -> None:
    shutil.copytree(decided / "runs" / RUN, tmp_path / "runs" / RUN)
    (tmp_path / "runs" / RUN / "whisper/desk_clips/scores.json").unlink()
    (tmp_path / "runs" / RUN / "faster_whisper/desk_clips/scores.json").write_text("{")
    (tmp_path / "runs" / RUN / "pocketsphinx/desk_clips/spec.json").unlink()
    query = block("concepts/runs.md", "python")
    assert "baseline_null" in python(query.text, tmp_path)


def test_the_card_of_a_hub_dataset_has_every_key_and_conversion() -> None:
    page = block("how-to/evaluate-on-a-public-benchmark.md", "yaml")
    card = parse(DatasetCard, yaml.safe_load(page.text), str(page.page))
    assert isinstance(card.source, HubSource)
    assert set(HubSource.model_fields) == card.source.model_fields_set
    assert set(HubPart.model_fields) == {key for part in card.source.parts for key in part.model_fields_set}
    text = page.page.read_text()
    assert all(f"{key}:" in text or f"`{key}`" in text for key in ColumnSource.model_fields)
    assert all(f"`{name}`" in text for name in conversions.names())
    assert {name for name in packaged() if f"`{name}`" in text} == set(packaged()) - {"hf_sprint_2026q1", "development_pack"}


def test_the_sprint_file_keeps_its_schema() -> None:
    sprint = block("how-to/choose-a-model.md", "yaml")
    assert "edge_small" in parse(SprintConfig, yaml.safe_load(sprint.text), str(sprint.page)).agents


def test_the_row_of_data_is_one_of_speech_recognition() -> None:
    row = block("how-to/evaluate-on-your-data.md", "json")
    assert {column.name for column in capabilities.capability("asr").columns if column.required} <= json.loads(row.text).keys()


def test_ten_minutes_make_a_model(extension: Path, tmp_path: Path) -> None:
    config, loader = block("how-to/plug-in.md", "yaml"), block("how-to/plug-in.md", "python")
    scaffold.make("model", "my_vad", "vad", extension)
    parse(ModelCard, yaml.safe_load(config.text), str(config.page))
    (extension / "models/my_vad/config.yaml").write_text(config.text)
    (extension / "models/my_vad/loader.py").write_text("from __future__ import annotations\n" + loader.text)
    forget()
    need("webrtc_vad", "my_vad")
    (tmp_path / "extension").mkdir(exist_ok=True)
    assert "0 failed" in shell("model-lab check my_vad --behaviour", tmp_path)
    write_data(extension / "datasets")
    assert "my_vad" in shell("model-lab run my_vad desk_stretches", tmp_path)


def test_the_page_is_served_and_asked(desk: Path) -> None:
    pytest.importorskip("gradio")
    need("faster_whisper")
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    alone, others, curl = SERVED
    for line, host in ((alone, "127.0.0.1"), (others, "127.0.0.1")):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = desk / "served.log"
        with told.open("wb") as log:
            server = subprocess.Popen(
                ["bash", "-c", f"exec env {line} --port {port}"], cwd=desk, env=environment(desk), stdout=log, stderr=log
            )
        try:
            answered = status(f"http://{host}:{port}/", server)
            assert answered == (200 if line == alone else 401), told.read_text()
            if line == alone:
                said = shell(curl.replace(":7860", f":{port}").replace("curl ", "curl -sS "), desk)
                assert json.loads(said)[0]["model"] == "faster_whisper"
        finally:
            server.terminate()
            server.wait(60)


def status(url: str, server: subprocess.Popen[bytes]) -> int:
    """What a server that is starting answers, once it does."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(url) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")
