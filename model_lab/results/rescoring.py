"""Scores by other scorers (`Capability.scorers`): computed from stored answers on demand, kept beside the scores that they do not change.

One file holds what one scorer of one version counted in a cell, with the hashes of what it was computed from:

    scorers/<name>-<version>.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import Field

from model_lab.capabilities import Capability, capability
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.files import write_json
from model_lab.metrics._base import Metric
from model_lab.results.schema import Score
from model_lab.results.scoring import SampleComponents, scorable, scores_by
from model_lab.results.store import ResultCell, RunFolder
from model_lab.schemas import Strict, parse

EVERY = "all"
"""In place of names: every scorer."""
SCHEMA_VERSION = 1


class ScorerResult(Strict):
    """What one scorer counted on the answers of a cell."""

    schema_version: int = SCHEMA_VERSION
    score: Score
    scored_from: dict[str, str] = Field(description="every JSONL file that the score depends on -> its SHA-256")
    samples: tuple[SampleComponents, ...]


def chosen(names: Sequence[str], capabilities: Iterable[Capability]) -> dict[str, tuple[Metric, ...]]:
    """The scorers called ``names`` (or `EVERY`), by the capability that has them.

    Args:
        names: Names of scorers.
        capabilities: The capabilities whose answers are to be scored.

    Returns:
        Capability -> its scorers among ``names``; capabilities without one are left out.

    Raises:
        UnknownName: None of the capabilities has a scorer of that name; the message has the nearest one.
        BadConfig: None of the capabilities has any scorer, or ``names`` is empty.
    """
    offered = {each.name: each.scorers for each in capabilities if each.scorers}
    known = list(dict.fromkeys(scorer.name for scorers in offered.values() for scorer in scorers))
    if not known:
        raise BadConfig("no capability of this run has other scorers; see: model-lab list scorers")
    if not names:
        raise BadConfig(f"--scorers is empty; expected {EVERY}, or some of: {', '.join(known)}")
    for name in names:
        if name not in (*known, EVERY):
            raise UnknownName(
                f"there is no scorer {name!r}{nearest(name, known)}; expected {EVERY}, or some of: {', '.join(known)}"
            )
    wanted = {
        owner: tuple(scorer for scorer in scorers if EVERY in names or scorer.name in names) for owner, scorers in offered.items()
    }
    return {owner: scorers for owner, scorers in wanted.items() if scorers}


def cells(folder: RunFolder, capability_name: str = "", dataset: str = "", models: Sequence[str] = ()) -> list[ResultCell]:
    """The cells of a run whose answers can be scored here, of one capability, one dataset and some models where given.

    Raises `UnknownName`, with the nearest name, for one that the run does not have.
    """
    specs = [(cell, cell.spec()) for cell in folder.cells() if scorable(cell.spec())]
    for what, given, there in (
        ("capability", [capability_name], {spec.capability for _, spec in specs}),
        ("dataset", [dataset], {spec.dataset for _, spec in specs}),
        ("model", models, {spec.model for _, spec in specs}),
    ):
        for name in given:
            if name and name not in there:
                raise UnknownName(
                    f"the run {folder.name} has no answers for the {what} {name!r}{nearest(name, there)}; it has: {', '.join(sorted(there))}"
                )
    return [
        cell
        for cell, spec in specs
        if capability_name in ("", spec.capability) and dataset in ("", spec.dataset) and (not models or spec.model in models)
    ]


def rescore(chosen_cells: Iterable[ResultCell], scorers: dict[str, tuple[Metric, ...]]) -> Iterator[ResultCell]:
    """Compute ``scorers`` (by capability) from the answers of each cell, and write them beside its scores; yields each cell when done."""
    for cell in chosen_cells:
        metrics = scorers.get(cell.spec().capability, ())
        if not metrics:
            continue
        digests = cell.digests()
        samples, scores = scores_by(cell, metrics)
        for metric, score in zip(metrics, scores, strict=True):
            own = tuple(
                SampleComponents(
                    sample_id=sample.sample_id,
                    group=sample.group,
                    components={name: parts for name, parts in sample.components.items() if name == metric.name},
                )
                for sample in samples
            )
            result = ScorerResult(score=score, scored_from=digests, samples=own)
            write_json(_path(cell, metric), result.model_dump(mode="json"))
        yield cell


def stored(cell: ResultCell) -> dict[str, ScorerResult]:
    """The current results of the capability's scorers in a cell, by name.

    Those of another version of a scorer, of other answers, or in files that cannot be read are left out: `rescore` writes them again.
    """
    results: dict[str, ScorerResult] = {}
    present = [metric for metric in capability(cell.spec().capability).scorers if _path(cell, metric).exists()]
    digests = cell.digests() if present else {}
    for metric in present:
        path = _path(cell, metric)
        try:
            result = parse(ScorerResult, json.loads(path.read_text("utf-8")), path)
        except (OSError, ValueError, BadConfig):
            continue
        if result.scored_from == digests and result.schema_version == SCHEMA_VERSION:
            results[metric.name] = result
    return results


def _path(cell: ResultCell, metric: Metric) -> Path:
    return cell.folder / "scorers" / f"{metric.name}-{metric.version}.json"
