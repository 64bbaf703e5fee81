"""Environments: what they hold, and which models run in them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model_lab import extensions
from model_lab.contract import Install, Licence, ModelCard, Source
from model_lab.files import write_json
from model_lab.provision import environments
from model_lab.provision.environments import Environment
from model_lab.provision.torch_builds import torch_build
from model_lab.registry import model_cards
from tests.conftest import MakeModel, forget


def card(name: str, **install: object) -> ModelCard:
    return ModelCard(
        name=name,
        folder=extensions.places(extensions.MODEL)[0] / name,
        title=name,
        summary="made by a test",
        kind="algorithm",
        capabilities=("asr",),
        source=Source(kind="algorithm", id=name),
        licence=Licence(code="Apache-2.0", commercial=True),
        memory_gb=0.1,
        install=Install(**install),  # type: ignore[arg-type]
    )


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


def test_cards_share_the_lab_unless_they_say_otherwise() -> None:
    cards = [card("a", pip=("x==1",)), card("b", pip=("y==1",)), card("c", pip=("x==2",), environment="own"), card("d")]
    found = {environment.name: [each.name for each in environment.cards] for environment in environments.environments(cards)}
    assert found == {"lab": ["a", "b"], "c": ["c"]}


def test_the_key_follows_everything_an_environment_holds() -> None:
    one = Environment("lab", (card("a", pip=("x==1",)),))
    assert one.key == Environment("lab", (card("renamed", pip=("x==1",)),)).key
    assert one.key != Environment("lab", (card("a", pip=("x==2",)),)).key
    assert one.key != Environment("lab", (card("a", no_deps=("x==1",)),)).key


def test_the_lab_is_held_to_tested_versions_and_an_own_environment_is_not() -> None:
    lab, own = Environment("lab", (card("a", pip=("x==1",)),)), Environment("a", (card("a", pip=("x==1",), environment="own"),))
    assert any(line.startswith("numpy==") for line in lab.requirements)
    assert "numpy" in own.requirements
    assert "librosa==" in lab.constraints
    assert own.constraints == ""


def test_an_environment_of_one_model_is_held_to_the_versions_beside_its_card(tmp_path: Path) -> None:
    made = card("a", pip=("x==1",), environment="own").model_copy(update={"folder": tmp_path})
    before = Environment("a", (made,)).key
    (tmp_path / "constraints.txt").write_text("y==2\n")
    assert Environment("a", (made,)).constraints == "y==2\n"
    assert Environment("a", (made,)).key != before


@pytest.mark.skipif(sys.platform != "linux", reason="builds differ on Linux only")
def test_a_machine_without_a_gpu_wants_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_TORCH", "cpu")
    assert torch_build("torch==2.13.0") == "torch==2.13.0+cpu"
    assert torch_build("torchcrepe==0.0.24") == "torchcrepe==0.0.24"
    monkeypatch.setenv("MODEL_LAB_TORCH", "cuda")
    assert torch_build("torch==2.13.0") == "torch==2.13.0"


@pytest.fixture
def guest(make_model: MakeModel) -> Callable[[str, str], ModelCard]:
    """Makes a model of an extension that pins some packages."""

    def make(name: str, pinned: str) -> ModelCard:
        config = make_model(name, "return Transcript('')") / "config.yaml"
        config.write_text(config.read_text() + f"install: {{pip: [{pinned}]}}\n")
        forget()
        return model_cards.card(name)

    return make


def test_no_extension_changes_the_lab(guest: Callable[[str, str], ModelCard]) -> None:
    forget()
    before = environments.registered()["lab"]
    for name, pinned in (("new", "some-package==1.0"), ("fits", "Soxr==1.1.0, librosa==0.11.0"), ("clashes", "numpy==1.26.4")):
        guest(name, pinned)
    found = environments.registered()
    assert found["lab"].key == before.key
    assert found["lab"].cards == before.cards
    assert {name: environments.environment_name(model_cards.card(name)) for name in ("new", "fits", "clashes")} == {
        "new": "new",
        "fits": "lab",
        "clashes": "clashes",
    }
    assert found["clashes"].requirements[0] == "PyYAML" and "numpy==1.26.4" in found["clashes"].requirements
    assert "fits" not in found


def test_an_extra_that_no_model_of_ours_asks_for_is_new(guest: Callable[[str, str], ModelCard]) -> None:
    assert environments.environment_name(guest("more", "'librosa[display]==0.11.0'")) == "more"


def test_two_extensions_may_pin_two_versions(guest: Callable[[str, str], ModelCard]) -> None:
    guest("one", "some-package==1.0")
    guest("two", "some-package==2.0")
    assert {"one", "two"} <= environments.registered().keys()


def test_a_guest_is_told_when_the_lab_was_built_without_what_it_needs(guest: Callable[[str, str], ModelCard]) -> None:
    made = guest("fits", "torch==2.13.0, soxr==1.1.0")
    built = {"left_out": {}, "packages": ["soxr==1.1.0"]}
    write_json(environments.registered()["lab"].folder / "environment.json", built)
    assert "torch==2.13.0 not in the lab environment" in environments.why_not(made)
    write_json(
        environments.registered()["lab"].folder / "environment.json", built | {"packages": ["torch==2.13.0+cpu", "soxr==1.1.0"]}
    )
    assert environments.why_not(made) == ""
