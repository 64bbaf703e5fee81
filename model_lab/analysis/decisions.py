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
from model_lab.analysis.use_case_lines import NeedLine, need_lines
from model_lab.analysis.worth_trying import WorthTrying, within_limits, worth_trying
from model_lab.contract import ModelCard


@dataclass(frozen=True)
class Decisions:
    """Grades, the matrix, costs (in ``currency``), the advice for every use case with a line for each need, published results beside
    ours, and the models that published results make worth trying."""

    grades: tuple[Grade, ...]
    matrix: tuple[MatrixEntry, ...]
    costs: tuple[Cost, ...]
    currency: str
    advice: Mapping[str, Recommendation]
    beside: tuple[ComparedNumber, ...]
    lines: Mapping[str, tuple[NeedLine, ...]]
    to_try: tuple[WorthTrying, ...]

    def to_try_for(self, name: str) -> tuple[WorthTrying, ...]:
        """The models worth trying for a use case."""
        return within_limits(self.to_try, self.advice[name].use_case)


def decide(cards: Sequence[Scorecard], models: Sequence[ModelCard]) -> Decisions:
    """Derive all decisions from the scorecards; the same scorecards and rules give the same result."""
    by, price_list, facts = rules(), prices(), published()
    graded = in_capabilities(cards, models, by)
    advice = {name: recommend(use_case(name), cards, models, by) for name in use_cases()}
    return Decisions(
        grades=tuple(graded.values()),
        matrix=tuple(matrix(cards, models, graded)),
        costs=tuple(costs(cards, price_list)),
        currency=price_list.currency,
        advice=advice,
        beside=tuple(compare_published(facts, cards)),
        lines={name: need_lines(advised, cards) for name, advised in advice.items()},
        to_try=worth_trying(facts, cards, models),
    )
