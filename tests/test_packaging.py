"""The wheel works outside the repository, says what it needs, and importing the package costs nothing."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import model_lab

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CORE = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}

IMPORTED_BY_OTHERS = {
    "language-data": "the names of languages, which langcodes reads",
    "mirdata": "imported by its name in datasets/mir/libraries.py",
    "soundata": "imported by its name in datasets/mir/libraries.py",
}
"""Declared, and imported by no module here -> why it is needed."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree without network."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        about = Parser().parsestr(archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode())
    assert "model_lab/py.typed" in names
    assert (about["Name"], about["Version"]) == ("model-lab", model_lab.__version__)
    assert (about["Author"], about["License-Expression"]) == ("Model Lab developers", "Apache-2.0")


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
    assert model_lab.__all__ == sorted(model_lab.__all__)
    assert all(getattr(model_lab, name) for name in model_lab.__all__)
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        _ = model_lab.laod


# What is imported is declared.


def _imports(source: str) -> set[str]:
    """The modules that code imports, wherever it does.

    >>> sorted(_imports("import a.b\\ndef f():\\n    from c import d\\nfrom . import e"))
    ['a.b', 'c']
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module is not None
            found.add(node.module)
    return found


def _distributions(module: str) -> set[str]:
    """The distributions that install a module: of a namespace package, those that install this part of it."""
    owners = set(metadata.packages_distributions().get(module.partition(".")[0], ()))
    if len(owners) > 1:
        place = "/".join(module.split(".")[:2])
        owners = {owner for owner in owners if any(str(file).startswith(place) for file in metadata.files(owner) or ())}
    return {canonicalize_name(owner) for owner in owners}


def _foreign() -> Iterator[tuple[Path, str]]:
    """Every module of others that the host's code imports. Loaders and what they share run in the models' environments."""
    for path in sorted((ROOT / "model_lab").rglob("*.py")):
        place = path.relative_to(ROOT / "model_lab")
        if place.parts[0] not in ("models", "loader_utils"):
            for module in _imports(path.read_text("utf-8")):
                if module.partition(".")[0] not in {*sys.stdlib_module_names, "model_lab"}:
                    yield place, module


def _names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def test_every_imported_distribution_is_declared() -> None:
    """By the core, or by the extra of the part that imports it."""
    undeclared = set()
    for place, module in _foreign():
        extras = {"ui": "ui", "metrics/meetings.py": "meetings", "testing.py": "testing"}
        extra = next((extra for part, extra in extras.items() if str(place) == part or place.parts[0] == part), None)
        declared = _names(CORE) | (_names(EXTRAS[extra]) if extra else set())
        owners = _distributions(module)
        assert owners, f"{place} imports {module}, which is not installed; run: make setup"
        if not owners & declared:
            undeclared.add((str(place), module, *owners))
    assert not undeclared, "add them to pyproject.toml"


def test_every_declared_distribution_is_imported() -> None:
    imported = {owner for _, module in _foreign() for owner in _distributions(module)}
    declared = _names([*CORE, *EXTRAS["ui"], *EXTRAS["meetings"], *EXTRAS["public"], *EXTRAS["testing"]])
    assert declared - imported == set(IMPORTED_BY_OTHERS), "remove them from pyproject.toml, or say here what needs them"


def test_the_tested_versions_are_allowed_and_pinned() -> None:
    pins = [Requirement(line) for line in (ROOT / "constraints.txt").read_text("utf-8").split()]
    tested = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    for requirement in [*CORE, *(one for extra in EXTRAS.values() for one in extra)]:
        assert requirement.specifier.contains(tested[canonicalize_name(requirement.name)]), requirement


def test_the_core_names_the_oldest_version_it_works_with() -> None:
    """They are installed and tested by ``make minimum``."""
    assert all(
        str(one.specifier).startswith(">=")
        for one in [*CORE, *EXTRAS["ui"], *EXTRAS["meetings"], *EXTRAS["public"], *EXTRAS["testing"]]
    )


# What a version is called, wherever it is said.


def test_the_version_is_one_everywhere() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", model_lab.__version__)
    assert PROJECT["dynamic"] == ["version"] and "version" not in PROJECT
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == model_lab.__version__


def test_the_changelog_is_kept_as_keep_a_changelog_says() -> None:
    """Version 1.1.0 of it: the newest first, with dates, and six kinds of change."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    unreleased, *released = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert unreleased == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", title) for title in released)
    assert released[0].startswith(f"[{model_lab.__version__}]")
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }
