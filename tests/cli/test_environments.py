"""``model-lab env``: what is needed, what is built, and what could be shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.cli import environments as env
from model_lab.errors import BadConfig, UnknownName
from model_lab.files import write_json
from model_lab.provision import builder, environments, solver
from model_lab.provision.environments import Environment
from model_lab.registry import model_cards


@pytest.fixture(autouse=True)
def needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Environment]:
    """An empty cache, and two environments that are needed."""
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    found = {name: Environment(name, (model_cards.card(name),)) for name in ("parler_tts", "f5_tts")}
    monkeypatch.setattr(environments, "registered", lambda: found)
    return found


def _pretend_built(folder: Path) -> None:
    write_json(folder / "environment.json", {"left_out": {}})


def test_what_is_needed_and_what_is_built_are_listed_and_what_is_stale_is_removed(
    needed: dict[str, Environment], capsys: pytest.CaptureFixture[str]
) -> None:
    _pretend_built(needed["f5_tts"].folder)
    stale = needed["f5_tts"].folder.with_name("f5_tts-of-last-year")
    _pretend_built(stale)
    env.show()
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()[1:] if line.strip()}
    assert rows[needed["parler_tts"].key] == ["1", "no", "yes"]
    assert rows[needed["f5_tts"].key] == ["1", "yes", "0.00", "GB", "yes"]
    assert rows[stale.name] == ["0", "yes", "0.00", "GB", "no"]
    env.remove(["stale"])
    assert [path.name for path in environments.existing()] == [needed["f5_tts"].key]


def test_a_plan_says_what_one_environment_would_do_for_and_why_the_rest_is_apart(
    needed: dict[str, Environment], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = needed.values()
    monkeypatch.setattr(
        solver, "plan", lambda asked: [solver.Group((one,), {}), solver.Group((other,), {one.name: "old and new"})]
    )
    env.plan()
    assert "f5_tts conflicts with parler_tts: old and new" in capsys.readouterr().out
    monkeypatch.setattr(solver, "plan", lambda asked: [solver.Group((one, other), {})])
    env.plan()
    assert "parler_tts + f5_tts" in capsys.readouterr().out


def test_only_what_is_named_is_built(needed: dict[str, Environment], monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    monkeypatch.setattr(builder, "build", lambda environment, say: built.append(environment.name))
    env.build(["f5_tts"], every=False)
    assert built == ["f5_tts"]
    env.build([], every=True)
    assert built == ["f5_tts", "parler_tts", "f5_tts"]
    with pytest.raises(BadConfig, match="no environment to build is named"):
        env.build([], every=False)
    with pytest.raises(UnknownName, match="there is no environment or model 'f5_ts'"):
        env.build(["f5_ts"], every=False)
