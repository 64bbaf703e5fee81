"""The host's side of a worker: start it, run inference in it, time it out, and say how it ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import filelock

from model_lab import cache, extensions, hub_cache
from model_lab.audio import Track
from model_lab.capabilities import capability
from model_lab.contract import Bundle, Call, ModelCard, WeightPaths
from model_lab.errors import ContractBroken, ModelLabError, WorkerFailed, WorkerTimedOut
from model_lab.files import translate_os_errors
from model_lab.provision import environments, gpus
from model_lab.provision.environments import PACKAGE, WITHHELD
from model_lab.registry import model_cards, weight_paths
from model_lab.results.schema import WorkerSession
from model_lab.types import mapped
from model_lab.workers import contention, cores
from model_lab.workers.contention import CallCost
from model_lab.workers.protocol import PROTOCOL, Channel

HELLO_S = 120.0
LOAD_S = 600.0

# The package is passed by path, so that nothing else in the host's site-packages is visible in the model's environment.
_BOOT = """
import sys, importlib.util as util
spec = util.spec_from_file_location("model_lab", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]])
sys.modules["model_lab"] = package = util.module_from_spec(spec)
spec.loader.exec_module(package)
from model_lab.workers.worker import main
main(int(sys.argv[2]))
"""


@dataclass(frozen=True)
class ResourceAllocation:
    """A worker's share of the machine: which cores it may use (None: all), and which GPU if it runs on one (None: any)."""

    cores: tuple[int, ...] | None = None
    gpu: gpus.Gpu | None = None

    @property
    def threads(self) -> int:
        """Threads a model may start: one per core."""
        return len(self.cores) if self.cores else cores.count()


class AnswerFailed(ModelLabError):
    """One sample failed and the worker is alive: the model refused it or raised. ``clean``: the error is a `ModelLabError`."""

    def __init__(self, text: str, clean: bool) -> None:
        super().__init__(text)
        self.clean = clean


class AnswerTimedOut(WorkerTimedOut):
    """One sample hit its time limit; ``cost`` is its cost so far, as measured from outside the process."""

    def __init__(self, text: str, cost: CallCost) -> None:
        super().__init__(text)
        self.cost = cost


@dataclass(frozen=True)
class WorkerAnswer:
    """An answer and its cost, measured by the worker; ``notes`` about the audio files that it read."""

    value: Any
    cost: CallCost
    notes: tuple[str, ...] = ()


