"""Everything that is decided out of a run's scorecards, by the packaged rules, prices and use cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_lab.analysis.costs import Cost, costs, prices
from model_lab.analysis.grades import Grade, by_capability, grades, rules
from model_lab.analysis.matrix import MatrixEntry, matrix
from model_lab.analysis.published import ComparedNumber, beside, published
from model_lab.analysis.recommendations import Recommendation, recommend, use_case, use_cases
from model_lab.analysis.schema import Scorecard
from model_lab.contract import ModelCard


@dataclass(frozen=True)
class Decisions:
    """Grades, the matrix, costs (in ``currency``), the advice for every use case, and what others published beside ours."""

    grades: tuple[Grade, ...]
    matrix: tuple[MatrixEntry, ...]
    costs: tuple[Cost, ...]
    currency: str
    advice: Mapping[str, Recommendation]
    beside: tuple[ComparedNumber, ...]


def decide(cards: Sequence[Scorecard], models: Sequence[ModelCard]) -> Decisions:
    """Decide; the same scorecards and rules give the same answer."""
    found, by = grades(cards, models, rules()), prices()
    return Decisions(
        grades=tuple(by_capability(found).values()),
        matrix=tuple(matrix(cards, models, found)),
        costs=tuple(costs(cards, by)),
        currency=by.currency,
        advice={name: recommend(use_case(name), cards, models, found) for name in use_cases()},
        beside=tuple(beside(published(), cards)),
    )
