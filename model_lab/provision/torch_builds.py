"""Which build of torch a machine takes, and where it is available: decided here and nowhere else.

Cards say ``torch==VERSION``. Without an NVIDIA GPU the CPU build is wanted, which brings no CUDA libraries. The index that uv and
pip are pointed at may lack it, as PyPI does; then uv is told to look where PyTorch's makers keep it, which uv knows.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from model_lab import installer
from model_lab.provision import gpus

VARIABLE = "MODEL_LAB_TORCH"
_HASTE = {"UV_HTTP_RETRIES": "1", "UV_HTTP_CONNECT_TIMEOUT": "10"}
"""A host that cannot be reached is given up after some twenty seconds."""


@dataclass(frozen=True)
class Build:
    """An available build of torch: what is added to its version, and uv's flags to find it. Or ``trouble``: why none can."""

    local: str = ""
    flags: tuple[str, ...] = ()
    trouble: str = ""

    def of(self, requirement: str) -> str:
        """A requirement as uv is to be asked for it."""
        return requirement + self.local if pins(requirement) else requirement


def pins(requirement: str) -> bool:
    """Whether this is torch itself.

    >>> pins("torch==2.13.0"), pins("torchcrepe==0.0.24")
    (True, False)
    """
    return re.fullmatch(r"torch==[\d.]+", requirement) is not None


def wanted() -> Literal["cpu", "cuda", ""]:
    """What this machine should have: ``MODEL_LAB_TORCH`` if it is set, else by its GPU; "" where there is only one build."""
    if sys.platform != "linux":
        return ""
    chosen = os.environ.get(VARIABLE) or ("cuda" if gpus.DRIVER.exists() else "cpu")
    return "cpu" if chosen == "cpu" else "cuda"


def torch_build(requirement: str) -> str:
    """A requirement with the build that is wanted here: ``torch==2.13.0`` becomes ``torch==2.13.0+cpu`` without a GPU."""
    return f"{requirement}+cpu" if pins(requirement) and wanted() == "cpu" else requirement


def find(requirements: Iterable[str], say: Callable[[str], None]) -> Build:
    """The build to install where ``requirements`` ask for torch: where the CPU build is wanted, the first available one of

    1. the CPU build in the index that uv and pip are pointed at,
    2. the CPU build where uv knows it to be,
    3. the plain build, whose size is said before, unless ``MODEL_LAB_TORCH=cpu`` asked for the CPU build and no other.
    """
    asked = next(filter(pins, requirements), "")
    if not asked or wanted() != "cpu":
        return Build()
    here = installer.resolve([f"{asked}+cpu"], "--no-deps")
    if not here.trouble:
        return Build(local="+cpu")
    backend = ("--torch-backend", "cpu")
    known = installer.resolve([asked], "--no-deps", *backend, variables=_HASTE)
    if f"{asked}+cpu" in known.packages:
        return Build(flags=backend)
    there = known.trouble or f"only {', '.join(known.packages)}"
    nowhere = f"no CPU build of {asked} is available (index: {here.trouble}; PyTorch's own: {there})"
    way_out = "point uv or pip at an index that has it (UV_INDEX=..., or UV_FIND_LINKS=/folder/of/wheels)"
    if os.environ.get(VARIABLE) == "cpu":
        return Build(trouble=f"{nowhere}; {way_out}, or unset {VARIABLE} to take the plain build")
    plain = installer.resolve([asked])
    if plain.trouble:
        return Build(trouble=f"no build of {asked} is available: {plain.trouble}")
    if any(line.startswith(("nvidia-", "cuda-")) for line in plain.packages):
        say(
            f"{nowhere}; taking the plain build, which brings CUDA's libraries: about 3 GB to download, 7 GB on disk. To avoid that, "
            f"stop this and {way_out}, or set {VARIABLE}=cpu to do without the models that need torch"
        )
    return Build()
