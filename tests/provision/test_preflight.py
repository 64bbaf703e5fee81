"""Whether a model can run here, and the sentence that says why not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from model_lab import hub_cache
from model_lab.contract import Licence, ModelCard, Repository, Source, Weights
from model_lab.provision import gpus, measured_memory, preflight
from model_lab.provision.preflight import PreflightOptions
from model_lab.registry import weight_paths
from tests.provision.test_hub import safetensors


def card(**changes: Any) -> ModelCard:
    fields: dict[str, Any] = {
        "name": "far",
        "title": "Far",
        "summary": "Made by a test.",
        "kind": "neural",
        "capabilities": ("asr",),
        "source": Source(kind="hub", id="acme/{size}"),
        "licence": Licence(code="MIT", weights="CC-BY-NC-4.0", commercial=False),
        "parameters": 1_000_000,
        "devices": ("cpu", "cuda"),
        "weights": Weights(kind="hub", repositories={"model": Repository(id="acme/{size}", files=("*.safetensors",))}),
        "options": {"size": "small"},
        "verified": "loader",
    }
    return ModelCard(**(fields | changes))


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds ``acme/small``."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = hub_cache.folder("acme/small") / "snapshots" / "main"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(safetensors(1000))
    return folder


def reasons(found: ModelCard, use: PreflightOptions = PreflightOptions()) -> str:
    return str(preflight.verdict(found, use))


def test_weights_in_the_cache_are_enough(fetched: Path) -> None:
    assert reasons(card()) == "runnable"
    assert weight_paths.located(card()).repository("model") == fetched


def test_an_option_decides_which_weights_are_meant(fetched: Path) -> None:
    other = card(options={"size": "large"})
    assert "weights acme/large are not in the cache; run: model-lab fetch far" in reasons(other)


def test_tables_say_how_far_a_loader_was_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert preflight.verdict(card()).lacks.startswith("loader verified, weights not run here")
    assert preflight.verdict(card(verified="nothing")).lacks.startswith("unverified")


def test_an_unsupported_model_says_only_that() -> None:
    assert (
        reasons(card(unsupported_reason="it needs 28 GB and a repository's own code"))
        == "it needs 28 GB and a repository's own code"
    )


def test_code_in_a_download_needs_trust(fetched: Path) -> None:
    pickled = card(trust_remote_code="a pickle")
    assert "runs code from a download (a pickle); if you trust that, add: --trust far" in reasons(pickled)
    assert reasons(pickled, PreflightOptions(trusted=["far"])) == "runnable"


def test_a_licence_that_does_not_cover_the_use_is_said(fetched: Path) -> None:
    assert "its licence (MIT, weights CC-BY-NC-4.0) is not commercial" in reasons(
        card(), PreflightOptions(permitted="commercial")
    )


@pytest.mark.parametrize(
    ("device", "dtypes", "expected"),
    [("cpu", {}, 4 * 1.2 + 0.6), ("cuda", {"cuda": "bfloat16"}, 2 * 1.2 + 0.6), ("cpu", {"cpu": "float16"}, 2 * 1.2 + 0.6)],
)
def test_memory_follows_the_number_of_weights_and_their_dtype(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, dtypes: dict[str, str], expected: float
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert measured_memory.expected_gb(card(parameters=10**9, dtypes=dtypes), device) == pytest.approx(expected)


def test_weights_in_the_cache_are_counted_rather_than_believed(fetched: Path) -> None:
    assert measured_memory.expected_gb(card(parameters=10**12)) == pytest.approx(1000 * 4e-9 * 1.2 + 0.6)


def test_more_memory_than_is_free_is_refused(fetched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.psutil, "virtual_memory", lambda: SimpleNamespace(available=0.7e9))
    assert "it needs about 0.6 GB of memory on cpu and 0.7 GB are free" in reasons(card())
    monkeypatch.setattr(preflight.psutil, "virtual_memory", lambda: SimpleNamespace(available=0.8e9))
    assert reasons(card()) == "runnable"


def test_the_gpu_is_asked_for_its_own_free_memory(fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 0, GPU-a, 100\necho 1, GPU-b, 500\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "DRIVER", program)
    assert "it needs about 0.6 GB of memory on cuda:0 and 0.1 GB are free" in reasons(card(), PreflightOptions("cuda:0"))
    assert "it needs about 0.6 GB of memory on cuda and 0.5 GB are free" in reasons(card(), PreflightOptions("cuda"))


def test_a_device_the_machine_lacks_is_never_replaced(fetched: Path) -> None:
    if not Path("/dev/nvidiactl").exists():
        assert "there is no NVIDIA GPU here; use --device cpu" in reasons(card(), PreflightOptions("cuda"))
    assert "it runs on cuda, not on cpu; choose with --device" in reasons(card(devices=("cuda",)))
