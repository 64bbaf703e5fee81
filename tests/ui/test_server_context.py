"""The folders of a server: what is shown, what passes, and what a killed server leaves behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model_lab.errors import StoreError, UnknownName
from model_lab.ui import server_context as rooms
from model_lab.ui.server_context import ServerContext, passing


def test_only_the_newest_pages_of_a_kind_are_kept(context: ServerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_MAX_KEPT", 3)
    other = context.fresh("other")
    made = [context.fresh("answers") for _ in range(5)]
    assert [folder.is_dir() for folder in made] == [False, False, True, True, True] and other.is_dir()


def test_what_comes_in_is_removed_where_it_is_refused(context: ServerContext) -> None:
    def refuse() -> None:
        with context.receiving() as place:
            (place / "x.wav").write_bytes(b"x")
            raise StoreError("no")

    with pytest.raises(StoreError):
        refuse()
    assert [*(context.place / "incoming").iterdir()] == []
    with context.receiving() as place:
        pass
    assert place.is_dir()


def test_an_address_is_that_of_a_file_that_is_shown(context: ServerContext) -> None:
    assert context.address(context.pages / "a b" / "<x>.html") == "/pages/a%20b/%3Cx%3E.html"
    assert context.address(context.runs / "r" / "x.html") == "/runs/r/x.html"
    assert context.address(context.pipelines / "p" / "x.html") == "/conversations/p/x.html"
    (context.pages / "link").parent.mkdir()
    (context.pages / "link").symlink_to("/etc")
    for path in (
        context.place / "incoming" / "x.wav",
        context.pages / ".." / "x",
        Path("/etc/passwd"),
        context.pages / "link" / "passwd",
    ):
        with pytest.raises(ValueError, match="none of the folders"):
            context.address(path)


def test_only_the_sprints_of_the_server_may_be_started(context: ServerContext) -> None:
    for name in ("", "../x", "/etc/passwd", "hf_sprint_2026q1 "):
        with pytest.raises(UnknownName, match="hf_sprint_2026q1"):
            context.require_sprint(name)


def test_a_server_s_folder_is_gone_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    with passing() as place:
        (place / "x").write_text("x")
    assert not place.exists()
    with pytest.raises(KeyError), passing() as place:
        raise KeyError
    assert not place.exists()


def test_what_a_killed_server_left_is_removed_by_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    code = "import os, signal\nfrom model_lab.ui.server_context import passing\nwith passing() as place:\n    (place / 'x').write_text('x')\n"
    subprocess.run([sys.executable, "-c", code + "    os.kill(os.getpid(), signal.SIGKILL)"], check=False)
    (left,) = (tmp_path / "ui").iterdir()
    assert (left / "x").exists()
    with passing() as first:
        assert not left.exists()
        with passing() as second:  # the first one lives
            assert first.is_dir() and first != second
