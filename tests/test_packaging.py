"""The wheel works outside the repository, and importing the package costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree without network."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def _unpacked(wheel: Path, tmp_path: Path) -> dict[str, str]:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(tmp_path / "site"),
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(tmp_path / "site")}


def test_the_wheel_carries_all_it_needs(wheel: Path, tmp_path: Path) -> None:
    variables = _unpacked(wheel, tmp_path)
    program = "import model_lab, sys; print(model_lab.__file__); from model_lab.cli import main; main()"

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *words], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith(str(tmp_path / "site"))
        return done.stdout

    assert "faster_whisper" in run("list", "models")
    assert "asterisk_en" in run("list", "datasets")
    assert "baseline_oracle" in run("run", "baseline_oracle", "ner_notes")
    assert (tmp_path / "runs/baseline_oracle-ner_notes-smoke/report/index.html").exists()


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Needs a package index."""
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", str(wheel)], check=True)
    done = subprocess.run(
        [tmp_path / "empty/bin/model-lab", "run", "baseline_oracle", "ner_notes"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "baseline_oracle" in done.stdout


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, model_lab; assert not {'numpy', 'pydantic', 'typer', 'rich', 'yaml'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_public_names_are_sorted_and_there() -> None:
    import model_lab

    assert model_lab.__all__ == sorted(model_lab.__all__)
    assert all(getattr(model_lab, name) for name in model_lab.__all__)
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        _ = model_lab.laod
