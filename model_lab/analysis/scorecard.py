"""Scorecards: from a run folder's scores and the cards of its models and datasets, one per capability."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from model_lab import units
from model_lab.analysis import yardstick
from model_lab.analysis.contended_times import legend
from model_lab.analysis.examples import examples
from model_lab.analysis.licences import licence, marks
from model_lab.analysis.ranking import DatasetRanking, standing
from model_lab.analysis.robustness import robustness
from model_lab.analysis.schema import DatasetInfo, DatasetTable, MetricColumn, ResultRow, Robustness, Scorecard
from model_lab.capabilities import Capability, capability
from model_lab.contract import ModelCard
from model_lab.datasets import perturbations
from model_lab.datasets.card import DatasetCard
from model_lab.datasets.manifest import Clusters
from model_lab.errors import ModelLabError
from model_lab.metrics._base import Metric
from model_lab.results.schema import UNTOUCHED, Run, RunSpec, Score
from model_lab.results.store import ResultCell, RunFolder

_CELL_FILES = ("spec.json", "scores.json", "questions.jsonl", "samples.jsonl")

_NOT_SCORED_AGAIN = "Shown as it was last scored, as it cannot be scored again: {}"

_TRUTH_CAVEATS = {
    "synthetic": "The data is wholly synthetic: this is a smoke test, not a ranking claim.",
    "weak": "The labels are weak: a model may be right where the data is wrong.",
    "unknown": "This is not a registered dataset: how its truth was made is not known.",
}


@dataclass(frozen=True)
class CellOutcome:
    """A cell of the run folder with its question, and its outcome if it was scored."""

    cell: ResultCell
    spec: RunSpec
    tier: str
    outcome: Run | None


def entries(folder: RunFolder) -> tuple[list[CellOutcome], list[str]]:
    """The cells that can be shown, and a sentence for each that cannot."""
    found: list[CellOutcome] = []
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
            found.append(CellOutcome(cell, spec, outcome.tier if outcome else str(header["tier"]) if header else "", outcome))
    clean = {entry.spec.dataset for entry in found if not entry.spec.perturbation}
    return [entry for entry in found if entry.spec.dataset in clean], [*problems, *_without_clean(found, clean), *_gone(found)]


def _gone(found: list[CellOutcome]) -> list[str]:
    """A sentence for each condition whose sound can no longer be made here."""
    conditions = sorted({entry.spec.perturbation for entry in found})
    return [f"Under {one}: {_NOT_SCORED_AGAIN.format(problem)}" for one in conditions if (problem := perturbations.problem(one))]


def _without_clean(found: list[CellOutcome], clean: Collection[str]) -> list[str]:
    """A sentence for each dataset that was asked about under perturbations alone: there is nothing to hold that against."""
    alone = sorted({entry.spec.dataset for entry in found} - set(clean))
    return [
        f"{name} was asked about under perturbations alone; run the same command again to ask about it without" for name in alone
    ]


def scorecards(
    found: Iterable[CellOutcome], models: Iterable[ModelCard], datasets: Iterable[DatasetCard], compared: bool = True
) -> tuple[Scorecard, ...]:
    """One scorecard per capability asked, by name, with one table per dataset. Answers to perturbed sound have no row: they are
    the table's robustness.

    ``compared=False`` leaves out what takes long: ranks, pairwise differences, robustness and examples. Models and datasets whose cards are not among ``models`` and ``datasets`` are shown by name and called unknown.
    """
    model_cards = {card.name: card for card in models}
    dataset_cards = {card.name: card for card in datasets}
    asked: dict[str, dict[str, list[CellOutcome]]] = {}
    for entry in found:
        asked.setdefault(entry.spec.capability, {}).setdefault(entry.spec.dataset, []).append(entry)
    return tuple(_scorecard(name, tables, model_cards, dataset_cards, compared) for name, tables in sorted(asked.items()))


def _scorecard(
    name: str,
    tables: Mapping[str, list[CellOutcome]],
    models: Mapping[str, ModelCard],
    datasets: Mapping[str, DatasetCard],
    compared: bool,
) -> Scorecard:
    known, problem = _known(name)
    return Scorecard(
        capability=name,
        title=known.title if known else name,
        question=known.call if known else "",
        tables=tuple(
            _table(dataset, group, known, models, datasets.get(dataset), compared, problem)
            for dataset, group in sorted(tables.items())
        ),
    )


def _known(name: str) -> tuple[Capability | None, str]:
    """The capability, or why there is none that can be used."""
    try:
        return capability(name), ""
    except ModelLabError as error:
        return None, str(error)


def _table(
    dataset: str,
    group: list[CellOutcome],
    asked: Capability | None,
    models: Mapping[str, ModelCard],
    card: DatasetCard | None,
    compared: bool,
    problem: str,
) -> DatasetTable:
    perturbed = [entry for entry in group if entry.spec.perturbation]
    group = [entry for entry in group if not entry.spec.perturbation]
    columns = _columns(group, asked)
    order = _Order(columns[0])
    rows = [_row(entry, models.get(entry.spec.model), asked, problem) for entry in group]
    contestants = {row.model for row in rows if order.scored(row) and row.kind != "oracle"}
    cells = {entry.spec.model: entry.cell for entry in group if entry.spec.model in contestants}
    places = standing(cells, asked.primary) if compared and asked and cells else DatasetRanking()
    silent = _not_asked(card, models.values(), {entry.spec.model for entry in group}) if card else []
    rows = [_placed(row, places) for row in rows]
    table = DatasetTable(
        data=_data(dataset, card, rows, columns[0]),
        columns=columns,
        rows=tuple(sorted(rows, key=order)),
        differences=places.differences,
        caveats=(
            *[_NOT_SCORED_AGAIN.format(problem)] * bool(problem),
            *_caveats(rows, columns, card, places),
            *silent,
            *_held_up(group, rows),
        ),
        examples=examples([(entry.spec.model, entry.cell.folder) for entry in group], asked) if compared else (),
        robustness=_robustness(group, perturbed, asked.primary, models) if compared and asked else (),
    )
    return table.model_copy(update={"caveats": (*yardstick.sentences(table), *table.caveats)})


def _held_up(group: list[CellOutcome], rows: list[ResultRow]) -> list[str]:
    said = legend(rows, group[0].cell.folder.parent.parent.name) if group else ""
    return [said] if said else []


def _robustness(
    clean: list[CellOutcome], perturbed: list[CellOutcome], metric: Metric, models: Mapping[str, ModelCard]
) -> tuple[Robustness, ...]:
    oracles = {name for name, card in models.items() if card.kind == "oracle"}
    cells = {entry.spec.model: entry.cell for entry in clean}
    asked = [(entry.spec.model, entry.spec.perturbation, entry.cell) for entry in perturbed if entry.spec.model not in oracles]
    return robustness(cells, asked, metric)


def _placed(row: ResultRow, compared: DatasetRanking) -> ResultRow:
    return row.model_copy(update={"rank": compared.ranks.get(row.model), "unranked": compared.notes.get(row.model, "")})


@dataclass(frozen=True)
class _Order:
    """Sorts rows for reading: ranked, then scored without a rank (oracles), then the rest; better values first."""

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


def _columns(group: list[CellOutcome], asked: Capability | None) -> tuple[MetricColumn, ...]:
    known = [_column(metric) for metric in asked.metrics] if asked else []
    expected = {column.name for column in known}
    known = [column for place, column in enumerate(known) if place == 0 or _applies(column.name, group)]
    stray = {score.metric: score.version for score in _scores(group) if score.metric not in expected}
    columns = (*known, *(MetricColumn(name=name, title=name, version=version) for name, version in stray.items()))
    return columns or (MetricColumn(name="score", title="score"),)


def _applies(metric: str, group: list[CellOutcome]) -> bool:
    """Whether a metric has something to count on this data: not if no row has a sample for it (silence, of a set that has none)."""
    found = [score for score in _scores(group) if score.metric == metric]
    return not found or any(score.n_scored or not score.n_inapplicable for score in found)


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
        source=metric.source,
        judge=judge,
    )


def _row(entry: CellOutcome, card: ModelCard | None, asked: Capability | None, problem: str) -> ResultRow:
    name, outcome = entry.spec.model, entry.outcome
    if name == UNTOUCHED and asked:
        shown: dict[str, Any] = {"title": asked.untouched, "kind": "untouched", "licence": units.MISSING, "marks": ()}
    elif card:
        shown = {"title": card.title, "kind": card.kind, "licence": licence(card), "marks": marks(card)}
    else:
        shown = {"title": name, "kind": "unknown", "licence": "unknown", "marks": ("not registered",)}
    row = ResultRow(
        model=name,
        **shown,
        status="not_scored",
        reason=problem or f"it was not scored; run: model-lab score {entry.cell.folder.parent.parent.name}",
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
    return "" if outcome.status == "complete" else "the run folder gives no reason"


def _finite(score: Score) -> Score:
    """The score with None for numbers that are not finite, and a note that says so."""
    numbers = {"value": score.value, "low": score.low, "high": score.high}
    ends = {name: value for name, value in numbers.items() if value is not None and not math.isfinite(value)}
    if not ends:
        return score
    said = "; ".join([score.note] * bool(score.note) + [f"{name} is {value}" for name, value in ends.items()])
    return score.model_copy(update={**dict.fromkeys(ends), "note": said})


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
    """Where the groups come from: as unsure as those of any row."""
    said = {row.clusters for row in rows}
    return "unknown" if "unknown" in said else "speaker" if "speaker" in said else "given"


def _not_asked(card: DatasetCard, models: Iterable[ModelCard], asked: Collection[str]) -> list[str]:
    """A sentence on the models that can do this, and know none of the data's languages."""
    names = [
        f"{model.name} ({', '.join(model.languages)})"
        for model in models
        if card.capability in model.capabilities and model.name not in asked and not model.understands(card.languages)
    ]
    return [f"Not asked, as the data is in none of their languages: {', '.join(sorted(names))}."] if names else []


