"""uv is told where pip is told to look, and what it says is passed on in lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from model_lab import cache, installer


@pytest.fixture(autouse=True)
def _plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of pip's or uv's but those of a test."""
    for variable in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


def told(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "pip.conf").write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(folder / "pip.conf"))


def test_what_pip_is_told_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(
        tmp_path,
        monkeypatch,
        "[global]\nindex-url = https://a.example/simple\nextra-index-url =\n  https://b.example/simple\n  file:///c\n"
        "trusted-host = a.example\ncert = /ca.pem\n[install]\nfind-links = /wheels\n",
    )
    said = installer.settings()
    assert said[:2] == ["--index-strategy", "unsafe-best-match"]
    assert {(flag, value) for flag, value in zip(said[2::2], said[3::2], strict=True)} == {
        ("--index-url", "https://a.example/simple"),
        ("--extra-index-url", "https://b.example/simple"),
        ("--extra-index-url", "file:///c"),
        ("--allow-insecure-host", "a.example"),
        ("--find-links", "/wheels"),
    }
    assert installer.environment()["SSL_CERT_FILE"] == "/ca.pem"


def test_an_environment_variable_of_pips_goes_before_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path, monkeypatch, "[global]\nfind-links = /file\n")
    monkeypatch.setenv("PIP_FIND_LINKS", "/variable")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert installer.settings()[2:] == ["--no-index", "--find-links", "/variable"]


def test_a_folder_named_from_here_is_found_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheels").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels")
    assert installer.settings()[2:] == ["--find-links", str(tmp_path / "wheels")]


def test_a_python_without_pip_has_no_settings_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'No module named pip' >&2; exit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    assert installer.settings() == ["--index-strategy", "unsafe-best-match"]


def test_uv_keeps_its_cache_in_ours_unless_the_user_named_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installer.environment()["UV_CACHE_DIR"] == str(cache.folder("uv"))
    monkeypatch.setenv("UV_CACHE_DIR", "/mine")
    assert installer.environment()["UV_CACHE_DIR"] == "/mine"


def acts(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """A script in uv's place."""
    (folder / "uv").write_text(f"#!/bin/sh\n{code}\n")
    (folder / "uv").chmod(0o755)
    monkeypatch.setattr(installer, "uv", lambda: str(folder / "uv"))


def test_steps_are_passed_on_and_a_long_one_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    acts(
        tmp_path,
        monkeypatch,
        f"echo 'Downloading torch (182.9MiB)' >&2; while [ ! -e {go} ]; do sleep 0.01; done; echo Installed 1 package >&2",
    )
    monkeypatch.setattr(installer, "_QUIET_S", 0.01)
    said: list[str] = []

    def say(step: str) -> None:
        said.append(step)
        if step.endswith("so far"):
            go.touch()

    assert installer.run(["pip"], say) == ""
    assert said[0] == "Downloading torch (182.9MiB)"
    assert said[1].startswith("Downloading torch (182.9MiB), ") and said[1].endswith(" s so far")
    assert said[-1] == "Installed 1 package"


def test_who_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acts(tmp_path, monkeypatch, "exec sleep 100")
    assert installer.run(["pip"], timeout_s=0.01) == "uv did not finish within 0 s"


def test_no_projects_settings_are_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acts(tmp_path, monkeypatch, f"ls -A > {tmp_path}/near; pwd > {tmp_path}/where")
    (tmp_path / "pyproject.toml").write_text("[tool.uv]\nconstraint-dependencies = ['x<0']\n")
    monkeypatch.chdir(tmp_path)
    assert installer.run(["pip"]) == ""
    assert (tmp_path / "near").read_text() == ""
    assert (tmp_path / "where").read_text().strip() != str(tmp_path)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because a was not found in the package registry and you require a==1, "
            "we can conclude that your requirements are unsatisfiable.\n",
            "a was not found in the package registry and you require a==1",
        ),
        (
            "error: Failed to build `b==1`\n  cause: The build backend returned an error\n  cause: no compiler\n",
            "Failed to build `b==1`: no compiler",
        ),
        ("something else\nlast line\n", "last line"),
        ("", "no message"),
    ],
)
def test_the_line_that_decides(said: str, expected: str) -> None:
    assert installer.error_message(said) == expected
