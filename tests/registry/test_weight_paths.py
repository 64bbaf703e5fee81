"""Where weights are: looked up by the host, handed to the worker, and answered by the card in a loader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from model_lab import hub_cache
from model_lab.contract import Licence, ModelCard, Source, WeightFile, WeightPaths, Weights
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.registry import model_cards, weight_paths
from model_lab.types import Audio, Transcript
from model_lab.workers.client import Worker
from tests.conftest import MakeModel
from tests.provision.test_hub import safetensors

SOUND = Audio(np.full(1600, 0.1, np.float32), 16000)
HUB = {
    "kind": "hub",
    "repositories": {
        "model": {"id": "acme/{size}", "files": ["*.safetensors"]},
        "voice": {"id": "acme/voice", "files": ["*.pt"]},
    },
}


def card(weights: Weights, **changes: object) -> ModelCard:
    source = Source(kind="hub", id="acme/{size}") if weights.kind == "hub" else Source(kind="package", id="a")
    licence = Licence(code="MIT", commercial=True)
    fields = {
        "name": "far",
        "title": "Far",
        "summary": "",
        "kind": "neural",
        "capabilities": ("asr",),
        "options": {"size": "small"},
    }
    return ModelCard(source=source, licence=licence, memory_gb=1.0, weights=weights, **(fields | changes))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache that holds ``acme/small``."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = hub_cache.folder("acme/small") / "snapshots" / "main"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(safetensors(10))
    return folder


def test_whole_repositories_have_a_folder_and_the_others_a_list(hub: Path) -> None:
    paths = weight_paths.locate(card(Weights.model_validate(HUB)))
    assert (paths.repositories, paths.absent, paths.files, paths.random) == ({"model": hub}, {"voice": ("*.pt",)}, {}, False)
    (hub / "model.safetensors").write_bytes(b"cut off")
    (hub / hub_cache.RANDOM_WEIGHTS).touch()
    paths = weight_paths.locate(card(Weights.model_validate(HUB)))
    assert "model" not in paths.repositories and paths.absent["model"] == ("model.safetensors",) and paths.random


def test_options_decide_which_repository_is_meant(hub: Path) -> None:
    paths = weight_paths.locate(card(Weights.model_validate(HUB), options={"size": "large"}))
    assert paths.repositories == {} and paths.absent["model"] == ("*.safetensors",)


def test_weight_files_are_those_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    files = {name: WeightFile(path=name, sha256="0" * 64) for name in ("a.bin", "b.bin")}
    wheel = card(Weights(kind="wheel", package="acme==1.2", files=files))
    assert weight_paths.folder(wheel) == tmp_path.resolve() / "weights" / "acme-1.2"
    assert weight_paths.folder(card(Weights(kind="url", files=files))) == tmp_path.resolve() / "weights" / "far"
    weight_paths.folder(wheel).mkdir(parents=True)
    (weight_paths.folder(wheel) / "a.bin").touch()
    located = weight_paths.located(wheel)
    assert located.file("a.bin") == weight_paths.folder(wheel) / "a.bin"
    with pytest.raises(NotRunnable, match=r"far: weight file b\.bin is not here; run: model-lab fetch far"):
        located.file("b.bin")


def _on_hub(folder: Path) -> None:
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config |= {"source": {"kind": "hub", "id": "acme/{size}"}, "weights": HUB, "options": {"size": "small"}}
    path.write_text(yaml.safe_dump(config))


@pytest.fixture
def far(make_model: MakeModel) -> ModelCard:
    """A model of the hub that answers with the folder of its repository, which it looks up when it is loaded."""
    _on_hub(make_model("far", "return Transcript(str(folder))", at_load="folder = card.repository('model')"))
    return model_cards.card("far")


def test_a_worker_answers_from_the_paths_of_its_host(far: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = WeightPaths(repositories={"model": Path("/only/the host knows/\udce9")}, random=True)
    monkeypatch.setattr("model_lab.workers.client.weight_paths.locate", lambda card: paths)
    worker = Worker(far, "cpu")
    try:
        worker.start()
        assert worker.ask("asr", (SOUND,)).value == Transcript("/only/the host knows/\udce9")
        assert worker.session(1).random_weights
    finally:
        worker.close()


def test_a_worker_says_what_is_missing(far: ModelCard, hub: Path) -> None:
    worker = Worker(far, "cpu", {"size": "large"})
    with pytest.raises(ModelLabError, match=r"far: acme/large lacks \*\.safetensors here; run: model-lab fetch far"):
        worker.start()
    worker.close()


def test_an_author_loads_a_model_in_their_own_process(far: ModelCard, hub: Path) -> None:
    with model_cards.load_here(far, "cpu") as bundle:
        assert bundle.asr(SOUND) == Transcript(str(hub))
