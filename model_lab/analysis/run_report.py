"""The report of a whole run: its scorecards, what could not be shown, and where it was made."""

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
    """All there is to say about a run; of its models, those whose licence ``permitted`` covers.

    A half-written folder gives a report that names what is missing; nothing is raised.
    """
    models = tuple(models)
    digest = folder.scores_digest()
    found, problems = entries(folder)
    left_out = {card.name for card in models if not card.licence.allows(permitted)} & {entry.spec.model for entry in found}
    found = [entry for entry in found if entry.spec.model not in left_out]
    if left_out:
        problems.append(f"Left out by --licence {permitted}: {', '.join(sorted(left_out))}.")
    manifest, unread = _manifest(folder)
    if not found:
        problems.append(f"{folder.path} holds no model's answers; run the sprint again to fill it")
    return Report(
        run=folder.name,
        scorecards=scorecards(found, models, datasets),
        problems=(*unread, *problems),
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
    return {}, [f"{path} cannot be read as JSON; where this run was made is not known"]


def commands(manifest: dict[str, Any]) -> tuple[str, ...]:
    """The commands that make the run again: get the code as it was (``git.revision``, or else the release ``model_lab``),
    then ask again (``command``).

    >>> commands({"git": {"revision": "abc123", "dirty": False}, "command": ["model-lab", "sprint", "my config.yaml"]})
    ('git checkout abc123', "model-lab sprint 'my config.yaml'")
    """
    git, release, command = manifest.get("git"), manifest.get("model_lab"), manifest.get("command")
    said = []
    if isinstance(git, dict) and isinstance(git.get("revision"), str):
        changed = "  # and the changes that were not committed" if git.get("dirty") else ""
        said.append(f"git checkout {shlex.quote(git['revision'])}{changed}")
    elif isinstance(release, str):
        said.append(f"pip install {shlex.quote(f'model-lab=={release}')}")
    if isinstance(command, list) and command:
        said.append(shlex.join(str(word) for word in command))
    return tuple(said)
