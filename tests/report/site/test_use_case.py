"""The page of a use case, on tables made by hand."""

from __future__ import annotations

from model_lab.analysis import grades, recommendations
from model_lab.analysis.table_cells import as_value
from model_lab.analysis.use_cases import Need, UseCase
from model_lab.report.site.decisions import UseCaseAdvice
from model_lab.report.site.use_case import use_case
from tests.analysis.hand_made import card, difference, row, table
from tests.scored_run import model_card


def test_it_says_what_the_advice_rests_on_and_how_strong_the_evidence_is() -> None:
    large = table(row("a", 0.09), row("b", 0.02), name="large", differences=(difference("b", "a", 0.07),))
    small = table(
        row("a", 0.02), row("b", 0.03), name="small", differences=(difference("a", "b", 0.01, 0.02, p=0.4),), author="unknown"
    )
    case = UseCase(title="Calls", needs={"asr": Need(weight=1)})
    advice = recommendations.recommend(case, [card(large, small)], [model_card("a"), model_card("b")], grades.rules())
    page = use_case(UseCaseAdvice("calls", advice, (), ()), {})
    sections = {section.title: section for section in page.sections}
    assert [str(line) for line in sections["If one dataset were left out"].text] == [
        "asr: without large, b would be acceptable instead of recommended; a would be recommended instead of acceptable.",
        "asr: no word changes without any one of small.",
    ]
    [grid] = sections["Every model"].grids
    [shown] = [line for line in grid.rows if as_value(line["model"]).text == "b"]
    assert {key: as_value(shown[key]).text for key in ("model", "word", "grade", "evidence")} == {
        "model": "b",
        "word": "recommended",
        "grade": "A",
        "evidence": "strong",
    }


def test_with_one_dataset_there_is_nothing_to_leave_out() -> None:
    case = UseCase(title="Calls", needs={"asr": Need(weight=1)})
    advice = recommendations.recommend(case, [card(table(row("a", 0.02)))], [model_card("a")], grades.rules())
    assert "If one dataset were left out" not in {
        section.title for section in use_case(UseCaseAdvice("calls", advice, (), ()), {}).sections
    }
