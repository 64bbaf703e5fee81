"""The scripts over the Python API run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.examples.conftest import EXAMPLES, ROOT


def run(script: str, *arguments: Path) -> str:
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "MODEL_LAB_CACHE": str(arguments[0].parent / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_is_evaluated_and_its_scores_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    printed = run("evaluate_my_model.py", folder)
    assert "detection_error_rate 0.0" in printed and "n = 3" in printed
    assert "loud_parts on recordings: detection_error_rate 0.0" in run("read_scores.py", folder / "runs")
