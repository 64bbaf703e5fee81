"""Environments: what they hold, when they are built, and what happens when a package cannot be had."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model_lab.contract import Install, Licence, ModelCard, Source
from model_lab.errors import NotRunnable, StoreError
from model_lab.harness import environments
from model_lab.harness.environments import Environment


def card(name: str, **install: object) -> ModelCard:
    return ModelCard(
        name=name,
        folder=Path("no such folder") / name,
        title=name,
        summary="made by a test",
        kind="algorithm",
        capabilities=("asr",),
        source=Source(kind="algorithm", id=name),
        licence=Licence(code="Apache-2.0", commercial=True),
        memory_gb=0.1,
        install=Install(**install),  # type: ignore[arg-type]
    )


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


def test_cards_share_the_lab_unless_they_say_otherwise() -> None:
    cards = [card("a", pip=("x==1",)), card("b", pip=("y==1",)), card("c", pip=("x==2",), environment="own"), card("d")]
    found = {environment.name: [each.name for each in environment.cards] for environment in environments.environments(cards)}
    assert found == {"lab": ["a", "b"], "c": ["c"]}


def test_the_key_follows_everything_an_environment_holds() -> None:
    one = Environment("lab", (card("a", pip=("x==1",)),))
    assert one.key == Environment("lab", (card("renamed", pip=("x==1",)),)).key
    assert one.key != Environment("lab", (card("a", pip=("x==2",)),)).key
    assert one.key != Environment("lab", (card("a", no_deps=("x==1",)),)).key


def test_the_lab_is_held_to_tested_versions_and_an_own_environment_is_not() -> None:
    lab, own = Environment("lab", (card("a", pip=("x==1",)),)), Environment("a", (card("a", pip=("x==1",), environment="own"),))
    assert any(line.startswith("numpy==") for line in lab.requirements)
    assert "numpy" in own.requirements
    assert "librosa==" in lab.constraints
    assert own.constraints == ""


def test_an_environment_of_one_model_is_held_to_the_versions_beside_its_card(tmp_path: Path) -> None:
    made = card("a", pip=("x==1",), environment="own").model_copy(update={"folder": tmp_path})
    before = Environment("a", (made,)).key
    (tmp_path / "constraints.txt").write_text("y==2\n")
    assert Environment("a", (made,)).constraints == "y==2\n"
    assert Environment("a", (made,)).key != before


@pytest.mark.skipif(sys.platform != "linux", reason="builds differ on Linux only")
def test_a_machine_without_a_gpu_never_pulls_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_TORCH", "cpu")
    assert environments.torch_build("torch==2.13.0") == "torch==2.13.0+cpu"
    monkeypatch.setenv("MODEL_LAB_TORCH", "cuda")
    assert environments.torch_build("torch==2.13.0") == "torch==2.13.0"
    assert environments.torch_build("torchcrepe==0.0.24") == "torchcrepe==0.0.24"


def _installer(
    monkeypatch: pytest.MonkeyPatch, refuses: str = "", complaint: str = "ERROR: no matching distribution"
) -> list[list[str]]:
    """Stands in for pip, which the environments therefore do without: notes what is asked, refuses one requirement."""
    real, asked = subprocess.run, list[list[str]]()

    def run(command: list[str], **named: object) -> subprocess.CompletedProcess[str]:
        if "install" not in command:
            without = ["--without-pip"] if "venv" in command else []
            return real([*command, *without], **named)  # type: ignore[call-overload, no-any-return]
        asked.append(command)
        bad = bool(refuses) and refuses in command
        return subprocess.CompletedProcess(command, int(bad), "", f"{complaint}\n" if bad else "")

    monkeypatch.setattr(environments.subprocess, "run", run)
    monkeypatch.setattr(environments.shutil, "which", lambda name: None)
    return asked


def test_an_environment_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _installer(monkeypatch)
    environment = Environment("lab", (card("a", pip=("x==1",), no_deps=("y==1",)),))
    assert environment.built is None
    environments.build(environment, print)
    assert environment.built is not None
    assert environment.built["left_out"] == {}
    assert [("--no-deps" in command, command[-1]) for command in asked] == [(False, "x==1"), (True, "y==1")]
    environments.build(environment, print)
    assert len(asked) == 2
    environments.build(environment, print, force=True)
    assert len(asked) == 4
    assert [path.name for path in environments.existing()] == [environment.key]
    environments.remove(environment.folder)
    assert environments.existing() == []


def test_a_full_disk_ends_the_build_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _installer(
        monkeypatch, "y==1", "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    )
    environment = Environment("lab", (card("a", pip=("x==1", "y==1")),))
    with pytest.raises(StoreError, match=r"is full \(.* GB free .*\); free some space, then run: model-lab env build lab"):
        environments.build(environment, print)
    assert len(asked) == 1
    assert not environment.folder.exists()


def test_one_bad_package_leaves_out_its_model_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _installer(monkeypatch, refuses="bad==1")
    good, bad = card("good", pip=("x==1",)), card("bad", pip=("bad==1",))
    environment = Environment("lab", (good, bad))
    said: list[str] = []
    environments.build(environment, said.append)
    assert environment.built is not None
    assert environment.built["left_out"] == {"bad": "ERROR: no matching distribution"}
    assert ["x==1"] in [[word for word in command if word == "x==1"] for command in asked]
    assert any(text.startswith("bad is left out") for text in said)
    monkeypatch.setattr(environments, "environment_of", lambda found: environment)
    assert environments.why_not(good) == ""
    assert "its packages could not be installed (ERROR: no matching distribution)" in environments.why_not(bad)
    with pytest.raises(NotRunnable, match="bad cannot run"):
        environments.python_for(bad)


def test_an_interrupted_build_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    _installer(monkeypatch)
    environment = Environment("lab", (card("a", pip=("x==1",)),))
    environment.folder.mkdir(parents=True)
    (environment.folder / "half").write_text("left by a kill")
    environments.build(environment, print)
    assert not (environment.folder / "half").exists()
    assert environment.python.exists()


def test_two_at_once_build_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _installer(monkeypatch)
    environment = Environment("lab", (card("a", pip=("x==1",)),))
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: environments.build(environment, print), range(2)))
    assert len(asked) == 1
    assert environment.built is not None


def test_no_index_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = subprocess.run

    def run(command: list[str], **named: object) -> subprocess.CompletedProcess[str]:
        if "install" in command:
            return subprocess.CompletedProcess(command, 1, "", "ERROR: no network\n")
        return real(command, **named)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(environments.subprocess, "run", run)
    monkeypatch.setattr(environments.shutil, "which", lambda name: None)
    environment = Environment("lab", (card("a", pip=("x==1",)),))
    with pytest.raises(NotRunnable, match=r"cannot be built \(ERROR: no network\); check pip's access"):
        environments.build(environment, print)
    assert environment.built is None
