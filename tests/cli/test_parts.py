"""A part that cannot be used is listed with its own sentence, and everything else goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_lab import capabilities, datasets
from model_lab.provision import environments
from model_lab.registry import model_cards, unusable
from model_lab.runs import sprint
from tests.cli.test_commands import cli
from tests.conftest import CONFIG, DATASET_CARD, forget, write_model

ASR = CONFIG.format(name="x", kind="algorithm", capability="asr", memory_gb=0.1)


def model(config: str | bytes) -> Callable[[Path], None]:
    def write(extension: Path) -> None:
        path = extension / "models/odd/config.yaml"
        path.parent.mkdir(parents=True)
        path.write_bytes(config if isinstance(config, bytes) else config.encode())

    return write


def folder(extension: Path) -> None:
    (extension / "models/odd").mkdir(parents=True)
    (extension / "models/odd/loader.py").write_text("")


def capability(code: str | bytes) -> Callable[[Path], None]:
    def write(extension: Path) -> None:
        path = extension / "capabilities/odd.py"
        path.parent.mkdir(parents=True)
        path.write_bytes(code if isinstance(code, bytes) else code.encode())

    return write


def dataset(**changes: object) -> Callable[[Path], None]:
    def write(extension: Path) -> None:
        (extension / "datasets").mkdir()
        (extension / "datasets/odd.yaml").write_text(json.dumps(DATASET_CARD | changes))

    return write


def special(part: str, target: str = "") -> Callable[[Path], None]:
    """A part that is a pipe, or a link to a device."""

    def write(extension: Path) -> None:
        path = extension / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target) if target else os.mkfifo(path)

    return write


BOMB = "options:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"  {name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CHANGED = "from dataclasses import replace\nfrom model_lab.capabilities.asr import CAPABILITY\nCAPABILITY = replace(CAPABILITY, name='odd', "

BROKEN = {
    "a misspelt key": (model(ASR + "memory: 3\n"), "unknown key 'memory' (did you mean 'memory_gb'?)"),
    "a key of another type": (model("1: 2\n" + ASR), "odd/config.yaml: "),
    "a value of another type": (model(ASR + "devices: 3\n"), "devices is 3"),
    "an option that formats badly": (
        model(ASR + "weights: {kind: hub, repositories: {model: {id: 'x', revision: '0', files: [a], size_gb: 1}}}\n"),
        "odd/config.yaml: ",
    ),
    "no YAML": (model("{{{"), "is not valid YAML"),
    "a date that is none": (model("a: 2020-13-45"), "is not valid YAML"),
    "a list": (model("- a"), "contains list; expected keys and values"),
    "nothing": (model(""), "expected keys and values"),
    "not UTF-8": (model(b"title: \xff\xfe"), "can't decode byte 0xff"),
    "nested without end": (model("a: " + "[" * 100_000), "it is nested more than 100 deep"),
    "nested without brackets": (model("a:\n " + "- " * 100_000), "it is nested more than 100 deep"),
    "aliases of aliases": (model(ASR + BOMB), "with its aliases it has more than 1000000 values"),
    "an alias of itself": (model(ASR + "options: &o {x: *o}\n"), "alias 'o' refers to a node that contains it"),
    "a config that is a pipe": (special("models/odd/config.yaml"), "is a pipe or a device; expected a file"),
    "a config without end": (special("models/odd/config.yaml", "/dev/zero"), "is a pipe or a device; expected a file"),
    "a capability that is a pipe": (special("capabilities/odd.py"), "is a pipe or a device; expected a file"),
    "a dataset that is a device": (special("datasets/odd.yaml", "/dev/zero"), "is a pipe or a device; expected a file"),
    "an exception that cannot be told": (
        capability("class Odd(Exception):\n def __str__(self): raise RuntimeError\nraise Odd"),
        "odd.py cannot be used (Odd)",
    ),
    "commands for the terminal": (capability("raise ValueError('\\x1b[31m red')"), "(ValueError: \\x1b[31m red)"),
    "the exception of a generator": (capability("raise GeneratorExit"), "odd.py cannot be used (GeneratorExit)"),
    "no config": (folder, "odd has no config.yaml"),
    "an unknown capability": (model(ASR.replace("[asr]", "[arsr]")), "no capability 'arsr' (did you mean 'asr'?)"),
    "a file that is no Python": (capability("def f(:"), "SyntaxError"),
    "a file of other bytes": (capability(b"\xff\xfe\x00"), "odd.py cannot be used"),
    "an import that fails": (capability("import no_such_thing"), "ModuleNotFoundError: No module named 'no_such_thing'"),
    "an exception of its own": (capability("class Odd(BaseException): pass\nraise Odd('x')"), "Odd: x"),
    "an exit": (capability("print('loud')\nraise SystemExit(0)"), "SystemExit: 0"),
    "no CAPABILITY": (capability("x = 1"), "must define CAPABILITY, a Capability"),
    "another name": (capability("from model_lab.capabilities.asr import CAPABILITY"), "a Capability named 'odd'"),
    "no metrics": (capability(CHANGED + "metrics=())"), "expected at least one Metric"),
    "an input of no column": (capability(CHANGED + "inputs=(('audio', 'sound'),))"), "the name of one of its columns"),
    "an input of no kind": (capability(CHANGED + "inputs=(('video', 'audio'),))"), "expected one of audio, text, number"),
    "no function": (capability(CHANGED + "null=None)"), "null is None; expected a function"),
    "no perturbable": (capability(CHANGED + "perturbable='speech')"), "perturbable is 'speech'; expected a Perturbable"),
    "no speed": (
        capability(CHANGED + "perturbable=type(CAPABILITY.perturbable)(at_speed=2))"),
        "perturbable.at_speed is 2; expected a function",
    ),
    "other sounds": (
        capability(CHANGED + "columns=(replace(CAPABILITY.columns[0], sounds='many'), *CAPABILITY.columns[1:]))"),
        "column 'audio' has sounds='many'; expected one of one, named, named lists",
    ),
    "thresholds in disorder": (
        capability(CHANGED + "grading=replace(CAPABILITY.grading, thresholds=(1, 3, 2, 0)))"),
        "expected them to rise or to fall",
    ),
    "a dataset of no capability": (dataset(capability="vat"), "no capability 'vat' (did you mean 'vad'?)"),
    "a dataset of no recipe": (dataset(source={"kind": "synthetic", "recipe": "tone.x"}), "(did you mean 'tones'?)"),
    "a dataset of no function": (dataset(source={"kind": "synthetic", "recipe": "tones.pitchd"}), "(did you mean 'pitched'?)"),
    "a dataset of no manifest": (dataset(source={"kind": "manifest", "path": "no.jsonl"}), "there is no manifest"),
    "a dataset's key": (dataset(lisence="l"), "did you mean 'licence'?"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_part_is_listed_and_says_what_is_wrong_when_it_is_named(kind: str, extension: Path) -> None:
    write, said = BROKEN[kind]
    write(extension)
    write_model(extension, "good", "return Transcript('the cat sat')")
    done = cli("list", "models", "--json")
    assert done.returncode == 0, done.stderr
    assert {"good", "baseline_null", "pyin"} <= {row["name"] for row in json.loads(done.stdout)}
    [problem] = [line for line in done.stderr.splitlines() if line.startswith("cannot be used: ")]
    assert " odd: " in problem and said in problem
    assert len(model_cards.card("baseline_null").capabilities) == len(capabilities.capabilities()) == 30
    done = cli("check", "odd", "good")
    assert done.returncode == 1
    assert said in done.stdout and "passed  good  imports" in done.stdout
    if kind != "a dataset of no manifest":  # its card can be shown
        done = cli("show", "odd")
        assert done.returncode == 2 and said in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("kind", ["a misspelt key", "an exit", "no metrics", "a dataset's key"])
def test_a_broken_part_disturbs_nothing(kind: str, extension: Path, clips: Path, tmp_path: Path) -> None:
    BROKEN[kind][0](extension)
    write_model(extension, "good", "return Transcript('the cat sat')")
    for what, there in (("capabilities", "asr"), ("datasets", "tones"), ("metrics", "wer")):
        done = cli("list", what, "--json")
        assert done.returncode == 0 and there in {row["name"] for row in json.loads(done.stdout)}
        assert BROKEN[kind][1] in done.stderr
    done = cli("run", "good", "--data", str(clips), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0.0 %" in done.stdout
    for words in (["matrix"], ["cost"], ["grade"], ["report", "good-clips-full"], ["score", "good-clips-full"]):
        done = cli(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    done = cli("doctor", "--json")
    assert any(BROKEN[kind][1] in problem for problem in json.loads(done.stdout)["problems"])


def test_a_folder_that_is_not_there_is_a_problem(extension: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (extension / "file").touch()
    (extension / "other/model").mkdir(parents=True)
    (extension / "more/models").parent.mkdir()
    (extension / "more/models").touch()
    named = [extension / "gone", extension / "file", extension / "other", extension / "more"]
    monkeypatch.setenv("MODEL_LAB_EXTENSIONS", os.pathsep.join(map(str, named)))
    done = cli("list", "models", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)
    gone, file, other, more = done.stderr.splitlines()
    assert "which is not there" in gone and "which is not a folder" in file
    assert "holds none of models/, capabilities/, datasets/" in other and "cannot be read as a folder" in more


def test_a_name_that_is_no_text_is_a_problem(extension: Path) -> None:
    (os.fsencode(extension) + b"/models").decode()
    os.makedirs(os.fsencode(extension) + b"/models/caf\xe9")
    done = cli("list", "models", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)
    assert "is not UTF-8; rename it" in done.stderr


def test_a_name_with_commands_for_the_terminal_is_a_problem(extension: Path) -> None:
    write_model(extension, "\x1b[31mred", "return Transcript('')")
    write_model(extension, "a_red", "return Transcript('')").rename(extension / "models" / "a[red]")
    done = cli("list", "models")
    assert done.returncode == 0 and "a[red]" in done.stdout
    assert "holds control characters; rename it" in done.stderr and "\x1b" not in done.stdout + done.stderr


def test_a_folder_that_cannot_be_read_hides_no_other(extension: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = write_model(extension, "closed", "return Transcript('')")
    write_model(extension, "good", "return Transcript('')")
    iterdir = Path.iterdir

    def refused(path: Path) -> Iterator[Path]:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    forget()
    assert "good" in model_cards.names() and "pyin" in model_cards.names()
    [problem] = unusable.problems()
    assert (problem.kind, problem.name) == ("model", "closed") and "Permission denied" in problem.reason


def test_of_two_parts_of_one_name_the_second_is_the_problem(extension: Path) -> None:
    write_model(extension, "pyin", "return Transcript('')")
    capability("from model_lab.capabilities.asr import CAPABILITY")(extension)
    (extension / "capabilities/odd.py").rename(extension / "capabilities/asr.py")
    (extension / "datasets").mkdir()
    (extension / "datasets/tones.yaml").write_text(json.dumps(DATASET_CARD))
    forget()
    for kind, name in (("model", "pyin"), ("capability", "asr"), ("dataset", "tones")):
        [problem] = [problem for problem in unusable.problems() if problem.kind == kind]
        assert problem.name.startswith(str(extension)) and f"{kind} {name!r} is in both" in problem.reason
        assert cli("show", name).returncode == 0
    assert model_cards.card("pyin").folder.parent == model_cards.card("yin").folder.parent
    assert datasets.card("tones").capability == "pitch"
    assert capabilities.names().count("asr") == 1
    done = cli("check")
    assert done.returncode == 1
    assert sum("is in both" in line for line in done.stdout.splitlines()) == 3


def test_what_python_left_of_a_model_is_no_problem(extension: Path) -> None:
    (extension / "models/was/__pycache__").mkdir(parents=True)
    assert unusable.problems() == ()


def test_other_pins_than_the_labs_give_a_model_an_environment_of_its_own(extension: Path) -> None:
    before = environments.registered()["lab"].key
    config = write_model(extension, "other_pin", "return Transcript('')") / "config.yaml"
    config.write_text(config.read_text() + "install: {pip: [librosa==0.1.0]}\n")
    forget()
    assert unusable.problems() == ()
    assert environments.registered()["lab"].key == before
    assert environments.environment_name(model_cards.card("other_pin")) == "other_pin"
    assert "env build other_pin" in environments.why_not(model_cards.card("other_pin"))


def test_a_sprint_leaves_out_what_cannot_be_used(extension: Path, tmp_path: Path) -> None:
    model(ASR + "memory: 3\n")(extension)
    dataset(source={"kind": "manifest", "path": "no.jsonl"}, capability="pitch")(extension)
    forget()
    (tmp_path / "mine.yaml").write_text(
        "{id: mine, title: Mine, dates: {start: 2026-01-01, end: 2026-01-02}, objective: test, defaults: {unassigned_agent: all}, "
        "datasets: {pitch: [tones, odd]}, agents: {all: {focus: x, include_models: [odd, pyin]}}}"
    )
    specs = sprint.plan(sprint.config(str(tmp_path / "mine.yaml")))
    assert {spec.dataset for spec in specs} == {"tones"}
    assert "pyin" in {spec.model for spec in specs} and "odd" not in {spec.model for spec in specs}
