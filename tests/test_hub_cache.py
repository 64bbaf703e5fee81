"""The hub's cache, read as its library lays it out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab import hub_cache
from tests.provision.test_hub import safetensors


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of ``acme/small`` at ``main``, whole."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    kept = tmp_path / "models--acme--small"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("c0ffee")
    folder = kept / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(safetensors(10))
    return folder


def test_the_cache_is_where_the_library_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ann")
    assert hub_cache.root() == Path("/home/ann/.cache/huggingface/hub")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert hub_cache.root() == Path("/caches/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "/hf")
    assert hub_cache.root() == Path("/hf/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/hub")
    assert hub_cache.root() == Path("/hub")


def test_a_revision_is_a_reference_or_a_commit(snapshot: Path) -> None:
    assert hub_cache.snapshot("acme/small", "main") == snapshot
    assert hub_cache.snapshot("acme/small", "c0ffee") == snapshot
    assert hub_cache.snapshot("acme/small", "v2") is None
    assert hub_cache.snapshot("acme/other", "main") is None


def test_what_is_not_whole_is_named(snapshot: Path) -> None:
    assert hub_cache.absent(snapshot, ["config.json", "*.safetensors"]) == []
    assert hub_cache.absent(snapshot, ["config.json", "voices/*.pt"]) == ["voices/*.pt"]
    (snapshot / "model.safetensors").write_bytes(safetensors(10)[:-1])
    assert hub_cache.absent(snapshot, ["*.safetensors"]) == ["model.safetensors"]
    (snapshot / "model.safetensors").unlink()
    (snapshot / "model.safetensors").symlink_to("a blob that is gone")
    assert hub_cache.absent(snapshot, ["*.safetensors"]) == ["*.safetensors"]


def test_every_shard_of_an_index_is_wanted(snapshot: Path) -> None:
    index = snapshot / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}))
    assert hub_cache.absent(snapshot, ["*.safetensors"]) == ["model-2.safetensors"]
    index.write_text("{")
    assert hub_cache.absent(snapshot, ["*.safetensors"]) == ["a readable model.safetensors.index.json"]


def test_weights_are_counted_in_the_headers(snapshot: Path) -> None:
    assert hub_cache.parameters(snapshot) == 10
    (snapshot / "vocoder").mkdir()
    (snapshot / "vocoder" / "model.safetensors").write_bytes(safetensors(5))
    assert hub_cache.parameters(snapshot) == 15
    for file in snapshot.rglob("*.safetensors"):
        file.unlink()
    assert hub_cache.parameters(snapshot) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_a_header_or_none(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "model.safetensors"
    file.write_bytes(content)
    assert hub_cache.header(file) is None


@given(size=st.integers(1, 200), cut=st.integers(1, 100))
def test_a_file_that_is_cut_off_anywhere_has_no_header(tmp_path_factory: pytest.TempPathFactory, size: int, cut: int) -> None:
    file = tmp_path_factory.mktemp("cut") / "model.safetensors"
    whole = safetensors(size)
    file.write_bytes(whole)
    assert hub_cache.header(file) is not None
    file.write_bytes(whole[: max(0, len(whole) - cut)])
    assert hub_cache.header(file) is None


def test_random_weights_say_so_themselves(snapshot: Path) -> None:
    assert not hub_cache.is_random(snapshot)
    (snapshot / hub_cache.RANDOM_WEIGHTS).touch()
    assert hub_cache.is_random(snapshot)