def _devices(rows: Iterable[ResultRow]) -> dict[str, list[str]]:
    """Device -> the models that ran on it; the untouched input ran on none."""
    on: dict[str, list[str]] = {}
    for row in rows:
        if row.spec and row.is_asked:
            on.setdefault(row.spec.device, []).append(row.model)
    return dict(sorted(on.items()))


def _caveats(
    rows: list[ResultRow], columns: tuple[MetricColumn, ...], card: DatasetCard | None, compared: DatasetRanking
) -> Iterable[str]:
    tiers = sorted({row.tier for row in rows if row.tier})
    if "smoke" in tiers:
        yield "Smoke tier, few samples: this is a smoke test, not a ranking claim."
    truth = card.truth if card else "unknown"
    if truth in _TRUTH_CAVEATS:
        yield _TRUTH_CAVEATS[truth]
    if _clusters(rows) == "unknown":
        yield (
            "Clusters unknown: every sample counts as independent, and intervals are too narrow if samples share a speaker or a "
            "recording; name it in a column group or speaker."
        )
    if card and card.limits:
        yield f"Its numbers do not speak for: {card.limits}"
    if card and not card.commercial:
        yield "The data may not be used commercially."
    if len(tiers) > 1:
        yield f"Rows are of different tiers ({', '.join(tiers)}): models are ranked on the samples they share."
    on = _devices(rows)
    if len(on) > 1:
        told = "; ".join(f"{device}: {', '.join(names)}" for device, names in on.items())
        yield f"Rows ran on different devices, so their speeds and memory do not compare ({told})."
    if compared.problem:
        yield f"Not ranked: {compared.problem}"
    for column in columns:
        if column.judge:
            yield f"{column.name} is the opinion of a model: {column.judge}."
    versions = {column.name: column.version for column in columns}
    old = {
        score.metric
        for row in rows
        for score in row.scores.values()
        if score.version != versions.get(score.metric, score.version)
    }
    if old:
        yield f"{', '.join(sorted(old))}: scored by another version of the metric than the one installed; run: model-lab score."
