"""The common checks in a plug-in author's own suite: passed, failed, skipped and expected as pytest says it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model_lab import capabilities, datasets
from model_lab.authoring import check_names, checks
from model_lab.errors import BadConfig, UnknownName
from model_lab.testing import Check, parametrize_with_checks
from tests.conftest import MakeModel, forget


def outcomes(*names: str, level: str = "behaviour") -> dict[str, str]:
    """What pytest makes of every check."""
    results = {}
    for parameter in parametrize_with_checks(*names, level=level).args[1]:
        [check] = parameter.values
        assert isinstance(check, Check) and parameter.id == str(check)
        try:
            check()
        except BaseException as outcome:  # pytest's outcomes are no Exceptions
            results[check.name] = f"{type(outcome).__name__}: {outcome}"
        else:
            results[check.name] = "passed"
    return results


def test_a_good_model_passes_every_check(make_model: MakeModel) -> None:
    make_model("good", "return Transcript('')")
    found = outcomes("good")
    assert set(found.values()) == {"passed"}
    assert list(found) == [result.check for result in checks.check_model("good")]


def test_failures_are_told_and_expected_ones_are_xfails(make_model: MakeModel) -> None:
    config = make_model("bad", "return Transcript('' if audio.samples.ndim == 1 else [][0])") / "config.yaml"
    config.write_text(config.read_text() + "expected_failures: {'asr: survives stereo': it is mono}\n")
    forget()
    found = outcomes("bad")
    assert found["asr: survives stereo"].startswith("XFailed: it is mono (")
    assert (
        found["asr: survives 5.1"].startswith("Failed: bad: asr: survives 5.1: ") and "IndexError" in found["asr: survives 5.1"]
    )
    assert found["asr: survives 8 kHz"] == "passed"


def test_what_is_not_reached_is_skipped_and_says_why(make_model: MakeModel) -> None:
    folder = make_model("bad", "return Transcript('')")
    (folder / "loader.py").write_text("import no_such_package\n")
    found = outcomes("bad")
    assert found["imports"].startswith("Failed: ") and "no_such_package" in found["imports"]
    assert found["asr: survives 8 kHz"].startswith("Skipped: not reached: imports: ")
    (folder / "config.yaml").write_text("title: x")
    forget()
    assert list(outcomes("bad")) == ["card"] and "is missing" in outcomes("bad")["card"]


def test_names_of_checks_are_those_that_run() -> None:
    for name in capabilities.names():
        assert list(check_names.of("capability", name, "card")) == [each.check for each in checks.check_capability(name)]
    for name in datasets.names():
        assert {each.check for each in checks.check_dataset(name)} <= set(check_names.of("dataset", name, "card"))


def test_unknown_names_levels_and_packages_are_told() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'pyin'\?"):
        parametrize_with_checks("pyinn")
    with pytest.raises(BadConfig, match=r"did you mean 'behaviour'\?"):
        parametrize_with_checks("pyin", level="behavior")
    with pytest.raises(UnknownName, match="no installed package 'no-such-package' adds a model, capability or dataset"):
        parametrize_with_checks(package="no-such-package")


def test_a_suite_of_three_lines_runs(tmp_path: Path) -> None:
    suite = tmp_path / "test_mine.py"
    suite.write_text(
        "from model_lab.testing import parametrize_with_checks\n"
        "@parametrize_with_checks('vad', 'baseline_null', level='card')\n"
        "def test_common_checks(check): check()\n"
    )
    root = Path(checks.__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", str(suite)]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert (
        "[baseline_null: card] PASSED" in done.stdout and "[vad: null and chance answers keep the contract] PASSED" in done.stdout
    )


def test_importing_it_does_not_import_pytest() -> None:
    code = "import model_lab.testing, sys; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
