"""Skeletons: every one passes the quick checks as it is written, and says what is to be filled in."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from model_lab import capabilities
from model_lab.authoring import checks, scaffold
from model_lab.errors import BadConfig
from tests.cli.test_commands import cli, refused
from tests.conftest import forget

NAMES = capabilities.names()


def test_every_skeleton_passes_the_quick_checks(extension: Path) -> None:
    for name in NAMES:
        scaffold.make("model", f"m_{name}", name, extension)
        scaffold.make("dataset", f"d_{name}", name, extension)
    scaffold.make("capability", "humming", "asr", extension)
    forget()
    made = [f"{kind}_{name}" for name in NAMES for kind in "md"]
    found = list(checks.check([*made, "humming"], "imports"))
    assert [result for result in found if result.status == "failed"] == []
    passed = {(result.subject, result.check) for result in found if result.status == "passed"}
    for name in NAMES:
        assert {(f"m_{name}", "card"), (f"m_{name}", "imports"), (f"d_{name}", "card"), (f"d_{name}", "samples")} <= passed
    unfilled = {result.subject: result.detail for result in found if result.check == "reference" and result.status == "skipped"}
    assert "fill in: text" in unfilled["d_asr"] and "fill in: turns, rttm" in unfilled["d_diarization"]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_in_a_skeleton_is_known(name: str, tmp_path: Path) -> None:
    scaffold.make("model", "mine", name, tmp_path)
    tree = ast.parse((tmp_path / "models/mine/loader.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert used <= imported | defined | {"list", "dict", "tuple", "str", "float", "object", "card", "device"}
    assert imported - used <= {"annotations"}


@pytest.mark.parametrize("capability", ["asr", "tts", "speaker_verify", "asr_stream"])
def test_a_new_model_says_what_to_write_when_it_is_asked(extension: Path, capability: str) -> None:
    done = cli("new", "model", "mine", "--capability", capability, "--into", str(extension))
    assert done.returncode == 0, done.stderr
    assert "model-lab check mine" in done.stdout
    assert cli("check", "mine").returncode == 0
    failed = cli("check", "mine", "--behaviour")
    assert failed.returncode == 1
    assert "mine is a skeleton" in failed.stdout
    loader = extension / "models/mine/loader.py"
    if capability == "asr":
        text = loader.read_text().replace("from model_lab.errors import NotRunnable\n", "")
        raising = next(line for line in text.splitlines() if "raise" in line)
        loader.write_text(text.replace(raising, '        return Transcript("")'))
        assert cli("check", "mine", "--behaviour").returncode == 0


def test_a_new_capability_is_found_with_its_baselines(extension: Path) -> None:
    assert cli("new", "capability", "humming", "--into", str(extension)).returncode == 0
    done = cli("check", "humming", "baseline_null", "baseline_random", "--behaviour")
    assert done.returncode == 0, done.stdout
    assert "humming: answers its synthetic example" in done.stdout


@pytest.mark.parametrize("capability", ["asr", "tts", "kws", "music_gen"])
def test_a_new_dataset_can_be_run(extension: Path, capability: str, tmp_path: Path) -> None:
    done = cli("new", "dataset", "mine", "--capability", capability, "--into", str(extension))
    assert done.returncode == 0, done.stderr
    assert cli("check", "mine").returncode == 0
    done = cli("run", "baseline_null", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_next_command_names_the_folder_where_it_is_not_known(tmp_path: Path) -> None:
    done = cli("new", "model", "mine", "--into", str(tmp_path / "a folder"))
    assert f"MODEL_LAB_EXTENSIONS='{tmp_path}/a folder' model-lab check mine" in done.stdout


def test_nothing_is_written_over(extension: Path) -> None:
    (extension / "models/mine").mkdir(parents=True)
    (extension / "models/mine/loader.py").write_text("mine")
    with pytest.raises(BadConfig, match="there is a model 'mine' already"):
        scaffold.make("model", "mine", "asr", extension)
    (extension / "datasets").mkdir()
    (extension / "datasets/mine.jsonl").write_text("{}")
    with pytest.raises(BadConfig, match=r"mine\.jsonl exists already and is not overwritten"):
        scaffold.make("dataset", "mine", "asr", extension)
    assert json.loads((extension / "datasets/mine.jsonl").read_text()) == {} and not (extension / "datasets/mine.yaml").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused("new", "model", "mine", "--into", str(tmp_path / "file"))
