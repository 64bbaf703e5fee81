"""The advice for a use case, need by need: which model, what its score means in words, on what evidence, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model_lab import units
from model_lab.analysis import phrasing, plain_words
from model_lab.analysis.schema import DatasetTable, ResultRow, Scorecard
from model_lab.analysis.verdicts import Advice, Recommendation


@dataclass(frozen=True)
class NeedLine:
    """One need of a use case: the model of the stack with the table that its advice rests on; all empty where there is none.

    Attributes:
        capability: What is needed.
        title: The capability's title.
        weight: How much the use case needs it.
        model: The model of the stack; "" without one.
        sentence: Its score in words, or why there is no model.
        evidence: How much data, of what kind and by whom, stands behind the number.
        ties: Usable models that do not differ significantly from it on the same table.
        changes: What would change the advice, one sentence each.
        table: The table with the score.
    """

    capability: str
    title: str
    weight: float
    model: str
    sentence: str
    evidence: str = ""
    ties: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    table: DatasetTable | None = None

    def plain(self) -> dict[str, object]:
        """As JSON; of the table its dataset."""
        return {
            "capability": self.capability,
            "model": self.model,
            "sentence": self.sentence,
            "evidence": self.evidence,
            "ties": list(self.ties),
            "changes": list(self.changes),
            "dataset": self.table.data.name if self.table else "",
        }


def need_lines(advised: Recommendation, cards: Sequence[Scorecard]) -> tuple[NeedLine, ...]:
    """A line for each need of the use case, the heaviest first."""
    titles = {card.capability: card.title for card in cards}
    needs = sorted(advised.use_case.needs.items(), key=lambda need: -need[1].weight)
    return tuple(_line(name, titles.get(name, name), need.weight, advised, cards) for name, need in needs)


def _line(need: str, title: str, weight: float, advised: Recommendation, cards: Sequence[Scorecard]) -> NeedLine:
    chosen = advised.stack.get(need)
    found = _most_evidence(chosen, cards) if chosen else None
    if chosen is None or found is None:
        reasons = [sentence.removeprefix(f"{need}: ") for sentence in advised.missing if sentence.startswith(f"{need}:")]
        return NeedLine(need, title, weight, "", "; ".join(reasons) or "no model fits the limits together with the others")
    table, row = found
    return NeedLine(
        capability=need,
        title=title,
        weight=weight,
        model=chosen.model,
        sentence=plain_words.sentence(table, row),
        evidence=_evidence(table, row, chosen),
        ties=tuple(other.model for other in _tied(table, chosen, advised.advice)),
        changes=tuple(_changes(table, chosen, advised)),
        table=table,
    )


def _most_evidence(entry: Advice, cards: Sequence[Scorecard]) -> tuple[DatasetTable, ResultRow] | None:
    """Of the tables that the grade rests on, the one with most clusters, and its row of the model."""
    names = entry.grade.datasets if entry.grade else ()
    tables = [table for card in cards if card.capability == entry.capability for table in card.tables if table.data.name in names]
    found = [(table, row) for table in tables for row in table.rows if row.model == entry.model and table.score(row)]
    return max(found, key=lambda pair: pair[0].data.n_groups or 0, default=None)


def _evidence(table: DatasetTable, row: ResultRow, entry: Advice) -> str:
    score = table.score(row)
    others = len(entry.grade.datasets) - 1 if entry.grade else 0
    parts = (
        f"{entry.grade.evidence} by the rules of grades" if entry.grade else "",
        phrasing.clusters(score.n_groups, table.data) if score else "no score",
        f"{row.tier} tier" if row.tier else "",
        phrasing.origin(table.data),
        f"graded on {others} other dataset{'s' * (others > 1)} too" if others else "",
    )
    return " · ".join(filter(None, parts))


def _tied(table: DatasetTable, entry: Advice, advice: Sequence[Advice]) -> list[Advice]:
    rank = _rank(table, entry)
    return [other for other in _others(table, entry, advice) if other.usable and _rank(table, other) == rank < float("inf")]


def _others(table: DatasetTable, entry: Advice, advice: Sequence[Advice]) -> list[Advice]:
    """The other models with advice that have a score in the table."""
    scored = {row.model for row in table.rows if table.score(row)}
    return [
        other
        for other in advice
        if other.capability == entry.capability and other.model in scored - {entry.model} and other.grade
    ]


def _rank(table: DatasetTable, entry: Advice) -> float:
    return next((row.rank for row in table.rows if row.model == entry.model and row.rank is not None), float("inf"))


def _changes(table: DatasetTable, entry: Advice, advised: Recommendation) -> Iterator[str]:
    """What would change the advice: a dataset left out, a difference too small to be seen here, a lifted limit, a rival that improves."""
    advice = advised.advice
    for left in advised.left_out:
        if left.capability == entry.capability and any(model == entry.model for model, *_ in left.changes):
            yield f"leaving out {left.dataset}, on which it rests"
    tied, others = _tied(table, entry, advice), _others(table, entry, advice)
    if tied:
        yield f"more data, if it tells {_listed([other.model for other in tied])} apart from it{_visible(table, entry.model, tied)}"
    for other in others:
        if other.word == "rejected" and other.grade and other.grade.letter != "F" and _rank(table, other) <= _rank(table, entry):
            yield f"lifting the limit that rules out {other.model}, which is not significantly worse here: {other.because}"
    if not tied and (margin := _margin(table, entry.model)):
        yield margin
    if not others:
        yield "a second model: no other was graded on this data"
    if table.data.author == "project":
        yield "any independent data, as this project wrote the test"


def _visible(table: DatasetTable, model: str, tied: Sequence[Advice]) -> str:
    """How large a difference this data could show."""
    names = {other.model for other in tied}
    seen = [
        pair.detectable
        for pair in table.differences
        if pair.detectable is not None and model in (pair.better, pair.worse) and names & {pair.better, pair.worse}
    ]
    return f" (this data shows no difference below {units.gap(max(seen), table.primary.unit)})" if seen else ""


def _margin(table: DatasetTable, model: str) -> str:
    """By how much the nearest model is worse."""
    behind = [pair for pair in table.differences if pair.better == model and pair.significant and _is_model(table, pair.worse)]
    if not behind:
        return ""
    nearest = min(behind, key=lambda pair: abs(pair.difference))
    return f"{nearest.worse} improving by {units.gap(abs(nearest.difference), table.primary.unit)}, by which it is worse here"


def _is_model(table: DatasetTable, name: str) -> bool:
    return any(row.model == name and not row.is_reference for row in table.rows)


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
