"""The Python API: the same functions as the command line, documented for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from model_lab.contract import Bundle
from model_lab.datasets import perturbations
from model_lab.datasets.card import Tier
from model_lab.pipelines import run
from model_lab.pipelines.cached_inference import StageObserver
from model_lab.pipelines.conversation import Conversation
from model_lab.registry import model_cards
from model_lab.results.schema import Run
from model_lab.runs import bench
from model_lab.runs.folders import RunOptions
from model_lab.workers import client, direct


def load(name: str, device: str = "cpu", *, trust: bool = False, **options: Any) -> Bundle:
    """A model, loaded in a worker process of its own environment, whatever Python you are in.

    ``bundle.<capability>(...)`` asks it; sound is given as `Audio` or as the path of a file. Use it in a ``with`` block,
    or `close` it. ``trust``: code in its download may run. Raises `UnknownName` for an unknown model and `NotRunnable` with the next command for one that cannot run.
    """
    card = model_cards.with_options(model_cards.card(name), options)
    direct.require_runnable(card, device, [name] if trust else [])
    return client.load(card, device, card.options)


def evaluate(
    model: str,
    dataset: str | Path,
    *,
    tier: Tier = "smoke",
    capability: str = "",
    device: str = "cpu",
    options: Mapping[str, Any] | None = None,
    perturb: Iterable[str] = (),
    runs: str | Path = "runs",
) -> list[Run]:
    """Run ``model`` on a registered dataset (its name) or on your own data (the `Path` of a JSONL manifest), and score it.

    ``perturb``: conditions under which everything is asked besides, as ``"noise:10"`` or ``"reverb:0.4+telephone"``.
    Answers that are already in ``runs`` are used again. Every `Score` of the returned runs carries its 95 % interval and n.
    """
    how = RunOptions(runs=Path(runs), tier=tier, device=device, conditions=perturbations.canonical(perturb))
    return bench.evaluate(model, dataset, dict(options or {}), capability, how)


def pipeline(
    source: str | Path,
    recipe: str | Path = "meeting",
    *,
    use: Mapping[str, str] | None = None,
    out: Path | None = None,
    watch: StageObserver | None = None,
    device: str = "cpu",
    jobs: int = 0,
    trusted: Collection[str] = (),
) -> Conversation:
    """Who said what when in a recording, and what it was about, by a recipe's name or file.

    See `model_lab.pipelines.run.pipeline`: the same call goes on where it was stopped, and asks again only what has changed.
    """
    return run.pipeline(source, recipe, use=use, out=out, watch=watch, device=device, jobs=jobs, trusted=trusted)
