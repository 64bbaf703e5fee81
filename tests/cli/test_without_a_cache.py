"""What can be looked at can be looked at without a cache folder; what needs one says so, and where else it may be."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from model_lab import cli as commands
from model_lab.files import unexpected_error_message
from tests.cli.test_commands import cli, refused


@pytest.fixture(autouse=True)
def _a_file_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "command",
    ["list models", "list datasets", "list runs", "list models --runnable", "env list", "doctor", "preflight baseline_oracle"],
)
def test_looking_needs_none(command: str, tmp_path: Path) -> None:
    done = cli(*command.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command", ["run baseline_oracle tones --runs runs", "run baseline_oracle ner_notes --runs runs", "env build parler_tts"]
)
def test_working_says_what_is_wrong_and_what_to_name_instead(command: str, tmp_path: Path) -> None:
    done = cli(*command.split(), cwd=tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 2
    assert last.startswith(f"error: {tmp_path}/cache")
    assert last.endswith(
        "cannot be used for the cache (Not a directory); name another cache folder with MODEL_LAB_CACHE=/path/to/folder"
    )


def test_fetching_says_it_of_each(tmp_path: Path) -> None:
    done = cli("fetch", "rnnoise", "two_cities", cwd=tmp_path)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines() if "MODEL_LAB_CACHE=" in line] == [
        "rnnoise",
        "two_cities",
    ]


def test_who_has_no_home_names_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MODEL_LAB_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert "name one: MODEL_LAB_CACHE=/path/to/folder" in refused("env", "list", cwd=tmp_path)


def test_a_disk_that_fills_up_where_nobody_expects_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill() -> None:
        raise full

    monkeypatch.setattr(commands, "app", fill)
    assert "the disk is full; free some space" in refused()
    full.filename = "/tmp/x"
    assert "the disk holding /tmp/x is full" in refused()


def test_other_errors_of_the_system_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unexpected_error_message(FileNotFoundError(errno.ENOENT, "No such file", "/etc/absent")) == ""
    assert unexpected_error_message(PermissionError(errno.EACCES, "Permission denied", "/etc/shadow")) == ""