@dataclass
class Worker:
    """One child process with one model. `start`, `ask` many times, `close`; after `WorkerFailed` start a new one.

    ``device`` is cpu, cuda, or one GPU as in cuda:1; the model sees no other and gets "cuda". Its stderr goes to
    ``log``, or without one to a temporary file that is removed when it is closed.
    """

    card: ModelCard
    device: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    allocation: ResourceAllocation = ResourceAllocation()
    log: Path | None = None

    _process: subprocess.Popen[bytes] | None = None
    _channel: Channel | None = None
    _weights: WeightPaths = field(default_factory=WeightPaths)
    _loaded: dict[str, Any] = field(default_factory=dict)
    _peaks: dict[str, float | None] = field(default_factory=dict)
    _environment: str = ""
    _log_start: int = 0
    _temporary_log: bool = False
    _killed: bool = False
    _release_numba_cache: Callable[[], None] = field(default=lambda: None)

    def start(self) -> None:
        """Start the process and load the model. Raises `ModelLabError` with the reason if that fails."""
        python, self._environment = environments.python_for(self.card)
        self._weights = weight_paths.locate(model_cards.with_options(model_cards.read(self.card.base), dict(self.options)))
        if self.log is None:
            handle, name = tempfile.mkstemp(prefix=f"model-lab-{self.card.name}-", suffix=".log")
            os.close(handle)
            self.log, self._temporary_log = Path(name), True
        self.log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        with theirs, self.log.open("ab") as stderr:
            self._log_start = stderr.tell()
            self._process = subprocess.Popen(
                [python, "-P", "-s", "-c", _BOOT, str(PACKAGE), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                pass_fds=(theirs.fileno(),),
                env=self._variables(),
                start_new_session=True,
            )
        self._channel = Channel(ours)
        if self._killed:
            self.kill()
        hello = self._reply(HELLO_S, "started")
        if hello.get("protocol") != PROTOCOL:
            self.kill()
            raise WorkerFailed(
                f"{self.card.name}: its worker speaks protocol {hello.get('protocol')}, expected {PROTOCOL}; run: model-lab setup"
            )
        self._channel.send(
            {
                "kind": "load",
                "model": self.card.base,
                "device": gpus.kind(self.device),
                "options": dict(self.options),
                "seed": self.seed,
                "weights": mapped(asdict(self._weights), _as_text),
            }
        )
        self._loaded = self._reply(LOAD_S, "loaded")

    @property
    def device_used(self) -> str:
        """The device the model reported."""
        return str(self._loaded["device"])

    @property
    def load_s(self) -> float:
        """Seconds it took to load the model, imports included, process start not."""
        return float(self._loaded["load_s"])

    def ask(
        self,
        capability: str,
        inputs: tuple[Any, ...],
        timeout: float | None = None,
        reference: dict[str, Any] | None = None,
        seed: int | None = None,
    ) -> WorkerAnswer:
        """Run inference once; a `Path` or `Track` among ``inputs``, or in a list or dict among them, is read by the worker.

        ``seed``: set before the answer instead of the worker's own.

        Raises `AnswerFailed` if this sample failed, `AnswerTimedOut` if it took too long, `WorkerFailed` if the process crashed or was killed.
        """
        assert self._channel is not None and self._process is not None, "start() first"
        began = contention.system_counters(self._process.pid, self.allocation.cores or ())
        try:
            self._channel.send(
                {
                    "kind": "ask",
                    "capability": capability,
                    "inputs": mapped(inputs, _to_read),
                    "seed": self.seed if seed is None else seed,
                    "truth": reference,
                }
            )
        except OSError:
            raise WorkerFailed(self._exit_reason()) from None
        reply = self._reply(timeout, "answered", began)
        cost = CallCost(reply["latency_s"], reply["cpu_s"], reply["waited_s"], reply["others_s"])
        return WorkerAnswer(reply["answer"], cost, tuple(reply["notes"]))

    def close(self) -> None:
        """End the process, gracefully if it still responds."""
        if self._process is not None and self._process.poll() is None and self._channel is not None:
            try:
                self._channel.send({"kind": "close"})
                self._reply(10.0, "closed")
                self._process.wait(timeout=10.0)
            except (OSError, ModelLabError, subprocess.TimeoutExpired):
                self.kill()
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._temporary_log and self.log is not None:
            self.log.unlink(missing_ok=True)
        self._release_numba_cache()

    def session(self, answered: int, ended: str = "closed") -> WorkerSession:
        """The record of this process so far; ``answered`` answers are counted."""
        return WorkerSession(
            worker_pid=self._process.pid if self._process else 0,
            environment=self._environment,
            device=str(self._loaded.get("device", gpus.kind(self.device))),
            gpu=self._gpu.number if self._gpu else None,
            threads=int(self._loaded.get("threads", self.allocation.threads)),
            load_s=float(self._loaded.get("load_s", 0.0)),
            load_cpu_s=float(self._loaded.get("load_cpu_s", 0.0)),
            peak_memory_mb=self._peaks.get("peak_memory_mb") or 0.0,
            peak_gpu_memory_mb=self._peaks.get("peak_gpu_memory_mb"),
            random_weights=bool(self._loaded) and self._weights.random,
            load_average=contention.load(),
            answered=answered,
            ended=ended,
        )

    def kill(self) -> None:
        """End the process and everything it started, at once; one that is just being started loads nothing."""
        self._killed = True
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):  # it has just exited
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _reply(self, timeout: float | None, doing: str, sent: contention.SystemCounters | None = None) -> dict[str, Any]:
        """The next reply that is not a heartbeat. ``sent``: counters when the request was sent, if the reply is its answer."""
        assert self._channel is not None and self._process is not None
        last_message = time.monotonic()
        deadline = None if timeout is None else last_message + timeout
        while True:
            try:
                message = self._channel.receive(None if deadline is None else max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                silent = time.monotonic() - last_message
                until = contention.system_counters(self._process.pid, self.allocation.cores or ())
                self.kill()
                stuck = f", silent for {silent:.0f} s (stuck in native code)" if silent > 5 else ""
                reason = (
                    f"{self.card.name} had not {doing} after {timeout:.0f} s{stuck} and was stopped{self._last_stderr_lines()}"
                )
                if sent is None:
                    raise WorkerTimedOut(reason) from None
                raise AnswerTimedOut(reason, contention.call_cost(sent, until, until.at - sent.at)) from None
            except EOFError:
                raise WorkerFailed(self._exit_reason()) from None
            except ContractBroken as error:
                raise AnswerFailed(f"{self.card.name} gave an answer that breaks the contract: {error}", clean=True) from None
            last_message = time.monotonic()
            for key in ("peak_memory_mb", "peak_gpu_memory_mb"):
                if message.get(key) is not None:
                    self._peaks[key] = max(message[key], self._peaks.get(key) or 0.0)
            if message["kind"] == "error":
                raise AnswerFailed(message["text"], message["clean"])
            if message["kind"] != "beat":
                return message

    def _exit_reason(self) -> str:
        """How the process ended, with its last stderr lines."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return (
                f"{self.card.name}: its worker closed the connection without exiting and was stopped{self._last_stderr_lines()}"
            )
        if code == -signal.SIGKILL:
            ending = "was killed (signal 9; the system does this when memory runs out)"
        elif code < 0:
            ending = f"crashed with signal {-code} ({signal.Signals(-code).name})"
        else:
            ending = f"ended with exit code {code}"
        return f"{self.card.name}: its worker {ending}{self._last_stderr_lines()}"

    def _last_stderr_lines(self, lines: int = 4) -> str:
        """The last lines this process wrote to stderr, on one line."""
        assert self.log is not None
        with self.log.open("rb") as stream:
            stream.seek(max(self._log_start, self.log.stat().st_size - 8192))
            text = stream.read().decode("utf-8", "replace")
        tail = [line.strip() for line in text.splitlines() if line.strip()][-lines:]
        return f"; last stderr lines: {' | '.join(tail)[-600:]}" if tail else ""

    def _claim_numba_cache(self) -> Path:
        """A folder for compiled code that no other worker writes into at the same time, which would corrupt numba's cache.

        It is the model's own and is kept; while another worker of the model uses it, it is a temporary one.
        """
        kept = cache.folder("numba", self.card.base)
        lock = filelock.FileLock(f"{kept}.lock")
        try:
            with translate_os_errors(kept):
                kept.parent.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
        except filelock.Timeout:
            passing = tempfile.TemporaryDirectory(prefix="model-lab-numba-", ignore_cleanup_errors=True)
            self._release_numba_cache = passing.cleanup
            return Path(passing.name)
        self._release_numba_cache = lock.release
        return kept

    @cached_property
    def _gpu(self) -> gpus.Gpu | None:
        """The GPU to run on, if known: that of its allocation, or the one that the device names."""
        if gpus.kind(self.device) == "cpu":
            return None
        choice = (self.allocation.gpu,) if self.allocation.gpu else gpus.usable(self.device)
        return choice[0] if len(choice) == 1 else None

    def _variables(self) -> dict[str, str]:
        """The environment variables of the process: no host paths, no token, no network, and its number of threads before any import."""
        threads = str(self.allocation.threads)
        kept = {key: value for key, value in os.environ.items() if key not in WITHHELD}
        limits = ("OMP", "MKL", "OPENBLAS", "NUMBA", "VECLIB_MAXIMUM", "NUMEXPR", "RAYON")
        return {
            **kept,
            **extensions.registry().handover(),
            **{f"{library}_NUM_THREADS": threads for library in limits if library != "VECLIB_MAXIMUM"},
            "VECLIB_MAXIMUM_THREADS": threads,
            "MODEL_LAB_THREADS": threads,
            "MODEL_LAB_CORES": ",".join(map(str, self.allocation.cores or ())),
            "MODEL_LAB_CACHE": str(cache.root()),
            "NUMBA_CACHE_DIR": str(self._claim_numba_cache()),
            "TOKENIZERS_PARALLELISM": "false",
            "HF_HUB_CACHE": str(hub_cache.root()),
            "HF_HUB_OFFLINE": "1",
            "PYANNOTE_METRICS_ENABLED": "0",
            "PYTHONUNBUFFERED": "1",
            **({"CUDA_VISIBLE_DEVICES": self._gpu.visible} if self._gpu and self._gpu.visible else {}),
        }


def _to_read(leaf: Any) -> Any:
    """A path, or a track of a file, as a request that the worker read it."""
    if isinstance(leaf, Track):
        return {"read": str(leaf.path), "track": leaf.number}
    return {"read": str(leaf), "track": 0} if isinstance(leaf, Path) else leaf


def _as_text(leaf: Any) -> Any:
    """A path as it is written in a message."""
    return str(leaf) if isinstance(leaf, Path) else leaf


def _path(leaf: Any) -> Any:
    """The name of a file as a path."""
    return Path(leaf) if isinstance(leaf, (str, os.PathLike)) else leaf


def load(card: ModelCard, device: str = "cpu", options: Mapping[str, Any] | None = None) -> Bundle:
    """A Bundle whose calls run in a worker in the model's own environment. Close it when done.

    Where a call takes audio, the path of an audio file is accepted: the worker reads it.
    """
    worker = Worker(card, device, options or {})
    try:
        worker.start()
    except ModelLabError:
        worker.close()
        raise

    def call(name: str) -> Call:
        kinds = [kind for kind, _ in capability(name).inputs]

        def infer(*inputs: Any) -> Any:
            prepared = (mapped(value, _path) if kind == "audio" else value for kind, value in zip(kinds, inputs, strict=False))
            return worker.ask(name, tuple(prepared)).value

        return infer

    return Bundle(card, worker.device_used, {name: call(name) for name in card.capabilities}, worker.close)
