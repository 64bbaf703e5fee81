from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from model_lab.formats.plain import lines


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_have_their_numbers_whatever_ends_them(tmp_path: Path, ends: str, mark: bytes) -> None:
    (tmp_path / "a").write_bytes(mark + ends.join(["one", " ", "thr\u2028\u00e9e", ""]).encode())
    assert lines(tmp_path / "a") == [(1, "one"), (3, "thr\u2028\u00e9e")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("one".encode("utf-16"), "a is UTF-16; save it as UTF-8"),
        ("one".encode("utf-32"), "a is UTF-32; save it as UTF-8"),
        ("caf\u00e9".encode("latin-1"), r"a is not UTF-8 \(byte 0xe9\); save it as UTF-8"),
        (b"o\0n\0e\0", "a has a zero byte"),
    ],
)
def test_another_encoding_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadManifest, match=problem):
        lines(tmp_path / "a")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="gone cannot be read"):
        lines(tmp_path / "gone")
