"""Can this model run here? Yes, or no with the reason and the next command. Loads nothing, imports no loader.

`verdict` checks this machine alone; `online` also queries the hub about sizes and access.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace

import psutil

from model_lab import downloads, hub_cache
from model_lab.contract import ModelCard, Permitted
from model_lab.errors import ModelLabError
from model_lab.provision import environments, gpus, hub, measured_memory, weights

MARGIN = 0.85
"""Maximum fraction of the free memory that a model may be expected to need."""

WEIGHTS_NOT_HERE = {
    "weights": "its weights are not in the cache; download them with: model-lab fetch NAME",
    "loader": "loader verified, weights not run here; download them with: model-lab fetch NAME",
    "nothing": "unverified: its loader never ran, and its weights are not here; download them with: model-lab fetch NAME",
}
"""What tables say about a hub model without its weights, by how far it was verified."""


@dataclass(frozen=True)
class PreflightOptions:
    """How a model is used: device, permitted licences, and the models whose downloads may run code."""

    device: str = "cpu"
    permitted: Permitted = "any"
    trusted: Collection[str] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether ``model`` can run, and if not every reason, each with its next command.

    ``lacks`` is the reason as tables show it, for a hub model without its weights.
    """

    model: str
    reasons: tuple[str, ...]
    lacks: str = ""

    @property
    def runnable(self) -> bool:
        """No reason against it."""
        return not self.reasons

    def __str__(self) -> str:
        return "runnable" if self.runnable else "; ".join(self.reasons)


def verdict(card: ModelCard, use: PreflightOptions = PreflightOptions()) -> Verdict:
    """The verdict for one card, from what is on this machine."""
    if card.unsupported_reason:
        return Verdict(card.name, (card.unsupported_reason,), card.unsupported_reason)
    absent = _weights(card)
    checks = (
        environments.why_not(card),
        absent,
        _programs(card),
        _licence(card, use),
        _device(card, use),
        _memory(card, use),
        _trust(card, use),
    )
    lacks = WEIGHTS_NOT_HERE[card.verified] if absent and card.weights.kind == "hub" else ""
    return Verdict(card.name, tuple(reason for reason in checks if reason), lacks)


def online(card: ModelCard, use: PreflightOptions = PreflightOptions()) -> Verdict:
    """The verdict, with the hub's reply for every repository that is not here: its size, or why it is unavailable."""
    offline_verdict = verdict(card, use)
    if card.unsupported_reason or card.weights.kind != "hub" or not (lacking := weights.lacking(card)):
        return offline_verdict
    size, refusals = 0, []
    for repository in lacking:
        try:
            size += hub.look(repository).size
        except ModelLabError as error:
            refusals.append(str(error))
    free = shutil.disk_usage(weights.existing(hub_cache.root())).free
    if size > free:
        refusals.append(f"it needs {size / 1e9:.1f} GB of disk and {hub_cache.root()} has {free / 1e9:.1f} GB free; free some")
    weights_reason = _weights(card)
    hub_reasons = refusals or [f"{size / 1e9:.1f} GB of weights can be downloaded; run: model-lab fetch {card.name}"]
    reasons = tuple(
        part for reason in offline_verdict.reasons for part in (hub_reasons if reason == weights_reason else [reason])
    )
    return replace(offline_verdict, reasons=reasons)


def _weights(card: ModelCard) -> str:
    absent = weights.missing(card)
    what = "weights" if card.weights.kind == "hub" else "weight files"
    return f"{what} {', '.join(absent)} are not in the cache; run: model-lab fetch {card.name}" if absent else ""


def _programs(card: ModelCard) -> str:
    absent = downloads.missing_programs(card.install.system)
    return f"system packages are missing; as root run: apt-get install {' '.join(absent)}" if absent else ""


def _licence(card: ModelCard, use: PreflightOptions) -> str:
    if card.licence.allows(use.permitted):
        return ""
    return f"its licence ({card.licence.code}, weights {card.licence.weights}) is not {use.permitted}; choose another model"


def _device(card: ModelCard, use: PreflightOptions) -> str:
    kind = gpus.kind(use.device)
    if kind not in card.devices:
        return f"it runs on {', '.join(card.devices)}, not on {kind}; choose with --device"
    if kind == "cuda" and not gpus.DRIVER.exists():
        return "there is no NVIDIA GPU here; use --device cpu"
    return ""


def _memory(card: ModelCard, use: PreflightOptions) -> str:
    needed, free = measured_memory.expected_gb(card, gpus.kind(use.device)), _free_gb(use.device)
    if free is not None and needed > MARGIN * free:
        return f"it needs about {needed:.1f} GB of memory on {use.device} and {free:.1f} GB are free; free some or use a larger machine"
    return ""


def _free_gb(device: str) -> float | None:
    """Free memory of the machine, or of the usable GPU with the most; None if unknown."""
    if device == "cpu":
        return psutil.virtual_memory().available / 1e9
    free = max((gpu.free_gb for gpu in gpus.usable(device)), default=math.inf)
    return free if math.isfinite(free) else None


def _trust(card: ModelCard, use: PreflightOptions) -> str:
    if not card.trust_remote_code or {card.name, card.base} & set(use.trusted):
        return ""
    return f"loading it runs code from a download ({card.trust_remote_code}); if you trust that, add: --trust {card.base}"
