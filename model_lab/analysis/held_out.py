"""Runs the models of a run on other data, through the normal machinery, and verifies the run's ranks and grades on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model_lab import capabilities, datasets
from model_lab.analysis.grades import grades, rules
from model_lab.analysis.schema import DatasetTable, Scorecard
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.analysis.verification import Side, Verification, verify
from model_lab.datasets import imports, manifest
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig, BadManifest, nearest
from model_lab.metrics._base import Metric
from model_lab.registry import model_cards
from model_lab.results.scoring import components
from model_lab.results.store import RunFolder
from model_lab.runs import bench, language_filter
from model_lab.runs.folders import RunOptions


@dataclass(frozen=True)
class HeldOutCheck:
    """The verification on each dataset of the run, the run on the other data, and a sentence on each model that was left out."""

    verifications: tuple[Verification, ...]
    other_run: str
    left_out: tuple[str, ...]


def check(folder: RunFolder, on: str, asked: str, models: Sequence[str], options: RunOptions) -> HeldOutCheck:
    """Verify the ranks and grades of a run on other data.

    Args:
        folder: The run.
        on: Name of a registered dataset, or the path of data in any format of `model_lab.datasets.imports`.
        asked: Capability; "" where the dataset or the run leaves no choice.
        models: Models of the run to check; empty for all that have a score there, without oracles and trivial baselines.
        options: How to run the models; answers that are there are reused.

    Returns:
        A verification for each dataset of the run with these models.

    Raises:
        BadConfig: If the run has no model of the capability, or the data is what the run was measured on.
        BadManifest: If the data cannot be read, or has no references.
        UnknownName: If ``asked`` is no capability.
    """
    dataset = datasets.card(on) if datasets.known(on) else None
    if dataset and asked not in ("", dataset.capability):
        raise BadConfig(f"{on} is for {dataset.capability}, not for {asked}; omit --capability")
    capability = _capability(folder, dataset.capability if dataset else asked, on)
    card = _scorecard(folder, capability)
    samples = [] if dataset else _own(on, capability)
    revision = manifest.fingerprint(samples)
    tables = [table for table in card.tables if not _same_data(table, dataset.name if dataset else "", revision)]
    if not tables:
        raise BadConfig(f"{folder.name} was measured on {on} itself; verify it on other data: --on DATASET or --on MANIFEST")
    names, question = _models(tables, folder.name, capability, models), capabilities.capability(capability)
    _require_current(tables, question.primary, folder.name)
    able, left_out = _able(names, samples, dataset.languages if dataset else (), on)
    data = dataset.name if dataset else imports.materialise(Path(on), capability=question)
    outcomes = bench.evaluate(able, data, {}, capability, options)
    other = RunFolder(options.runs / outcomes[0].run)
    found, place = _scorecard(other, capability), outcomes[0].spec.dataset
    after = _side(other, found, next(table for table in found.tables if table.data.name == place))
    unscored = [row for row in after.table.rows if row.model in able and not after.table.score(row)]
    left_out += [f"{row.model}: {row.reason or 'no score'}" for row in unscored]
    if len(unscored) == len(able):
        raise BadConfig(f"none of {', '.join(able)} has a score on {on}: {unscored[0].reason or 'no reason recorded'}")
    checked = tuple(
        verify(folder.name, capability, question.primary, _side(folder, card, table), after, able)
        for table in tables
        if any(table.score(row) for row in table.rows if row.model in able)
    )
    return HeldOutCheck(checked, other.name, tuple(left_out))


def _scorecard(folder: RunFolder, capability: str) -> Scorecard:
    outcomes = [entry for entry in entries(folder)[0] if entry.spec.capability == capability]
    [card] = scorecards(outcomes, model_cards.cards(folder.models()), datasets.cards())
    return card


def _capability(folder: RunFolder, asked: str, on: str) -> str:
    """The capability to verify. Raises `BadConfig` if the run has no scores of it, or it is one of several."""
    run, outcomes = folder.name, [entry.outcome for entry in entries(folder)[0] if entry.outcome]
    there = sorted({one.spec.capability for one in outcomes if any(score.value is not None for score in one.scores)})
    if asked:
        capabilities.capability(asked)
        if asked not in there:
            raise BadConfig(
                f"no model of {run} has a score in {asked}, which {on} is for; it has: {', '.join(there) or 'none'}; see: model-lab matrix"
            )
        return asked
    if len(there) != 1:
        raise BadConfig(
            f"{run} has scores in {', '.join(there) or 'no capability'}; say which one {on} is for: --capability NAME"
        )
    return there[0]


def _require_current(tables: Sequence[DatasetTable], metric: Metric, run: str) -> None:
    """Raise `BadConfig` if the run was scored by another version of the metric than the installed one."""
    versions = {score.version for table in tables for row in table.rows if (score := table.score(row))}
    if other := versions - {metric.version}:
        raise BadConfig(
            f"{run} was scored by version {min(other)} of {metric.name}, which is now {metric.version}; run: model-lab score {run}"
        )


def _models(tables: Sequence[DatasetTable], run: str, capability: str, asked: Sequence[str]) -> list[str]:
    """The models to run. Raises `BadConfig` if one of ``asked`` has no score in the run."""
    scored = list(
        dict.fromkeys(
            row.model
            for table in tables
            for row in table.rows
            if table.score(row)
            and row.is_model
            and row.kind not in ("oracle", "unknown")
            and not row.model.startswith("baseline_")
        )
    )
    for name in asked:
        if name not in scored:
            raise BadConfig(f"{run} has no score of {name!r} in {capability}{nearest(name, scored)}; it has: {', '.join(scored)}")
    if not scored:
        raise BadConfig(f"no model of {run} has a score in {capability} except baselines and oracles; see: model-lab matrix")
    return list(dict.fromkeys(asked)) or scored


def _same_data(table: DatasetTable, dataset: str, revision: str) -> bool:
    """Whether a table of the run was measured on the other data: the same dataset, or a manifest of the same content."""
    return table.data.name == dataset or any(row.spec and row.spec.dataset_revision == revision for row in table.rows)


def _own(on: str, capability: str) -> list[Sample]:
    """The samples of the user's data. Raises `BadManifest` if none has a reference."""
    question = capabilities.capability(capability)
    samples = manifest.read(imports.materialise(Path(on), capability=question).manifest, question, anywhere=True)
    if manifest.check(samples) == len(samples):
        columns = ", ".join(column.name for column in question.columns if column.required)
        raise BadManifest(
            f"{on} has no references: none of its {len(samples)} rows has all of {columns}; without them nothing can be verified"
        )
    return samples


def _able(names: Sequence[str], samples: Sequence[Sample], languages: Sequence[str], on: str) -> tuple[list[str], list[str]]:
    """The models that support a language of the data, and a sentence on each other one. Raises `BadConfig` if there are none."""
    able, left_out = [], []
    for name in names:
        card = model_cards.card(name)
        try:
            language_filter.require(card, samples, on) if samples else language_filter.require_any(card, languages, on)
        except BadConfig as error:
            left_out.append(str(error))
        else:
            able.append(name)
    if not able:
        raise BadConfig(f"no model of the run can be verified on {on}: {left_out[0]}")
    return able, left_out


def _side(folder: RunFolder, card: Scorecard, table: DatasetTable) -> Side:
    names = [row.model for row in table.rows if table.score(row)]
    only = card.model_copy(update={"tables": (table,)})
    graded = grades([only], model_cards.cards(folder.models()), rules())
    return Side(
        table,
        {name: components(folder.cell(name, table.data.name)) for name in names},
        {grade.model: grade.letter for grade in graded},
    )
