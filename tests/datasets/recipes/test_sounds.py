"""Recipes over named sounds: folders and Qt resource files, sessions, descriptions, speech beside music."""

from __future__ import annotations

import io
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab.datasets.recipes import Workshop, sounds
from model_lab.datasets.recipes._qt_resources import members
from model_lab.errors import BadConfig

Make = Callable[..., Any]
PLACES = {
    "tux": {"package": "tuxpaint", "root": "usr/stamps"},
    "farm": {"package": "gcompris", "root": "usr/rcc/farm.rcc"},
}


def ogg(seconds: float, level: float = 0.3, rate: int = 16000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, level * np.sin(np.arange(round(seconds * rate)) / 7), rate, format="OGG")
    return buffer.getvalue()


def resource_file(files: dict[str, bytes], version: int = 3, compressed: bool = False) -> bytes:
    """What Qt's rcc writes for ``files`` in the folder ``/res``."""
    names, data, nodes = b"", b"", []

    def named(text: str) -> int:
        nonlocal names
        at = len(names)
        names += struct.pack(">HI", len(text), 0) + text.encode("utf-16-be")
        return at

    rest = b"\0" * (8 if version > 1 else 0)
    nodes.append(struct.pack(">IHII", 0, 2, 1, 1) + rest)
    nodes.append(struct.pack(">IHII", named("res"), 2, len(files), 2) + rest)
    for name, content in files.items():
        stored = struct.pack(">I", len(content)) + zlib.compress(content) if compressed else content
        nodes.append(struct.pack(">IHHHI", named(name), int(compressed), 0, 0, len(data)) + rest)
        data += struct.pack(">I", len(stored)) + stored
    start = 24
    tree = start + len(data) + len(names)
    header = struct.pack(">4s5I", b"qres", version, tree, start, start + len(data), 0)
    return header + data + names + b"".join(nodes)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("compressed", [False, True])
def test_files_are_found_in_a_resource_file(tmp_path: Path, version: int, compressed: bool) -> None:
    files = {"a.txt": b"x", "größe.ogg": bytes(range(256))}
    (tmp_path / "a.rcc").write_bytes(resource_file(files, version, compressed))
    assert members(tmp_path / "a.rcc") == {f"/res/{name}": content for name, content in files.items()}


@pytest.mark.parametrize("content", [b"", b"RIFF" + b"\0" * 40, resource_file({}, version=4)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.rcc").write_bytes(content)
    with pytest.raises(BadConfig, match=r"a\.rcc is no Qt resource file"):
        members(tmp_path / "a.rcc")


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, Path]:
    stamps, farm = tmp_path / "tux/usr/stamps/animals", tmp_path / "gcompris/usr/rcc"
    stamps.mkdir(parents=True)
    farm.mkdir(parents=True)
    for name, sound in {"duck": ogg(0.6), "cat": ogg(0.6), "click": ogg(0.1), "mute": ogg(0.6, level=0.0)}.items():
        (stamps / f"{name}.ogg").write_bytes(sound)
    (stamps / "duck.txt").write_text("A duck. \nfr.utf8=Un canard.\n")
    (farm / "farm.rcc").write_bytes(resource_file({"duck.ogg": ogg(0.9), "cow.ogg": ogg(0.5)}))
    return {"tuxpaint": tmp_path / "tux", "gcompris": tmp_path / "gcompris"}


def test_classified(workshop: Make, packages: dict[str, Path]) -> None:
    chosen = {
        "duck": {"names": ["Duck", "Quack"], "files": ["tux/animals/duck.ogg", "farm/duck.ogg"]},
        "cat": {"names": ["Cat"], "files": ["tux/animals/cat.ogg"]},
    }
    shop: Workshop = workshop(packages, places=PLACES, sounds=chosen)
    rows = list(sounds.classified(shop))
    assert [(row["id"], row["label"]) for row in rows] == [("tux-duck", "duck"), ("farm-duck", "duck"), ("tux-cat", "cat")]
    assert all(row["classes"] == {"duck": ["Duck", "Quack"], "cat": ["Cat"]} for row in rows)
    assert [shop.seconds[row["audio"]] for row in rows] == [0.6, 0.9, 0.6]
    assert all(row["group"] == row["id"] for row in rows)


def test_what_was_recorded_together_is_one_group(workshop: Make, packages: dict[str, Path]) -> None:
    chosen = {"any": {"files": ["tux/animals/duck.ogg", "tux/animals/cat.ogg", "farm/cow.ogg"]}}
    together = [["farm/cow.ogg", "tux/animals/duck.ogg"]]
    rows = list(sounds.labelled(workshop(packages, places=PLACES, sounds=chosen, sessions=together)))
    assert [row["group"] for row in rows] == ["farm-cow", "tux-cat", "farm-cow"]
    assert "classes" not in rows[0]


def test_with_one_place_ids_are_the_names_of_the_files(workshop: Make, packages: dict[str, Path]) -> None:
    shop = workshop(packages, places={"tux": PLACES["tux"]}, files=["tux/animals/duck.ogg"])
    (row,) = sounds.described(shop)
    assert (row["id"], row["captions"]) == ("duck", ["A duck."])


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("tux/animals/click.ogg", "leave it out of the card"),
        ("tux/animals/mute.ogg", "leave it out of the card"),
        ("zoo/duck.ogg", "no known place"),
        ("farm/hen.ogg", r"0 files in farm\.rcc are called hen\.ogg"),
    ],
)
def test_what_is_not_there_to_hear_is_refused(workshop: Make, packages: dict[str, Path], file: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        list(sounds.labelled(workshop(packages, places=PLACES, sounds={"x": {"files": [file]}})))


def test_speech_or_music(workshop: Make, fake_prompts: Make, music: dict[str, Path]) -> None:
    (name,) = music
    shop: Workshop = workshop(
        {**fake_prompts("en es fr", 5), **music},
        seed=1,
        sample_rate=8000,
        names={"speech": ["Speech"], "music": ["Music"]},
        languages=["en", "es", "fr"],
        per_language=3,
        shortest=3.0,
        seconds=6,
        per_piece=4,
        places={"phone": {"package": name, "root": "usr/share/asterisk/moh"}},
        music=["phone/song.wav"],
    )
    rows = list(sounds.speech_or_music(shop))
    assert Counter(row["label"] for row in rows) == {"speech": 9, "music": 4}
    assert {row["group"] for row in rows} == {"allison", "june", "song"}
    assert len({row["id"] for row in rows}) == 13
    for row in rows:
        assert soundfile.info(shop.folder / row["audio"]).samplerate == 8000
    assert [shop.seconds[row["audio"]] for row in rows[9:]] == [6.0] * 4
