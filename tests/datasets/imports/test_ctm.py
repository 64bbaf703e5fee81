"""Sound with CTM."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import require_perfect, rows, sound


@pytest.fixture
def data(tmp_path: Path) -> Path:
    sound(tmp_path / "calls" / "call.wav")
    (tmp_path / "calls" / "hyp.ctm").write_text("call 1 0.50 0.25 good 0.99\ncall 1 0.75 0.50 day 0.98\n")
    return tmp_path / "calls"


def test_words(data: Path) -> None:
    (row,) = rows(data, "alignment")
    assert row["text"] == "good day" and row["words"] == [["good", 0.5, 0.75], ["day", 0.75, 1.25]]
    assert rows(data, "asr")[0]["text"] == "good day"


def test_a_broken_line_is_a_sentence(data: Path) -> None:
    (data / "hyp.ctm").write_text("call 1 soon 0.25 good\n")
    with pytest.raises(BadManifest, match=r"hyp.ctm:1: .*where a number of seconds is expected"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["asr", "alignment"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")
