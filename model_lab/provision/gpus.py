"""The GPUs of this machine, by nvidia-smi, and the meaning of ``cuda`` and ``cuda:1``."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from model_lab.contract import Device
from model_lab.errors import BadConfig

DRIVER = Path("/dev/nvidiactl")
_QUERY = "index,uuid,memory.free"


@dataclass(frozen=True)
class Gpu:
    """A GPU that this process may use.

    ``number`` counts from 0 over the usable ones, as in ``cuda:1``; ``visible`` is its name in CUDA_VISIBLE_DEVICES, empty for
    CUDA's default; ``free_gb`` is infinite if unknown.
    """

    number: int
    visible: str
    free_gb: float


def kind(device: str) -> Device:
    """``cuda`` for ``cuda`` and ``cuda:1``: the kind of device a model runs on. Raises `BadConfig` for anything but these and ``cpu``.

    >>> kind("cuda:1"), kind("cpu")
    ('cuda', 'cpu')
    """
    if device == "cpu":
        return "cpu"
    if not re.fullmatch(r"cuda(:\d+)?", device):
        raise BadConfig(f"--device is {device!r}; expected cpu, cuda, or one GPU: cuda:0")
    return "cuda"


def usable(device: str) -> tuple[Gpu, ...]:
    """The GPUs that ``device`` allows: none for ``cpu``, one for ``cuda:1``, all for ``cuda``.

    Raises `BadConfig` if there is no GPU with that number.
    """
    if kind(device) == "cpu" or not DRIVER.exists():
        return ()
    _, marked, number = device.partition(":")
    available = gpus()
    if not available:
        return (_unlisted(int(number or 0), bool(marked)),)
    if not marked:
        return available
    if int(number) >= len(available):
        raise BadConfig(
            f"--device is {device!r}, and there is no such GPU; there are: {', '.join(f'cuda:{g.number}' for g in available)}"
        )
    return (available[int(number)],)


def _unlisted(number: int, named: bool) -> Gpu:
    """A GPU that nvidia-smi does not list: the named one, or CUDA's default."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [name.strip() for name in visible.split(",")] if visible is not None else [str(each) for each in range(number + 1)]
    if named and number >= len(list(filter(None, names))):
        raise BadConfig(
            f"--device is 'cuda:{number}', and CUDA_VISIBLE_DEVICES={visible} hides it; choose another, or change that variable"
        )
    return Gpu(number, names[number] if named else "", math.inf)


def gpus() -> tuple[Gpu, ...]:
    """The GPUs visible by CUDA_VISIBLE_DEVICES, in its order; empty if nvidia-smi is missing or lists none."""
    if not (program := shutil.which("nvidia-smi")):
        return ()
    command = [program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    rows = [[word.strip() for word in line.split(",")] for line in output.splitlines()]
    known = [(index, uuid, _gb(free)) for index, uuid, free in (row for row in rows if len(row) == 3)]
    return tuple(Gpu(number, uuid, free) for number, (uuid, free) in enumerate(_visible(known)))


def _gb(mebibytes: str) -> float:
    return float(mebibytes) * 2**20 / 1e9 if mebibytes.isdigit() else math.inf


def _visible(known: list[tuple[str, str, float]]) -> list[tuple[str, float]]:
    """(UUID, free memory) of those that CUDA_VISIBLE_DEVICES names by index or UUID; as CUDA does, it ends at an unknown name."""
    names = os.environ.get("CUDA_VISIBLE_DEVICES")
    if names is None:
        return [(uuid, free) for _, uuid, free in known]
    matches = []
    for name in (word.strip() for word in names.split(",")):
        matching = [(uuid, free) for index, uuid, free in known if name and (name == index or uuid.startswith(name))]
        if not matching:
            break
        matches.append(matching[0])
    return matches
