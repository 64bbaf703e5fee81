"""The report of a whole run: its scorecards, the problems reading it, and its environment."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import Any

from model_lab.analysis import leaderboard
from model_lab.analysis.published import published
from model_lab.analysis.schema import Leaderboard, Report, Scorecard
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.contract import ModelCard, Permitted
from model_lab.datasets.card import DatasetCard
from model_lab.errors import ModelLabError
from model_lab.results.store import RunFolder
from model_lab.schemas import parse


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
    cards = scorecards(outcomes, models, datasets)
    board, problem = _leaderboard(manifest, cards, folder)
    return Report(
        run=folder.name,
        scorecards=cards,
        leaderboard=board,
        problems=(*unreadable, *problems, *problem),
        commands=commands(manifest),
        environment=manifest,
        scores_digest=digest,
    )


def _leaderboard(manifest: dict[str, Any], cards: Iterable[Scorecard], folder: RunFolder) -> tuple[Leaderboard | None, list[str]]:
    """The leaderboard that the manifest asks for, or why there is none."""
    arguments = manifest.get("arguments")
    asked = arguments.get("leaderboard") if isinstance(arguments, dict) else None
    if asked is None:
        return None, []
    try:
        request = parse(leaderboard.Request, asked, folder.path / "manifest.json")
        card = next((card for card in cards if card.capability == request.capability), None)
        board = leaderboard.leaderboard(request, card, folder.cell, published()) if card else None
    except ModelLabError as error:
        return None, [f"The leaderboard cannot be shown: {error}"]
    return board, [] if board else [f"No model has a score by {request.metric}, so there is no leaderboard."]


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
