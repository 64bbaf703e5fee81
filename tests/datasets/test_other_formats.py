"""Tables that are no manifests: they are told, and the command that converts them works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model_lab.capabilities import capability
from model_lab.datasets import manifest, other_formats
from model_lab.errors import BadManifest

TABLES = {
    "rows.json": '[\n {"id": 1, "text": "one, two"},\n {"id": 2, "text": "größer"}\n]\n',
    "rows.jsonl": '[{"id": 1, "text": "one, two"}, {"id": 2, "text": "größer"}]',
    "rows.csv": 'id,text\n1,"one, two"\n2,größer\n',
    "my rows.tsv": "id\ttext\n1\tone, two\n2\tgrößer\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_the_command_that_is_told_makes_a_manifest(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TABLES[name], "utf-8")
    with pytest.raises(BadManifest, match="convert it to one object a line: python3 -c") as told:
        manifest.read(path, capability("tts"))
    command = str(told.value).partition("a line: ")[2].replace("python3", sys.executable, 1)
    subprocess.run(command, shell=True, check=True, timeout=60)
    assert path.read_text("utf-8") == TABLES[name]
    (made,) = set(tmp_path.glob("*.jsonl")) - {path}
    assert [(sample.id, sample.row["text"]) for sample in manifest.read(made, capability("tts"))] == [
        ("1", "one, two"),
        ("2", "größer"),
    ]


def test_an_object_over_several_lines_is_told() -> None:
    assert "over several lines" in other_formats.conversion_hint(Path("m.jsonl"), b'{"id": 1,\n "text": "x"}\n')


@pytest.mark.parametrize(
    "content",
    [b'{"id": 1}', b'\xef\xbb\xbf{"id": 1}\r\n{"id": 2}', b'{"id": "a\\tb"}\n', b"not JSON", b"", b'{"id"\n', b"\xff\xfe"],
)
def test_what_is_none_of_them_is_left_to_the_reader(content: bytes) -> None:
    assert other_formats.conversion_hint(Path("m.jsonl"), content) == ""
