"""The Python API: the same functions as the command line, documented for programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_lab.contract import Bundle
from model_lab.datasets.card import Tier
from model_lab.errors import NotRunnable
from model_lab.harness import bench, client, preflight, registry
from model_lab.results.schema import Run


def load(name: str, device: str = "cpu", *, trust: bool = False, **options: Any) -> Bundle:
    """A model, loaded in a worker process of its own environment, whatever Python you are in.

    ``bundle.<capability>(...)`` asks it; sound is given as `Audio` or as the path of a file. Use it in a ``with`` block,
    or `close` it. ``trust``: code in its download may run. Raises `UnknownName` for an unknown model and `NotRunnable` with the next command for one that cannot run.
    """
    card = registry.with_options(registry.card(name), options)
    verdict = preflight.verdict(card, preflight.Use(device, trusted=[name] if trust else []))
    if not verdict.runnable:
        raise NotRunnable(f"{name} cannot run: {verdict}")
    return client.load(card, device, card.options)


def evaluate(
    model: str,
    dataset: str | Path,
    *,
    tier: Tier = "smoke",
    capability: str = "",
    device: str = "cpu",
    options: Mapping[str, Any] | None = None,
    runs: str | Path = "runs",
) -> list[Run]:
    """Run ``model`` on a registered dataset (its name) or on your own data (the `Path` of a JSONL manifest), and score it.

    Answers that are already in ``runs`` are used again. Every `Score` of the returned runs carries its 95 % interval and n.
    """
    how = bench.How(runs=Path(runs), tier=tier, device=device)
    return bench.evaluate(model, dataset, dict(options or {}), capability, how)
