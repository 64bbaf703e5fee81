"""A model's page: its card, its grades with every rule, its scores on every dataset, and published numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model_lab import units
from model_lab.analysis import contended_times, phrasing, plain_words
from model_lab.analysis.decisions import Decisions
from model_lab.analysis.grades import Grade
from model_lab.analysis.licences import licence, marks, verification
from model_lab.analysis.links import slug, to_capability, to_dataset
from model_lab.analysis.schema import STATUS_WORDS, DatasetTable, ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.contract import ModelCard
from model_lab.report.site.capability import others
from model_lab.report.site.page import Grid, Page, PageSection
from model_lab.results.schema import UNTOUCHED


def models(cards: Iterable[Scorecard], model_cards: Iterable[ModelCard], decided: Decisions) -> Iterator[Page]:
    """A page for every model that is registered or was evaluated."""
    registered = {card.name: card for card in model_cards}
    rows: dict[str, list[tuple[Scorecard, DatasetTable, ResultRow]]] = {name: [] for name in registered}
    for card in cards:
        for table in card.tables:
            for row in table.rows:
                rows.setdefault(row.model, []).append((card, table, row))
    for name in sorted(rows):
        yield _model(name, registered.get(name), rows[name], decided)


def _model(name: str, card: ModelCard | None, rows: list[tuple[Scorecard, DatasetTable, ResultRow]], decided: Decisions) -> Page:
    graded = [grade for grade in decided.grades if grade.model == name]
    scores = tuple(_score(*number) for number in rows)
    return Page(
        path=f"models/{slug(name)}",
        title=card.title if card else name,
        lead=card.summary if card else _without_card(name),
        sections=(
            *([PageSection("What it is", facts=_facts(card))] if card else []),
            *map(_grade, sorted(graded, key=lambda grade: grade.capability)),
            PageSection(
                "Scores",
                text=() if scores else ("This run did not evaluate it.",),
                grids=(Grid(f"{name} on every dataset", scores),),
            ),
            *others([number for number in decided.beside if number.model == name]),
        ),
    )


def _without_card(name: str) -> str:
    if name == UNTOUCHED:
        return "The unprocessed input, a baseline without a model: enhancement and separation must improve on it."
    return f"{name} is not registered here, so its card is unavailable."


def _facts(card: ModelCard) -> dict[str, object]:
    facts = {
        "name": card.name,
        "kind": card.kind,
        "capabilities": list(card.capabilities),
        "source": card.source.id,
        "licence": licence(card),
        "mind": ", ".join(marks(card)),
        "weights": f"{card.parameters:,} parameters" if card.parameters else "",
        "languages": ", ".join(card.languages),
        "environment": card.install.environment,
        "verified on": verification(card),
        "cannot run because": card.unsupported_reason,
        "again": f"model-lab run {card.name}",
    }
    return {key: value for key, value in facts.items() if value}


def _grade(grade: Grade) -> PageSection:
    hangs = [f"It would change with {sentence}." for sentence in grade.sensitive]
    if grade.letter and not hangs:
        hangs = ["Moving any threshold by 10 % does not change it."]
    rules = [
        {
            "rule": rule.name,
            "letter": rule.letter or units.MISSING,
            "found": rule.found,
            "the next letter": rule.missed or units.MISSING,
        }
        for rule in grade.rules
    ]
    held = ", ".join(rule.name for rule in grade.held_down_by)
    to = to_dataset(grade.capability, grade.dataset) if len(grade.datasets) == 1 else to_capability(grade.capability)
    evidence = [{"evidence": rule.name, "level": rule.level, "found": rule.found} for rule in grade.evidence_rules]
    return PageSection(
        f"Grade {grade.shown} in {grade.capability}" if grade.letter else f"{grade.capability}: {grade.shown}",
        text=(Value(f"From {grade.dataset}{f'; limited by {held}' if held else ''}.", href=to.href), *hangs),
        grids=(
            Grid(f"Every rule of the grade in {grade.capability}", tuple(rules)),
            *([Grid(f"The evidence in {grade.capability}", tuple(evidence))] if evidence else []),
        ),
    )


def _score(card: Scorecard, table: DatasetTable, row: ResultRow) -> Shown:
    score, speed = table.score(row), row.speed
    return {
        "dataset": to_dataset(card.capability, table.data.name),
        "capability": to_capability(card.capability),
        "status": STATUS_WORDS[row.status],
        "rank": Value(phrasing.rank(row), row.rank),
        "metric": table.primary.name,
        "value": Value(phrasing.primary(table, row), score.value if score else None),
        "95 %": phrasing.primary_interval(table, row),
        "n": Value(phrasing.counted(table, row), score.n_scored if score else None),
        "RTF": contended_times.value(units.factor(speed.real_time_factor), speed.real_time_factor, speed),
        "memory": Value(units.megabytes(speed.peak_memory_mb), speed.peak_memory_mb),
        "in words": plain_words.sentence(table, row) if score else units.MISSING,
        "remark": phrasing.why(table, row),
    }
