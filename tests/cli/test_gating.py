"""``model-lab gate`` as a service of continuous integration meets it: exit codes, a report, a stored baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.results.scoring import score_cell
from tests.cli.test_commands import cli, refused
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs

ROWS = [{"id": f"s{number}", "text": "the cat sat"} for number in range(8)]
RIGHT = {row["id"]: row["text"] for row in ROWS}


@pytest.fixture
def old_and_new(make_cell: Any, tmp_path: Path) -> Path:
    """Runs "old", right throughout, and "new", in which five of eight answers failed; the folder that holds ``runs``."""
    failing = {f"s{number}": ValueError("no memory") for number in range(5)}
    for name, answers in (("old", RIGHT), ("new", RIGHT | failing)):
        score_cell(make_cell("m", ROWS, answers, run=name), name)
    return tmp_path


def test_the_exit_code_says_whether_it_passed(old_and_new: Path) -> None:
    failed = cli("gate", "new", "--baseline", "old", "--max-drop", "wer=0.01", "--junit", "gate.xml", cwd=old_and_new)
    assert failed.returncode == 1, failed.stderr
    assert "5 samples that were answered before fail now, 0 allowed: s0 (no memory)" in (old_and_new / "gate.xml").read_text()
    assert cli("gate", "old", "--baseline", "old", cwd=old_and_new).returncode == 0


def test_a_baseline_is_a_run_a_path_or_a_file(old_and_new: Path) -> None:
    assert cli("gate", "old", "--store", "kept/baseline.json", cwd=old_and_new).returncode == 0
    for baseline in ("kept/baseline.json", "runs/old", str(old_and_new / "runs/old"), "old"):
        assert cli("gate", "old", "--baseline", baseline, cwd=old_and_new).returncode == 0, baseline
        assert cli("gate", "new", "--baseline", baseline, cwd=old_and_new).returncode == 1, baseline
    done = cli("gate", "new", "--baseline", "old", "--store", "worse.json", cwd=old_and_new)
    assert done.returncode == 1 and "not stored in worse.json" in done.stderr and not (old_and_new / "worse.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new"], "no baseline to compare with"),
        (["new", "--baseline", "odl"], r"no run 'odl' in runs (did you mean 'old'?)"),
        (["new", "--baseline", "runs"], "runs is not a run: it has no manifest.json"),
        (["new", "--baseline", "bad.json"], "bad.json is not valid JSON"),
        (["new", "--baseline", "other.json"], "other.json has schema version None, expected 1"),
        (["new", "--baseline", "old", "--max-drop", "wer"], "--max-drop 'wer' is not METRIC=LOSS"),
        (["new", "--baseline", "old", "--max-drop", "wer=nan"], "--max-drop 'wer=nan' is not METRIC=LOSS"),
        (
            ["new", "--baseline", "old", "--max-latency", "p59=2"],
            "--max-latency 'p59=2' is not [PERCENTILE=]RATIO (did you mean 'p99'?)",
        ),
    ],
)
def test_a_wrong_question_ends_in_a_sentence(old_and_new: Path, words: list[str], said: str) -> None:
    (old_and_new / "bad.json").write_text("{")
    (old_and_new / "other.json").write_text("{}")
    assert said in refused("gate", *words, cwd=old_and_new)
