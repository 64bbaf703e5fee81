"""Grades, costs and recommendations from the scorecards of a run, by the packaged rules, prices and use cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_lab.analysis.costs import Cost, costs, prices
from model_lab.analysis.grades import Grade, in_capabilities, rules
from model_lab.analysis.matrix import MatrixEntry, matrix
from model_lab.analysis.published import ComparedNumber, compare_published, published
from model_lab.analysis.recommendations import Recommendation, recommend, use_case, use_cases
from model_lab.analysis.schema import Scorecard
from model_lab.contract import ModelCard


@dataclass(frozen=True)
class Decisions:
    """Grades, the matrix, costs (in ``currency``), the advice for every use case, and published results beside ours."""

    grades: tuple[Grade, ...]
    matrix: tuple[MatrixEntry, ...]
    costs: tuple[Cost, ...]
    currency: str
    advice: Mapping[str, Recommendation]
    beside: tuple[ComparedNumber, ...]


def decide(cards: Sequence[Scorecard], models: Sequence[ModelCard]) -> Decisions:
    """Derive all decisions from the scorecards; the same scorecards and rules give the same result."""
    by, price_list = rules(), prices()
    graded = in_capabilities(cards, models, by)
    return Decisions(
        grades=tuple(graded.values()),
        matrix=tuple(matrix(cards, models, graded)),
        costs=tuple(costs(cards, price_list)),
        currency=price_list.currency,
        advice={name: recommend(use_case(name), cards, models, by) for name in use_cases()},
        beside=tuple(compare_published(published(), cards)),
    )
