"""The child process: loads one Bundle, runs inference, measures itself. One code path for all models.

It runs in the model's environment, which holds only numpy, soundfile, soxr, av, pydantic and PyYAML of ours. It speaks
over the socket whose descriptor it gets; whatever libraries print goes to stderr, which the host keeps. Network connections
are refused.
"""

from __future__ import annotations

import os
import platform
import random
import resource
import socket
import sys
import threading
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.contract import Bundle, WeightPaths, threads
from model_lab.errors import ContractBroken, ModelLabError, NotRunnable
from model_lab.registry import model_cards
from model_lab.results.schema import StoredSample
from model_lab.types import Audio
from model_lab.workers import contention
from model_lab.workers.protocol import PROTOCOL, Channel

BEAT_S = 1.0


def main(descriptor: int) -> None:
    """Serve one host over the socket ``descriptor`` until it sends close or disconnects."""
    os.dup2(2, 1)
    cores = os.environ.get("MODEL_LAB_CORES")
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    sys.addaudithook(_refuse_network)
    channel = Channel(socket.socket(fileno=descriptor))
    channel.send({"kind": "hello", "protocol": PROTOCOL, "python": platform.python_version(), "pid": os.getpid()})
    threading.Thread(target=_beat, args=(channel,), daemon=True).start()
    bundle: Bundle | None = None
    while True:
        try:
            message = channel.receive()
        except EOFError:
            os._exit(1)
        if message["kind"] == "close":
            if bundle is not None:
                bundle.close()
            channel.send({"kind": "closed", **_memory()})
            return
        try:
            if message["kind"] == "load":
                bundle, reply = _load(message)
            else:
                assert bundle is not None, "inference requested before the model was loaded"
                reply = _answer(bundle, message)
        except (Exception, SystemExit) as error:
            reply = _failure(error)
        try:
            channel.send(reply)
        except (ContractBroken, TypeError, ValueError) as error:  # the answer cannot be serialised; nothing was sent yet
            channel.send(_failure(error))


def _beat(channel: Channel) -> None:
    """Send heartbeats; end this process when the host is gone."""
    while True:
        time.sleep(BEAT_S)
        try:
            channel.send({"kind": "beat", **_memory()})
        except OSError:
            os._exit(1)


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(arguments[1], tuple)):
        raise NotRunnable(
            f"the model tried to reach the network ({arguments[0 if event == 'socket.getaddrinfo' else 1]!r}); "
            "workers run offline: download what it needs with model-lab fetch"
        )


def _load(message: dict[str, Any]) -> tuple[Bundle, dict[str, Any]]:
    card = model_cards.with_options(model_cards.read(message["model"]), message["options"])
    _seed(message["seed"])
    clock = _Clock()
    bundle = model_cards.load_here(card, message["device"], _weights(message["weights"]))
    if bundle.device != message["device"]:
        raise ContractBroken(
            f"{card.name} was loaded for {message['device']} and runs on {bundle.device}; a loader must not change it"
        )
    wall_s, cpu_s, _ = clock.read()
    return bundle, {
        "kind": "loaded",
        "load_s": wall_s,
        "load_cpu_s": cpu_s,
        "device": bundle.device,
        "threads": threads(),
        **_memory(),
    }


def _weights(paths: dict[str, Any]) -> WeightPaths:
    """The paths that the host looked up."""
    return WeightPaths(
        {name: Path(path) for name, path in paths["files"].items()},
        {role: Path(path) for role, path in paths["repositories"].items()},
        paths["absent"],
        paths["random"],
    )


def _answer(bundle: Bundle, message: dict[str, Any]) -> dict[str, Any]:
    capability_used = capability(message["capability"])
    notes: list[str] = []
    inputs = [_input(value, notes) for value in message["inputs"]]
    if bundle.set_reference is not None and message.get("truth"):
        bundle.set_reference(StoredSample.model_validate(message["truth"]).reference(capability_used))
    _seed(message["seed"])
    start = contention.system_counters(os.getpid())
    clock = _Clock()
    answer = capability_used.ask(bundle[capability_used.name], *inputs)
    elapsed = clock.read()
    cost = contention.call_cost(start, contention.system_counters(os.getpid()), *elapsed)
    if problems := capability_used.problems(answer, *inputs):
        raise ContractBroken(f"{bundle.model} gave an answer that breaks the contract: {'; '.join(problems)}")
    seconds = sum(value.duration for value in inputs if isinstance(value, Audio))
    return {"kind": "answer", "answer": answer, "notes": notes, **asdict(cost), "duration_s": seconds, **_memory()}


def _input(value: Any, notes: list[str]) -> Any:
    """An input as the model takes it: audio files are read, and remarks about them are added to ``notes``."""
    if isinstance(value, dict) and value.keys() == {"read", "track"} and isinstance(value["read"], str):
        recording = audio.read_with_notes(value["read"], value["track"])
        notes += recording.notes
        return recording.sound
    if isinstance(value, dict):
        return {key: _input(item, notes) for key, item in value.items()}
    if isinstance(value, list):
        return [_input(item, notes) for item in value]
    if isinstance(value, Audio):
        audio.require_sound(value, "the input")
    return value


def _seed(seed: int) -> None:
    """Set the same random seed for every sample, so that no answer depends on earlier ones."""
    random.seed(seed)
    np.random.seed(seed)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)


class _Clock:
    """Wall and CPU seconds since it was made; CPU time includes finished child processes, whose share is also returned separately."""

    def __init__(self) -> None:
        self._wall, self._own, self._children = time.perf_counter(), time.process_time(), self._of_children()

    def read(self) -> tuple[float, float, float]:
        wall, children = time.perf_counter() - self._wall, self._of_children() - self._children
        return wall, time.process_time() - self._own + children, children

    @staticmethod
    def _of_children() -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime


def _memory() -> dict[str, float | None]:
    """Peak resident memory of this process and its largest child, and peak GPU memory allocated by torch, in MB."""
    peak = _peak_kb() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    torch = sys.modules.get("torch")
    on_gpu = getattr(torch, "cuda", None) is not None and torch is not None and torch.cuda.is_initialized()
    return {
        "peak_memory_mb": peak / 1024,
        "peak_gpu_memory_mb": torch.cuda.max_memory_allocated() / 2**20 if torch is not None and on_gpu else None,
    }


def _peak_kb() -> float:
    """VmHWM where /proc has it: ru_maxrss would include the parent's memory at the moment of the fork."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return float(status.split("VmHWM:")[1].split()[0])


def _failure(error: BaseException) -> dict[str, Any]:
    clean = isinstance(error, ModelLabError)
    if not clean:
        traceback.print_exception(error)
    text = " ".join(str(error).split())
    return {
        "kind": "error",
        "clean": clean,
        "type": type(error).__name__,
        "text": text if clean else f"{type(error).__name__}: {text}"[:500],
        **_memory(),
    }
