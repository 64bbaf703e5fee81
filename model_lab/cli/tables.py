"""Tables that the inspection commands print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from model_lab import capabilities, datasets
from model_lab.analysis.licences import licence, marks
from model_lab.cli import dataset_tables
from model_lab.contract import Permitted
from model_lab.datasets.card import Tier
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.provision import dataset_preflight, measured_memory
from model_lab.provision import preflight as verdicts
from model_lab.registry import model_cards
from model_lab.report.terminal_text import as_is
from model_lab.runs import selection
from model_lab.runs import sprint as sprints
from model_lab.schemas import Strict

Rows = list[dict[str, Any]]

_OLD_COLUMNS = {"mind": "caveats", "asked of": "applies to"}
"""Old name of a column -> its name now; JSON holds both in this release."""


def rows(kind: str, capability: str, runnable: bool, permitted: Permitted, runs: Path, public: bool = False) -> Rows:
    """The rows of ``model-lab list KIND``, filtered; ``public``: of datasets, those that are public benchmarks.

    Raises `UnknownName` for an unknown capability, `BadConfig` for ``public`` with another kind.
    """
    if public and kind != "datasets":
        raise BadConfig(f"--hub lists public datasets, not {kind}; run: model-lab list datasets --hub")
    if capability and capability not in capabilities.names():
        raise UnknownName(
            f"there is no capability {capability!r}{nearest(capability, capabilities.names())}; see: model-lab list capabilities"
        )
    listed: dict[str, Callable[[], Rows]] = {
        "models": lambda: _models(permitted),
        "capabilities": _capabilities,
        "datasets": dataset_tables.public_rows if public else _datasets,
        "metrics": _metrics,
        "scorers": _scorers,
        "published": _published,
        "perturbations": _perturbations,
        "sprints": _sprints,
        "runs": lambda: _runs(runs),
    }
    selected = listed[kind]()
    if capability:
        selected = [row for row in selected if capability in (row.get("capabilities") or [row.get("capability") or row["name"]])]
    if permitted != "any" and kind == "datasets":
        selected = [row for row in selected if row["commercial"]]
    return [row for row in selected if row["runs here"] == "yes"] if runnable and kind == "models" else selected


def _models(permitted: Permitted) -> Rows:
    return [
        {
            "name": card.name,
            "kind": card.kind,
            "capabilities": list(card.capabilities),
            "licence": licence(card),
            "caveats": ", ".join(marks(card)),
            "memory_gb": round(measured_memory.expected_gb(card), 2),
            "verified": card.verified,
            "runs here": "yes" if (verdict := verdicts.verdict(card)).runnable else "no",
            "why not": "; ".join(verdict.reasons),
        }
        for card in model_cards.cards()
        if card.licence.allows(permitted)
    ]


def _capabilities() -> Rows:
    models, data = model_cards.cards(), datasets.cards()
    return [
        {
            "name": question.name,
            "call": question.call,
            "primary metric": question.primary.name,
            "models": sum(question.name in card.capabilities for card in models),
            "datasets": sum(card.capability == question.name for card in data),
        }
        for question in capabilities.capabilities()
    ]


def _datasets() -> Rows:
    return [
        {
            "name": card.name,
            "capability": card.capability,
            "truth": card.truth,
            "author": card.author,
            "licence": card.licence,
            "commercial": card.commercial,
            "samples": card.tiers,
        }
        for card in datasets.cards()
    ]


def _metrics() -> Rows:
    return [
        {
            "name": metric.name,
            "capability": question.name,
            "title": metric.title,
            "unit": metric.unit,
            "better": "higher" if metric.higher_is_better else "lower",
            "primary": metric is question.primary,
        }
        for question in capabilities.capabilities()
        for metric in question.metrics
    ]


def _scorers() -> Rows:
    return [
        {
            "name": scorer.name,
            "capability": question.name,
            "title": scorer.title,
            "version": scorer.version,
            "scorer": scorer.scorer,
            "source": scorer.source,
        }
        for question in capabilities.capabilities()
        for scorer in question.scorers
    ]


def _perturbations() -> Rows:
    from model_lab import capabilities
    from model_lab.datasets.perturbations import Perturbation, perturbations

    hearing = [asked for asked in capabilities.capabilities() if asked.hears]

    def takes(kind: Perturbation) -> list[str]:
        return [asked.name for asked in hearing if not kind.refusal(asked)]

    return [
        {
            "name": kind.name,
            "does": kind.summary,
            "value": f"{wanted.meaning}, {wanted.unit}" if (wanted := kind.parameter) else "",
            "range": wanted.range if wanted else "",
            "default": f"{wanted.default:g}" if wanted else "",
            "applies to": ", ".join(suitable)
            if len(suitable := takes(kind)) < len(hearing)
            else "all capabilities with audio input",
            "source": kind.source,
        }
        for kind in perturbations().values()
    ]


def _published() -> Rows:
    from model_lab.analysis.published import published

    return [dict(fact.shown()) for fact in published()]


def _sprints() -> Rows:
    return [
        {
            "name": sprint.id,
            "title": sprint.title,
            "capabilities": list(sprint.datasets),
            "datasets": sum(map(len, sprint.datasets.values())),
            "leaderboard": sprint.leaderboard.metric if sprint.leaderboard else "",
        }
        for sprint in sprints.packaged_sprints()
    ]


def _runs(runs: Path) -> Rows:
    from model_lab.results.store import run_folders

    listed = []
    for folder in run_folders(runs):
        outcomes = [outcome for cell in folder.model_cells() if (outcome := cell.outcome())]
        states = [outcome.status for outcome in outcomes]
        listed.append(
            {
                "name": folder.name,
                "model runs": len(folder.model_cells()),
                "perturbed": sum(bool(outcome.spec.perturbation) for outcome in outcomes),
                **{state: states.count(state) for state in ("complete", "partial", "failed", "not_run")},
            }
        )
    return listed


def show(table_rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    if as_json:
        rows = [_with_old_columns(model_cards.with_old_keys(row)) for row in table_rows]
        print(json.dumps(rows, indent=1, ensure_ascii=False, default=lambda value: value.plain))
        return
    console = Console()
    if not console.is_terminal:
        console.width = 200
    if not table_rows:
        print("nothing to list")
        return
    columns = [column for column in table_rows[0] if column != "why not"]
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(as_is(column), overflow="fold", no_wrap=column == "name")
    for row in table_rows:
        table.add_row(*(as_is(_cell(row[column])) for column in columns))
    console.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_cell(part) if part else 'all'}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) if len(value) < 6 else f"all {len(value)}"
    return str(value)


def details(name: str, as_json: bool) -> None:
    """Print the details of one model, capability, dataset or metric."""
    fields = _details(name)
    if as_json:
        print(json.dumps(model_cards.with_old_keys(fields), indent=1, ensure_ascii=False, default=str))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in fields.items():
        text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)
        table.add_row(as_is(key), as_is(text))
    Console().print(table)


def _details(name: str) -> dict[str, Any]:
    if model_cards.known(name):
        card = model_cards.card(name)
        return {**card.model_dump(mode="json"), "runs here": str(verdicts.verdict(card)), "revision": model_cards.revision(card)}
    if datasets.known(name):
        from model_lab.datasets import build

        data = datasets.card(name)
        public = dataset_tables.details(data) if data.source.public else {}
        return {**data.model_dump(mode="json"), "revision": build.revision(data), "built": build.ready(data), **public}
    if name in capabilities.names():
        question = capabilities.capability(name)
        columns = {column.name: column.meaning + ("" if column.required else " (optional)") for column in question.columns}
        return {
            "name": name,
            "title": question.title,
            "call": question.call,
            "manifest columns": columns,
            "metrics": [m.name for m in question.metrics],
            "scorers": [scorer.name for scorer in question.scorers],
        }
    for question in capabilities.capabilities():
        for metric in (*question.metrics, *question.scorers):
            if metric.name == name:
                return {
                    key: getattr(metric, key)
                    for key in ("name", "title", "unit", "higher_is_better", "best", "worst", "version", "scorer", "source")
                } | {"capability": question.name}
    candidates = [
        *model_cards.names(),
        *datasets.names(),
        *capabilities.names(),
        *(row["name"] for row in (*_metrics(), *_scorers())),
    ]
    raise UnknownName(
        f"there is no model, dataset, capability or metric {name!r}{nearest(name, candidates)}; see: model-lab list models"
    )


def problems() -> None:
    """Print on stderr the items that cannot be used, one per line."""
    from model_lab.registry import unusable

    for problem in unusable.problems():
        print(f"cannot be used: {problem}", file=sys.stderr)


def checks(names: list[str], level: str) -> bool:
    """Run the checks and print each result, with a progress bar on a terminal; returns whether one failed."""
    from model_lab.authoring import checks

    colours = {"passed": "green", "failed": "red", "skipped": "yellow", "expected": "yellow"}
    console, counts = Console(), dict.fromkeys(colours, 0)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar if console.is_terminal else nullcontext():
        task = bar.add_task("", total=None)
        for result in checks.check(
            names, level, lambda subject, number, total: bar.update(task, description=subject, completed=number, total=total)
        ):
            counts[result.status] += 1
            line = Text(result.status, colours[result.status]).append_text(
                as_is(f"  {result.subject}  {result.check}  {result.detail}".rstrip(), "")
            )
            console.print(line, soft_wrap=True)
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    return counts["failed"] > 0


def doctor(as_json: bool) -> None:
    """Print the facts about this machine, what can run on it, and which items cannot be used."""
    from model_lab.provision.machine import machine
    from model_lab.registry import unusable

    facts = machine()
    if as_json:
        print(json.dumps({**facts, "problems": [str(problem) for problem in unusable.problems()]}, indent=1))
        return
    show([{"what": key, "value": value if isinstance(value, str) else _cell(value)} for key, value in facts.items()], False)
    print("for the other models and their reasons: model-lab preflight")
    problems()


def preflight(
    names: list[str],
    preflight_options: verdicts.PreflightOptions,
    options: dict[str, Any],
    tier: Tier,
    offline: bool,
    as_json: bool,
) -> bool:
    """Print the verdict on each model and each public dataset; returns whether all can be used."""

    check = verdicts.verdict if offline else verdicts.online
    results = [check(model_cards.with_options(card, options), preflight_options) for card in selection.cards_of(names)]
    data = dataset_preflight.verdicts(selection.datasets_of(names), tier, offline)
    if as_json:
        models: dict[str, Any] = {verdict.model: list(verdict.reasons) for verdict in results}
        print(json.dumps(models | ({"datasets": dataset_tables.as_json(data)} if data else {}), indent=1, ensure_ascii=False))
    else:
        if results:
            show(
                [
                    {"model": v.model, "runs here": "yes" if v.runnable else "no", "because": "; ".join(v.reasons)}
                    for v in results
                ],
                False,
            )
        if data:
            show(dataset_tables.preflight(data), False)
    return all(verdict.runnable for verdict in results) and all(verdict.usable for verdict in data)


def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of YAML file."""
    from model_lab.contract import ModelCard
    from model_lab.datasets.card import DatasetCard
    from model_lab.pipelines.recipe import Recipe
    from model_lab.runs.sprint import SprintConfig

    kinds: dict[str, type[Strict]] = {"model": ModelCard, "dataset": DatasetCard, "sprint": SprintConfig, "pipeline": Recipe}
    if kind not in kinds:
        raise UnknownName(f"there is no schema {kind!r}{nearest(kind, kinds)}; expected one of: {', '.join(kinds)}")
    print(json.dumps(kinds[kind].model_json_schema(), indent=1))


def _with_old_columns(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{old: row[new] for old, new in _OLD_COLUMNS.items() if new in row}}
