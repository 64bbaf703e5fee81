"""Which GPUs there are, which one is meant, and that a worker sees that one alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from model_lab.errors import BadConfig
from model_lab.provision import gpus, measured_memory
from model_lab.provision.gpus import Gpu
from model_lab.registry import model_cards
from model_lab.results.schema import WorkerSession
from model_lab.runs.executors import MEMORY_SHARE, LocalExecutor, Task
from model_lab.workers.client import ResourceAllocation, Worker
from tests.conftest import MakeModel

GIB = 2**30 / 1e9


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``machine(*free_mib)``: a machine with these GPUs, by an nvidia-smi made for the occasion."""

    def make(*free_mib: int | str) -> None:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir()
        lines = [f"echo '{number}, GPU-{'abcd'[number]}0, {free}'" for number, free in enumerate(free_mib)]
        program.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
        monkeypatch.setattr(gpus, "DRIVER", program)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return make


def test_gpus_are_counted_with_their_free_memory(machine: Callable[..., None]) -> None:
    machine(1024, 4096, "[N/A]")
    assert gpus.gpus() == (
        Gpu(0, "GPU-a0", pytest.approx(GIB)),
        Gpu(1, "GPU-b0", pytest.approx(4 * GIB)),
        Gpu(2, "GPU-c0", math.inf),
    )


@pytest.mark.parametrize(
    ("visible", "found"),
    [("1,0", ["GPU-b0", "GPU-a0"]), ("GPU-b", ["GPU-b0"]), ("", []), ("0,7,1", ["GPU-a0"]), ("-1", [])],
)
def test_only_visible_ones_are_used_and_counted(
    machine: Callable[..., None], monkeypatch: pytest.MonkeyPatch, visible: str, found: list[str]
) -> None:
    machine(1024, 4096)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [(gpu.number, gpu.visible) for gpu in gpus.gpus()] == list(enumerate(found))


def test_a_device_says_which_gpus_may_be_used(machine: Callable[..., None]) -> None:
    machine(1024, 4096)
    assert [gpu.number for gpu in gpus.usable("cuda")] == [0, 1]
    assert [gpu.visible for gpu in gpus.usable("cuda:1")] == ["GPU-b0"]
    assert gpus.usable("cpu") == ()
    with pytest.raises(BadConfig, match="--device is 'cuda:2', and there is no such GPU; there are: cuda:0, cuda:1"):
        gpus.usable("cuda:2")
    for wrong in ("cuda:", "cuda:x", "gpu", "CUDA", ""):
        with pytest.raises(BadConfig, match="expected cpu, cuda, or one GPU: cuda:0"):
            gpus.usable(wrong)


def test_where_nobody_tells_the_free_memory_the_gpu_is_used_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gpus, "DRIVER", tmp_path)
    assert gpus.usable("cuda") == (Gpu(0, "", math.inf),)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus.usable("cuda:3") == (Gpu(3, "3", math.inf),)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1,MIG-2")
    assert gpus.usable("cuda:1") == (Gpu(1, "MIG-2", math.inf),)
    for visible in ("MIG-1", ""):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        with pytest.raises(BadConfig, match=f"CUDA_VISIBLE_DEVICES={visible} hides it"):
            gpus.usable("cuda:1")


def test_a_worker_sees_its_gpu_alone(
    machine: Callable[..., None], make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(1024, 4096)
    make_model("ears", "return Transcript('x')")
    card = model_cards.card("ears")
    assert (
        Worker(card, "cuda", allocation=ResourceAllocation(gpu=Gpu(0, "GPU-a0", 1.0)))._variables()["CUDA_VISIBLE_DEVICES"]
        == "GPU-a0"
    )
    one = Worker(card, "cuda:1")
    assert one._variables()["CUDA_VISIBLE_DEVICES"] == "GPU-b0"
    assert (one.session(0).gpu, one.session(0).device) == (1, "cuda")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert Worker(card, "cuda:1")._variables()["CUDA_VISIBLE_DEVICES"] == "GPU-a0"
    assert Worker(card, "cpu")._variables()["CUDA_VISIBLE_DEVICES"] == "1,0"
    assert Worker(card, "cpu").session(0).gpu is None


def test_work_goes_to_the_gpu_with_most_room_and_waits_for_room() -> None:
    """Two of 4 GB on GPUs of 5 and 6 GB, of which 0.85 may be promised: one each; the third waits for either."""
    ran: list[tuple[str, int | None]] = []

    def task(name: str, gpu_gb: float | None) -> Task:
        return Task(
            name,
            0.1,
            lambda allocation: ran.append((name, allocation.gpu.number if allocation.gpu else None)),
            lambda reason: ran.append((reason, None)),
            gpu_gb,
        )

    executor = LocalExecutor(memory_gb=1.0, gpus=[Gpu(0, "a", 5.0), Gpu(1, "b", 6.0)])
    executor.run([task("large", 5.2), task("small", 4.0), task("none", None), task("last", 4.0)])
    refused, *others = ran
    assert refused == (
        "it needs 5.2 GB on a GPU and at most 5.1 GB may be used of cuda:0, cuda:1; free some or use a larger GPU",
        None,
    )
    assert others == [("small", 1), ("none", None), ("last", 1)]
    assert executor.gpus == {gpu: pytest.approx(MEMORY_SHARE * gpu.free_gb) for gpu in executor.gpus}


def test_two_workers_share_out_two_gpus() -> None:
    import os
    import threading

    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores")
    barrier, used = threading.Barrier(2, timeout=10), list[int]()

    def work(allocation: ResourceAllocation) -> None:
        barrier.wait()
        assert allocation.gpu is not None
        used.append(allocation.gpu.number)

    tasks = [Task(name, 0.1, work, print, 3.0) for name in ("one", "two")]
    LocalExecutor(2, memory_gb=1.0, gpus=[Gpu(0, "a", 5.0), Gpu(1, "b", 5.0)]).run(tasks)
    assert sorted(used) == [0, 1]


def test_work_for_a_gpu_is_refused_where_there_is_none() -> None:
    told: list[str] = []
    LocalExecutor(memory_gb=1.0).run([Task("m", 0.1, lambda allocation: told.append("ran"), told.append, 1.0)])
    assert told == ["there is no NVIDIA GPU here; use --device cpu"]


def test_peaks_on_a_gpu_are_kept_apart(make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    make_model("ears", "return Transcript('x')", memory_gb=0.5)
    card = model_cards.card("ears")
    assert (measured_memory.memory_gb(card), measured_memory.memory_gb(card, "cuda"), measured_memory.gpu_gb(card)) == (
        0.5,
        0.6,
        0.6,
    )
    on_gpu = WorkerSession(device="cuda", peak_memory_mb=2048, peak_gpu_memory_mb=3072, answered=1, ended="closed")
    measured_memory.record(card, on_gpu)
    measured_memory.record(card, on_gpu.model_copy(update={"peak_memory_mb": 1024, "peak_gpu_memory_mb": 4096}))
    assert (measured_memory.memory_gb(card), measured_memory.memory_gb(card, "cuda"), measured_memory.gpu_gb(card)) == (
        0.5,
        2.0,
        4.0,
    )
    measured_memory.record(card, WorkerSession(device="cpu", peak_memory_mb=256, answered=1, ended="closed"))
    assert measured_memory.memory_gb(card) == 0.25
