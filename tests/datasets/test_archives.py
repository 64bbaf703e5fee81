from __future__ import annotations

from pathlib import Path

import pytest

from model_lab import cache
from model_lab.datasets import archives
from model_lab.datasets.card import Archive
from model_lab.errors import NotRunnable
from tests.test_downloads import fake_apt, make_deb
from tests.wheels import use_alone, wheel


def test_deb_is_brought_once(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_deb(tmp_path / "source.deb", {"./usr/a.txt": b"hello", "./usr/b.txt": b"there"})
    fake_apt(tmp_path / "bin", monkeypatch, f"echo called >> {tmp_path}/calls; cp {source} sounds_1.0-1_all.deb")
    archive = Archive(package="sounds=1.0-1", sha256=cache.sha256(source), take=("*/a.txt",))
    folder = archives.download(archive, "mine")
    assert folder == archives.download(archive, "mine", offline=True)
    assert folder.parent == own_cache / "archives" and folder.name.startswith("sounds-1.0-1-")
    assert [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()] == ["usr/a.txt"]
    assert (tmp_path / "calls").read_text() == "called\n"


def test_wheel_is_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = wheel(use_alone(tmp_path / "wheels", monkeypatch), "sounds", "1.0", files={"sounds/a.txt": b"hello"})
    folder = archives.download(Archive(package="sounds==1.0", sha256=cache.sha256(source)), "mine")
    assert (folder / "sounds" / "a.txt").read_bytes() == b"hello"


def test_offline_says_what_to_run(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotRunnable, match=r"mine: sounds=1\.0-1 is not in the cache.*run: model-lab fetch mine$"):
        archives.download(Archive(package="sounds=1.0-1", sha256="0" * 64), "mine", offline=True)
    assert not own_cache.exists()


def test_wrong_sum_leaves_nothing(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_deb(tmp_path / "source.deb", {"a": b"hello"})
    fake_apt(tmp_path / "bin", monkeypatch, f"cp {source} sounds_1.0-1_all.deb")
    with pytest.raises(NotRunnable, match="expected 0000"):
        archives.download(Archive(package="sounds=1.0-1", sha256="0" * 64), "mine")
    assert not [path for path in own_cache.rglob("*") if path.is_dir() and path != own_cache / "archives"]


def test_other_pin_or_choice_is_another_folder() -> None:
    one = Archive(package="sounds=1.0-1", sha256="0" * 64)
    others = [one.model_copy(update=change) for change in ({"sha256": "1" * 64}, {"take": ("a",)}, {"package": "sounds=1.0-2"})]
    assert len({archives.folder(archive) for archive in (one, *others)}) == 4
