"""Which build of torch a machine gets, and where it is available: decided here only.

Cards say ``torch==VERSION``. Without an NVIDIA GPU the CPU build is used, which has no CUDA libraries. The configured index of uv
and pip may lack it, as PyPI does; then uv looks at PyTorch's own index, which it knows.
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
"""An unreachable host is given up after about twenty seconds."""


@dataclass(frozen=True)
class Build:
    """An available build of torch: the suffix of its version, and uv's flags to find it. Or ``trouble``: why none is available."""

    local: str = ""
    flags: tuple[str, ...] = ()
    trouble: str = ""

    def of(self, requirement: str) -> str:
        """A requirement as it is passed to uv."""
        return requirement + self.local if pins(requirement) else requirement


def pins(requirement: str) -> bool:
    """Whether this is torch itself.

    >>> pins("torch==2.13.0"), pins("torchcrepe==0.0.24")
    (True, False)
    """
    return re.fullmatch(r"torch==[\d.]+", requirement) is not None


def wanted() -> Literal["cpu", "cuda", ""]:
    """The build for this machine: ``MODEL_LAB_TORCH`` if it is set, otherwise by its GPU; "" where there is only one build."""
    if sys.platform != "linux":
        return ""
    chosen = os.environ.get(VARIABLE) or ("cuda" if gpus.DRIVER.exists() else "cpu")
    return "cpu" if chosen == "cpu" else "cuda"


def torch_build(requirement: str) -> str:
    """A requirement with the build for this machine: ``torch==2.13.0`` becomes ``torch==2.13.0+cpu`` without a GPU."""
    return f"{requirement}+cpu" if pins(requirement) and wanted() == "cpu" else requirement


def find(requirements: Iterable[str], say: Callable[[str], None]) -> Build:
    """The build to install if ``requirements`` include torch. Where the CPU build is used, the first available one of

    1. the CPU build in the configured index of uv and pip,
    2. the CPU build in PyTorch's own index,
    3. the plain build, after a message about its size, unless ``MODEL_LAB_TORCH=cpu`` requires the CPU build.
    """
    requirement = next(filter(pins, requirements), "")
    if not requirement or wanted() != "cpu":
        return Build()
    configured = installer.resolve([f"{requirement}+cpu"], "--no-deps")
    if not configured.trouble:
        return Build(local="+cpu")
    backend = ("--torch-backend", "cpu")
    by_uv = installer.resolve([requirement], "--no-deps", *backend, variables=_HASTE)
    if f"{requirement}+cpu" in by_uv.packages:
        return Build(flags=backend)
    by_uv_reason = by_uv.trouble or f"only {', '.join(by_uv.packages)}"
    unavailable = f"no CPU build of {requirement} is available (index: {configured.trouble}; PyTorch's own: {by_uv_reason})"
    way_out = "point uv or pip at an index that has it (UV_INDEX=..., or UV_FIND_LINKS=/folder/of/wheels)"
    if os.environ.get(VARIABLE) == "cpu":
        return Build(trouble=f"{unavailable}; {way_out}, or unset {VARIABLE} to take the plain build")
    plain_build = installer.resolve([requirement])
    if plain_build.trouble:
        return Build(trouble=f"no build of {requirement} is available: {plain_build.trouble}")
    if any(line.startswith(("nvidia-", "cuda-")) for line in plain_build.packages):
        say(
            f"{unavailable}; taking the plain build, which includes CUDA's libraries: about 3 GB to download, 7 GB on disk. To avoid that, "
            f"stop this and {way_out}, or set {VARIABLE}=cpu to do without the models that need torch"
        )
    return Build()
