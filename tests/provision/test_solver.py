"""Which environments could be one: asked of the real uv, about tiny packages in a folder, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.contract import Install, Licence, ModelCard, Source
from model_lab.provision import environments, solver
from model_lab.provision.environments import Environment
from tests.wheels import use_alone, wheel


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages there are: ``new`` and ``old`` need two versions of ``base``; ``easy`` takes any."""
    shelf = use_alone(tmp_path / "wheels", monkeypatch)
    wheel(shelf, "core", "1")
    wheel(shelf, "base", "1")
    wheel(shelf, "base", "2")
    wheel(shelf, "old", "1", "base==1")
    wheel(shelf, "new", "1", "base==2")
    wheel(shelf, "easy", "1", "base>=1")
    monkeypatch.setattr(environments, "CORE", ("core==1",))
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


def environment(name: str, folder: Path, tested: str = "", **install: object) -> Environment:
    (folder / name).mkdir()
    (folder / name / "constraints.txt").write_text(tested)
    card = ModelCard(
        name=name,
        folder=folder / name,
        title=name,
        summary="made by a test",
        kind="algorithm",
        capabilities=("asr",),
        source=Source(kind="algorithm", id=name),
        licence=Licence(code="Apache-2.0", commercial=True),
        memory_gb=0.1,
        install=Install(environment="own", **install),  # type: ignore[arg-type]
    )
    return Environment(name, (card,))


def test_environments_that_fit_together_are_one_group_and_the_rest_is_told_why_not(tmp_path: Path) -> None:
    found = solver.plan(
        [
            environment("first", tmp_path, pip=("old==1",)),
            environment("second", tmp_path, pip=("new==1",)),
            environment("third", tmp_path, pip=("easy==1",)),
        ]
    )
    assert [group.models for group in found] == [("first", "third"), ("second",)]
    assert [group.name for group in found] == ["first", "second"]
    assert found[0].conflicts == {}
    (why,) = found[1].conflicts.values()
    assert "old" in why and "new" in why and "base==2" in why, why
    assert "\n" not in why


def test_a_group_keeps_the_versions_that_were_tested(tmp_path: Path) -> None:
    tested = environment("tested", tmp_path, "base==1\n", pip=("easy==1",))
    assert "base" in solver.clash([tested, environment("second", tmp_path, pip=("new==1",))])
    assert solver.clash([environment("loose", tmp_path, pip=("easy==1",)), environment("third", tmp_path, pip=("new==1",))]) == ""


def test_packages_installed_alone_clash_by_their_versions(tmp_path: Path) -> None:
    one, other = environment("a", tmp_path, no_deps=("base==1",)), environment("b", tmp_path, no_deps=("base==2",))
    assert solver.clash([one, other]) == "they ask for base==1 and base==2"


def test_a_resolver_that_finds_no_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_TIMEOUT_S", 0.01)
    one = environment("a", tmp_path, pip=("old==1",))
    assert solver.clash([one]) == "uv did not finish within 0 s"
