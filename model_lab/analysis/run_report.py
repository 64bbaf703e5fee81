"""The report of a whole run: its scorecards, the problems reading it, and its environment."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import Any

from model_lab.analysis.schema import Report
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.contract import ModelCard, Permitted
from model_lab.datasets.card import DatasetCard
from model_lab.results.store import RunFolder


def report(
    folder: RunFolder, models: Iterable[ModelCard], datasets: Iterable[DatasetCard], permitted: Permitted = "any"
) -> Report:
    """The report of a run, for models whose licence is ``permitted``.

    An incomplete folder gives a report that lists what is missing; nothing is raised.
    """
    models = tuple(models)
    digest = folder.scores_digest()
    outcomes, problems = entries(folder)
    left_out = {card.name for card in models if not card.licence.allows(permitted)} & {entry.spec.model for entry in outcomes}
    outcomes = [entry for entry in outcomes if entry.spec.model not in left_out]
    if left_out:
        problems.append(f"Excluded by --licence {permitted}: {', '.join(sorted(left_out))}.")
    manifest, unreadable = _manifest(folder)
    if not outcomes:
        problems.append(f"{folder.path} has no answers of any model; run the sprint again to fill it")
    return Report(
        run=folder.name,
        scorecards=scorecards(outcomes, models, datasets),
        problems=(*unreadable, *problems),
        commands=commands(manifest),
        environment=manifest,
        scores_digest=digest,
    )


def _manifest(folder: RunFolder) -> tuple[dict[str, Any], list[str]]:
    path = folder.path / "manifest.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        manifest = None
    if isinstance(manifest, dict):
        return manifest, []
    return {}, [f"{path} cannot be read as JSON; the environment of this run is unknown"]


def commands(manifest: dict[str, Any]) -> tuple[str, ...]:
    """The commands that reproduce the run: check out the code (``git.revision``, or else install the release ``model_lab``), then run
    ``command``.

    >>> commands({"git": {"revision": "abc123", "dirty": False}, "command": ["model-lab", "sprint", "my config.yaml"]})
    ('git checkout abc123', "model-lab sprint 'my config.yaml'")
    """
    git, release, command = manifest.get("git"), manifest.get("model_lab"), manifest.get("command")
    lines = []
    if isinstance(git, dict) and isinstance(git.get("revision"), str):
        changed = "  # plus uncommitted changes" if git.get("dirty") else ""
        lines.append(f"git checkout {shlex.quote(git['revision'])}{changed}")
    elif isinstance(release, str):
        lines.append(f"pip install {shlex.quote(f'model-lab=={release}')}")
    if isinstance(command, list) and command:
        lines.append(shlex.join(str(word) for word in command))
    return tuple(lines)
