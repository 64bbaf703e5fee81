"""Builds scorecards, one per capability, from the scores of a run folder and the cards of its models and datasets."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from model_lab import units
from model_lab.analysis import unprocessed_baseline
from model_lab.analysis.audit import Comparer, DatasetAudit
from model_lab.analysis.breakdown import by_itself
from model_lab.analysis.contended_times import legend
from model_lab.analysis.examples import examples
from model_lab.analysis.licences import licence, marks
from model_lab.analysis.ranking import DatasetRanking, rank
from model_lab.analysis.reference_audit import audit_dataset
from model_lab.analysis.repeats import combined
from model_lab.analysis.robustness import robustness
from model_lab.analysis.schema import DatasetInfo, DatasetTable, MetricColumn, ResultRow, Robustness, Scorecard
from model_lab.analysis.slices import Sliced
from model_lab.capabilities import Capability, capability, usable
from model_lab.contract import ModelCard
from model_lab.datasets import perturbations
from model_lab.datasets.card import DatasetCard
from model_lab.datasets.manifest import Clusters
from model_lab.datasets.mir import dynamic
from model_lab.errors import ModelLabError
from model_lab.metrics._base import Metric
from model_lab.results.schema import UNTOUCHED, Run, RunSpec, Score
from model_lab.results.store import ResultCell, RunFolder

_CELL_FILES = ("spec.json", "scores.json", "questions.jsonl", "samples.jsonl")

_CONTESTANTS = ("neural", "algorithm")
_SUSPECTS = 20
"""Number of suspect references of a dataset that a report lists."""

_NOT_SCORED_AGAIN = "These are the last stored scores; scoring again is not possible: {}"

_TRUTH_CAVEATS = {
    "synthetic": "The data is fully synthetic: this is a smoke test, not a ranking claim.",
    "weak": "The labels are weak: a correct answer may be scored as wrong.",
    "unknown": "This is not a registered dataset: how its reference was made is unknown.",
}


@dataclass(frozen=True)
class CellOutcome:
    """A cell of the run folder with its specification, and its outcome if it was scored."""

    cell: ResultCell
    spec: RunSpec
    tier: str
    outcome: Run | None


def entries(folder: RunFolder) -> tuple[list[CellOutcome], list[str]]:
    """The cells that can be shown, and the reason for each that cannot."""
    outcomes: list[CellOutcome] = []
    problems: list[str] = []
    for path in sorted(path for path in folder.path.glob("*/*") if path.is_dir() and path.parent.name != "superseded"):
        if not any((path / name).exists() for name in _CELL_FILES):
            continue
        cell = ResultCell(path)
        outcome, header = cell.outcome(), cell.header()
        try:
            spec = outcome.spec if outcome else cell.spec()
        except ModelLabError as error:
            problems.append(str(error))
        else:
            if not spec.repeat:
                tier = outcome.tier if outcome else str(header["tier"]) if header else ""
                outcomes.append(CellOutcome(cell, spec, tier, _over_runs(outcome, cell) if outcome else None))
    clean = {entry.spec.dataset for entry in outcomes if not entry.spec.perturbation}
    problems = [*problems, *_without_clean(outcomes, clean), *_unavailable(outcomes)]
    return [entry for entry in outcomes if entry.spec.dataset in clean], problems


def _over_runs(outcome: Run, cell: ResultCell) -> Run:
    """The outcome with the repeats of the cell; alone where they cannot be read, or the capability is not installed."""
    question = usable(outcome.spec.capability)
    try:
        return combined(outcome, cell, question.metrics) if question else outcome
    except Exception:  # a failing metric, perhaps of an extension, must not break the report
        return outcome


def _unavailable(outcomes: list[CellOutcome]) -> list[str]:
    """A sentence for each condition whose audio can no longer be produced here."""
    conditions = sorted({entry.spec.perturbation for entry in outcomes})
    return [
        f"Under {name}: {_NOT_SCORED_AGAIN.format(problem)}" for name in conditions if (problem := perturbations.problem(name))
    ]


def _without_clean(outcomes: list[CellOutcome], clean: Collection[str]) -> list[str]:
    """A sentence for each dataset that was only evaluated with perturbations, without a clean reference."""
    perturbed_only = sorted({entry.spec.dataset for entry in outcomes} - set(clean))
    return [
        f"{name} was only evaluated with perturbations; run the same command again to evaluate it without"
        for name in perturbed_only
    ]


def scorecards(
    outcomes: Iterable[CellOutcome], models: Iterable[ModelCard], datasets: Iterable[DatasetCard], compared: bool = True
) -> tuple[Scorecard, ...]:
    """One scorecard per capability, sorted by name, with one table per dataset.

    Results on perturbed audio have no row of their own: they make up the robustness of the table. ``compared=False`` leaves out what
    takes long: ranks, pairwise differences, robustness and examples. Models and datasets without a card in ``models`` and ``datasets``
    are shown by name and marked as unknown.
    """
    model_cards = {card.name: card for card in models}
    dataset_cards = {card.name: card for card in datasets}
    by_capability: dict[str, dict[str, list[CellOutcome]]] = {}
    for entry in outcomes:
        by_capability.setdefault(entry.spec.capability, {}).setdefault(entry.spec.dataset, []).append(entry)
    return tuple(_scorecard(name, tables, model_cards, dataset_cards, compared) for name, tables in sorted(by_capability.items()))


def _scorecard(
    name: str,
    tables: Mapping[str, list[CellOutcome]],
    models: Mapping[str, ModelCard],
    datasets: Mapping[str, DatasetCard],
    compared: bool,
) -> Scorecard:
    question, problem = _capability(name)
    return Scorecard(
        capability=name,
        title=question.title if question else name,
        question=question.call if question else "",
        tables=tuple(
            _table(dataset, group, question, models, datasets.get(dataset) or dynamic.usable(dataset), compared, problem)
            for dataset, group in sorted(tables.items())
        ),
    )


def _capability(name: str) -> tuple[Capability | None, str]:
    """The capability, or the reason why it cannot be used."""
    try:
        return capability(name), ""
    except ModelLabError as error:
        return None, str(error)


def _table(
    dataset: str,
    group: list[CellOutcome],
    question: Capability | None,
    models: Mapping[str, ModelCard],
    card: DatasetCard | None,
    compared: bool,
    problem: str,
) -> DatasetTable:
    perturbed = [entry for entry in group if entry.spec.perturbation]
    group = [entry for entry in group if not entry.spec.perturbation]
    columns = _columns(group, question)
    order = _Order(columns[0])
    rows = [_row(entry, models.get(entry.spec.model), question, problem) for entry in group]
    contestants = {row.model for row in rows if order.scored(row) and row.kind != "oracle"}
    cells = {entry.spec.model: entry.cell for entry in group if entry.spec.model in contestants}
    ranking = rank(cells, question.primary) if compared and question and cells else DatasetRanking()
    skipped = _skipped(card, models.values(), {entry.spec.model for entry in group}) if card else []
    rows = [_ranked(row, ranking) for row in rows]
    table = DatasetTable(
        data=_data(dataset, card, rows, columns[0]),
        columns=columns,
        rows=tuple(sorted(rows, key=order)),
        differences=ranking.differences,
        caveats=(
            *[_NOT_SCORED_AGAIN.format(problem)] * bool(problem),
            *_caveats(rows, columns, card, ranking),
            *skipped,
            *_contended_times(group, rows),
        ),
        examples=examples([(entry.spec.model, entry.cell.folder) for entry in group], question) if compared else (),
        robustness=_robustness(group, perturbed, question.primary, models) if compared and question else (),
        audit=_audit(dataset, group, question, models) if compared and question and question.agreement else None,
        slices=_slices(rows, cells, question.primary, card) if compared and question else {},
    )
    return table.model_copy(update={"caveats": (*unprocessed_baseline.sentences(table), *table.caveats)})


def _contended_times(group: list[CellOutcome], rows: list[ResultRow]) -> list[str]:
    text = legend(rows, group[0].cell.folder.parent.parent.name) if group else ""
    return [text] if text else []


def _robustness(
    clean: list[CellOutcome], perturbed: list[CellOutcome], metric: Metric, models: Mapping[str, ModelCard]
) -> tuple[Robustness, ...]:
    oracles = {name for name, card in models.items() if card.kind == "oracle"}
    cells = {entry.spec.model: entry.cell for entry in clean}
    conditions = [
        (entry.spec.model, entry.spec.perturbation, entry.cell) for entry in perturbed if entry.spec.model not in oracles
    ]
    return robustness(cells, conditions, metric)


def _audit(dataset: str, group: list[CellOutcome], question: Capability, models: Mapping[str, ModelCard]) -> DatasetAudit | None:
    """The audit of the references; None without models that are no baselines, or where it fails."""
    kinds = {name: card.kind for name, card in models.items()}
    cells = {
        entry.spec.model: entry.cell for entry in group if entry.outcome and kinds.get(entry.spec.model, "neural") in _CONTESTANTS
    }
    cells.pop(UNTOUCHED, None)
    if not cells:
        return None
    folder = RunFolder(group[0].cell.folder.parent.parent)
    try:
        return audit_dataset(folder, question.name, dataset, cells, Comparer(question), _SUSPECTS)
    except Exception:  # a failing metric, perhaps of an extension, must not break the report
        return None


def _slices(
    rows: Iterable[ResultRow], cells: Mapping[str, ResultCell], metric: Metric, card: DatasetCard | None
) -> dict[str, tuple[Sliced, ...]]:
    shown = {row.model: cells[row.model] for row in rows if row.model in cells and row.kind != "baseline"}
    return by_itself(shown, metric, card.slices if card else ())


def _ranked(row: ResultRow, ranking: DatasetRanking) -> ResultRow:
    return row.model_copy(update={"rank": ranking.ranks.get(row.model), "unranked": ranking.notes.get(row.model, "")})


@dataclass(frozen=True)
class _Order:
    """Sort key of rows: ranked, then scored without a rank (oracles), then the rest; better values first."""

    primary: MetricColumn

    def scored(self, row: ResultRow) -> bool:
        score = row.scores.get(self.primary.name)
        return score is not None and score.value is not None

    def __call__(self, row: ResultRow) -> tuple[bool, bool, float, float, str]:
        if not self.scored(row):
            return (True, True, 0.0, 0.0, row.model)
        value = row.scores[self.primary.name].value or 0.0
        rank = math.inf if row.rank is None else row.rank
        return (False, row.kind == "oracle", rank, -value if self.primary.higher_is_better else value, row.model)


def _columns(group: list[CellOutcome], question: Capability | None) -> tuple[MetricColumn, ...]:
    expected_columns = [_column(metric) for metric in question.metrics] if question else []
    expected = {column.name for column in expected_columns}
    expected_columns = [column for place, column in enumerate(expected_columns) if place == 0 or _applies(column.name, group)]
    stray = {score.metric: score.version for score in _scores(group) if score.metric not in expected}
    columns = (*expected_columns, *(MetricColumn(name=name, title=name, version=version) for name, version in stray.items()))
    return columns or (MetricColumn(name="score", title="score"),)


def _applies(metric: str, group: list[CellOutcome]) -> bool:
    """Whether a metric is applicable to this data: at least one row has a sample that it can be computed on."""
    scores = [score for score in _scores(group) if score.metric == metric]
    return not scores or any(score.n_scored or not score.n_inapplicable for score in scores)


def _scores(group: list[CellOutcome]) -> list[Score]:
    return [score for entry in group if entry.outcome for score in entry.outcome.scores]


def _column(metric: Metric) -> MetricColumn:
    judge = f"{metric.judge.model} ({metric.judge.capability})" if metric.judge else ""
    return MetricColumn(
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        version=metric.version,
        scorer=metric.scorer,
        source=metric.source,
        judge=judge,
    )


def _row(entry: CellOutcome, card: ModelCard | None, question: Capability | None, problem: str) -> ResultRow:
    name, outcome = entry.spec.model, entry.outcome
    if name == UNTOUCHED and question:
        shown: dict[str, Any] = {"title": question.untouched, "kind": "untouched", "licence": units.MISSING, "marks": ()}
    elif card:
        shown = {"title": card.title, "kind": card.kind, "licence": licence(card), "marks": marks(card)}
    else:
        shown = {"title": name, "kind": "unknown", "licence": "unknown", "marks": ("not registered",)}
    row = ResultRow(
        model=name,
        **shown,
        status="not_scored",
        reason=problem or f"not scored; run: model-lab score {entry.cell.folder.parent.parent.name}",
        tier=entry.tier,
        spec=entry.spec,
    )
    if outcome is None:
        return row
    return row.model_copy(
        update={
            "status": outcome.status,
            "reason": outcome.reason or _no_reason(outcome),
            "clusters": outcome.clusters,
            "n_samples": outcome.n_samples,
            "n_ok": outcome.n_ok,
            "n_failed": outcome.n_failed,
            "failures": dict(outcome.failures),
            "scores": {score.metric: _finite(score) for score in outcome.scores},
            "speed": outcome.speed,
        }
    )


def _no_reason(outcome: Run) -> str:
    return "" if outcome.status == "complete" else "no reason recorded in the run folder"


def _finite(score: Score) -> Score:
    """The score with None for numbers that are not finite, and a note about them."""
    numbers = {"value": score.value, "low": score.low, "high": score.high}
    ends = {name: value for name, value in numbers.items() if value is not None and not math.isfinite(value)}
    if not ends:
        return score
    note = "; ".join([score.note] * bool(score.note) + [f"{name} is {value}" for name, value in ends.items()])
    return score.model_copy(update={**dict.fromkeys(ends), "note": note})


def _data(name: str, card: DatasetCard | None, rows: list[ResultRow], primary: MetricColumn) -> DatasetInfo:
    groups = [row.scores[primary.name].n_groups for row in rows if primary.name in row.scores]
    clusters = _clusters(rows)
    return DatasetInfo(
        name=name,
        title=card.title if card else name,
        truth=card.truth if card else "unknown",
        annotation=card.annotation if card else "",
        limits=card.limits if card else "",
        licence=card.licence if card else "unknown",
        commercial=card.commercial if card else None,
        group=card.group if card else "speaker" if clusters == "speaker" else "group",
        clusters=clusters,
        n_samples=max((row.n_samples for row in rows if row.n_samples is not None), default=None),
        n_groups=max(groups, default=None),
    )


def _clusters(rows: Iterable[ResultRow]) -> Clusters:
    """The origin of the groups: the least certain of all rows."""
    origins = {row.clusters for row in rows}
    return "unknown" if "unknown" in origins else "speaker" if "speaker" in origins else "given"


def _skipped(card: DatasetCard, models: Iterable[ModelCard], evaluated: Collection[str]) -> list[str]:
    """A sentence on the models of this capability that support none of the languages of the data."""
    names = [
        f"{model.name} ({', '.join(model.languages)})"
        for model in models
        if card.capability in model.capabilities and model.name not in evaluated and not model.understands(card.languages)
    ]
    return [f"Skipped because they do not support the language of the data: {', '.join(sorted(names))}."] if names else []


def _devices(rows: Iterable[ResultRow]) -> dict[str, list[str]]:
    """Device -> the models that ran on it."""
    by_device: dict[str, list[str]] = {}
    for row in rows:
        if row.spec and row.is_model:
            by_device.setdefault(row.spec.device, []).append(row.model)
    return dict(sorted(by_device.items()))


def _caveats(
    rows: list[ResultRow], columns: tuple[MetricColumn, ...], card: DatasetCard | None, ranking: DatasetRanking
) -> Iterable[str]:
    tiers = sorted({row.tier for row in rows if row.tier})
    if "smoke" in tiers:
        yield "Smoke tier, few samples: this is a smoke test, not a ranking claim."
    annotation = card.truth if card else "unknown"
    if annotation in _TRUTH_CAVEATS:
        yield _TRUTH_CAVEATS[annotation]
    if _clusters(rows) == "unknown":
        yield (
            "Clusters unknown: every sample counts as independent, and intervals are too narrow if samples share a speaker or a "
            "recording; name it in a column called group or speaker."
        )
    if card and card.limits:
        yield f"Its numbers do not cover: {card.limits}"
    if card and not card.commercial:
        yield "The data may not be used commercially."
    if len(tiers) > 1:
        yield f"Rows have different tiers ({', '.join(tiers)}): models are ranked on the samples they share."
    by_device = _devices(rows)
    if len(by_device) > 1:
        listing = "; ".join(f"{device}: {', '.join(names)}" for device, names in by_device.items())
        yield f"Rows ran on different devices, so their speeds and memory are not comparable ({listing})."
    if ranking.problem:
        yield f"Not ranked: {ranking.problem}"
    for column in columns:
        if column.judge:
            yield f"{column.name} is predicted by a model: {column.judge}."
    versions = {column.name: column.version for column in columns}
    outdated = {
        score.metric
        for row in rows
        for score in row.scores.values()
        if score.version != versions.get(score.metric, score.version)
    }
    if outdated:
        yield f"{', '.join(sorted(outdated))}: scored by another version of the metric than the installed one; run: model-lab score."
