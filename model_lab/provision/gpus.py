"""The GPUs of this machine, as nvidia-smi tells of them, and what a user means by ``cuda`` and ``cuda:1``."""

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
_ASKED = "index,uuid,memory.free"


@dataclass(frozen=True)
class Gpu:
    """A GPU that this process may use.

    ``number`` counts from 0 over those it may use, as in ``cuda:1``; ``visible`` is what CUDA_VISIBLE_DEVICES calls it, empty for
    whichever CUDA takes; ``free_gb`` is infinite where nobody can say.
    """

    number: int
    visible: str
    free_gb: float


def kind(device: str) -> Device:
    """``cuda`` for ``cuda`` and ``cuda:1``: what a model is asked to run on. Raises `BadConfig` for anything but these and ``cpu``.

    >>> kind("cuda:1"), kind("cpu")
    ('cuda', 'cpu')
    """
    if device == "cpu":
        return "cpu"
    if not re.fullmatch(r"cuda(:\d+)?", device):
        raise BadConfig(f"--device is {device!r}; expected cpu, cuda, or one GPU: cuda:0")
    return "cuda"


def usable(device: str) -> tuple[Gpu, ...]:
    """The GPUs that ``device`` leaves to choose from: none for ``cpu``, one for ``cuda:1``, all for ``cuda``.

    Raises `BadConfig` if there is no GPU of that number.
    """
    if kind(device) == "cpu" or not DRIVER.exists():
        return ()
    _, marked, number = device.partition(":")
    found = gpus()
    if not found:
        return (_untold(int(number or 0), bool(marked)),)
    if not marked:
        return found
    if int(number) >= len(found):
        raise BadConfig(
            f"--device is {device!r}, and there is no such GPU; there are: {', '.join(f'cuda:{g.number}' for g in found)}"
        )
    return (found[int(number)],)


def _untold(number: int, named: bool) -> Gpu:
    """A GPU of which nvidia-smi tells nothing: of that number where it is named, else whichever CUDA takes."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [name.strip() for name in visible.split(",")] if visible is not None else [str(each) for each in range(number + 1)]
    if named and number >= len(list(filter(None, names))):
        raise BadConfig(f"--device is 'cuda:{number}', and CUDA_VISIBLE_DEVICES={visible} hides it; name another, or change that")
    return Gpu(number, names[number] if named else "", math.inf)


def gpus() -> tuple[Gpu, ...]:
    """Those that CUDA_VISIBLE_DEVICES leaves visible, in its order; empty where nvidia-smi is missing or tells nothing."""
    if not (program := shutil.which("nvidia-smi")):
        return ()
    asked = [program, f"--query-gpu={_ASKED}", "--format=csv,noheader,nounits"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    rows = [[word.strip() for word in line.split(",")] for line in said.splitlines()]
    known = [(index, uuid, _gb(free)) for index, uuid, free in (row for row in rows if len(row) == 3)]
    return tuple(Gpu(number, uuid, free) for number, (uuid, free) in enumerate(_visible(known)))


def _gb(mebibytes: str) -> float:
    return float(mebibytes) * 2**20 / 1e9 if mebibytes.isdigit() else math.inf


def _visible(known: list[tuple[str, str, float]]) -> list[tuple[str, float]]:
    """(UUID, free memory) of those that CUDA_VISIBLE_DEVICES names by index or UUID; as CUDA does, it ends at an unknown name."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return [(uuid, free) for _, uuid, free in known]
    found = []
    for name in (word.strip() for word in wanted.split(",")):
        same = [(uuid, free) for index, uuid, free in known if name and (name == index or uuid.startswith(name))]
        if not same:
            break
        found.append(same[0])
    return found
