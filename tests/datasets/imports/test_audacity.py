"""Sound with label tracks of Audacity."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import require_perfect, rows, sound


@pytest.fixture
def data(tmp_path: Path) -> Path:
    sound(tmp_path / "calls" / "a.wav")
    (tmp_path / "calls" / "a.txt").write_text("0.500000\t1.500000\tgood day\n\\\t100.0\t200.0\n2,000000\t3,000000\thello\n")
    return tmp_path / "calls"


def test_labels(data: Path) -> None:
    assert [row["text"] for row in rows(data, "asr")] == ["good day", "hello"]
    assert rows(data, "vad")[0]["speech"] == [[0.5, 1.5], [2.0, 3.0]]
    assert rows(data, "tempo")[0]["beats"] == [0.5, 2.0]


def test_a_broken_line_is_a_sentence(data: Path) -> None:
    (data / "a.txt").write_text("0.5\t1.5\tgood day\nand something else\n")
    with pytest.raises(BadManifest, match=r"a.txt:2: 'and something else' is no label of Audacity"):
        rows(data, "vad")


@pytest.mark.parametrize("name", ["asr", "vad", "diarization"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")
