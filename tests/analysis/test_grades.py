"""Letters and evidence, on tables made by hand."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from model_lab.analysis import grades
from model_lab.analysis.doing_nothing import NOT_SHOWN
from model_lab.analysis.grades import LETTERS, Grade, letter, lowest_letter
from model_lab.analysis.grading_rules import Quality
from model_lab.analysis.schema import DatasetTable, Improvement
from model_lab.errors import BadConfig
from model_lab.results.schema import Speed
from tests.analysis.hand_made import card, row, table
from tests.scored_run import model_card

RULES = grades.rules()


def graded(*tables: DatasetTable, by: grades.Rules = RULES, **changes: Any) -> Grade:
    [found] = grades.in_capabilities([card(*tables)], [model_card("m", **changes)], by).values()
    return found


def by_share() -> grades.Rules:
    """Rules that grade the share of the errors of an empty answer that is removed."""
    return RULES.model_copy(update={"quality": {"asr": Quality(thresholds=(0.95, 0.9, 0.8, 0.6), measure="share", over="null")}})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"memory_gb": {"thresholds": [1, 3, 2, 8]}}, "memory_gb are .* expected them to rise or to fall"),
        ({"licences": {}}, r"unknown key 'licences' \(did you mean 'licence'\?\)"),
        ({"licence": {"letters": {"any": "D"}}}, "licence has no letter for permissive, commercial"),
    ],
)
def test_rules_that_are_wrong_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = tmp_path / "grades.yaml"
    path.write_text(yaml.safe_dump(RULES.model_dump(mode="json") | changes))
    with pytest.raises(BadConfig, match=said):
        grades.rules(path)


def test_every_rule_has_its_reason_and_source() -> None:
    rows = list(RULES.explained())
    assert {"quality of asr", "real_time_factor", "licence", "evidence (clusters)", "weights of datasets"} <= {
        row["rule"] for row in rows
    }
    assert [row["rule"] for row in rows if not row["reason"] or not row["source"]] == []


def test_rules_of_0_2_are_still_read_with_a_warning(tmp_path: Path) -> None:
    old = {
        "real_time_factor": [0.2, 0.3, 0.6, 1.0],
        "latency_s": [0.5, 2, 8, 30],
        "memory_gb": [0.5, 1, 2, 8],
        "failure_rate": [0.0, 0.01, 0.05, 0.2],
        "clusters": [30, 15, 8, 2],
        "clusters_known": {"given": "A", "speaker": "A", "unknown": "C"},
        "tier": {"full": "A", "standard": "B", "smoke": "C"},
        "truth": {"human": "A", "construction": "B", "weak": "C", "synthetic": "C", "unknown": "C"},
        "licence": {"permissive": "A", "commercial": "B", "any": "D"},
        "deterministic": {True: "A", False: "B"},
        "quality": {"asr": [0.01, 0.02, 0.03, 0.04]},
    }
    path = tmp_path / "old.yaml"
    path.write_text(yaml.safe_dump(old))
    with pytest.warns(FutureWarning, match="levels under evidence now"):
        found = grades.rules(path)
    assert found.real_time_factor.thresholds == (0.2, 0.3, 0.6, 1.0)
    assert found.evidence == RULES.evidence
    asked = found.of("asr")
    assert asked is not None and (asked.thresholds, asked.measure) == ((0.01, 0.02, 0.03, 0.04), "value")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grades.rules()


@given(value=st.floats(-1, 2), better=st.floats(0, 1))
def test_a_better_value_never_earns_a_worse_letter(value: float, better: float) -> None:
    thresholds = (0.05, 0.1, 0.2, 0.4)
    assert LETTERS.index(letter(value - better, thresholds, False)) <= LETTERS.index(letter(value, thresholds, False))


def test_a_contended_speed_is_not_graded_and_says_so() -> None:
    held_up = Speed(real_time_factor=2.11, latency_p50_s=9.0, peak_memory_mb=300.0, contended=True, waited_share=0.88)
    found = graded(table(row("m", 0.02, speed=held_up)))
    assert found.letter == "A"
    [rule] = [rule for rule in found.rules if rule.name.startswith("speed")]
    assert (rule.letter, rule.found) == (None, "2.11; not graded: contended, time it again with: model-lab time")
    assert not any("speed" in sentence for sentence in found.sensitive)
    text = graded(table(row("m", 0.02, speed=Speed(latency_p50_s=99.0, peak_memory_mb=300.0, contended=True))))
    assert (text.letter, text.rules[1].letter) == ("A", None)
    for known in (False, None):
        assert graded(table(row("m", 0.02, speed=held_up.model_copy(update={"contended": known})))).letter == "F"


def test_a_letter_is_the_lowest_of_all_rules() -> None:
    assert graded(table(row("m", 0.02))).letter == "A"
    slow = graded(table(row("m", 0.02, speed=Speed(real_time_factor=0.9, peak_memory_mb=300.0))))
    assert (slow.letter, [rule.name for rule in slow.held_down_by]) == ("D", ["speed (real-time factor)"])
    assert slow.held_down_by[0].missed == "C requires <= 0.6"
    assert lowest_letter(rule.letter for rule in slow.rules if rule.letter) == slow.letter


def test_quality_is_graded_by_the_value_and_a_wide_interval_is_thin_evidence() -> None:
    """WER 8 % +- 1 of the 5 points between A and B is strong; +- 4 is moderate, +- 8 thin: the letter is the same."""
    found = {spread: graded(table(row("m", 0.08, spread))) for spread in (0.01, 0.04, 0.08)}
    assert {grade.letter for grade in found.values()} == {"B"}
    assert [grade.evidence for grade in found.values()] == ["strong", "moderate", "thin"]
    assert found[0.08].shown == "B, on thin evidence"
    assert [rule.name for rule in found[0.08].thin_because] == ["half-width"]


@pytest.mark.parametrize(
    ("tier", "truth", "clusters", "expected"),
    [
        ("full", "human", 40, "strong"),
        ("standard", "human", 40, "strong"),
        ("smoke", "human", 40, "thin"),
        ("full", "construction", 40, "moderate"),
        ("full", "synthetic", 40, "thin"),
        ("full", "human", 10, "moderate"),
        ("full", "human", 7, "thin"),
    ],
)
def test_evidence_is_a_second_axis_that_lowers_no_letter(tier: str, truth: str, clusters: int, expected: str) -> None:
    found = graded(table(row("m", 0.0, clusters=clusters, tier=tier), truth=truth))
    assert (found.letter, found.evidence) == ("A", expected)


def test_unknown_clusters_are_thin_evidence() -> None:
    known = table(row("m", 0.0))
    unknown = known.model_copy(update={"data": known.data.model_copy(update={"clusters": "unknown"})})
    assert (graded(known).evidence, graded(unknown).letter, graded(unknown).evidence) == ("strong", "A", "thin")
    [rule] = graded(unknown).thin_because
    assert (rule.name, rule.found) == ("clusters known", "clusters unknown: every sample counts as one")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"licence": {"code": "MIT", "commercial": True}}, "A"),
        ({"licence": {"code": "GPL-3.0-or-later", "commercial": True, "copyleft": True}}, "B"),
        ({"licence": {"code": "MIT", "weights": "unclear", "commercial": True}}, "D"),
        ({"licence": {"code": "MIT", "weights": "CC-BY-NC-4.0", "commercial": False}}, "D"),
        ({"deterministic": False}, "B"),
    ],
)
def test_licence_and_determinism_count(changes: dict[str, Any], expected: str) -> None:
    assert graded(table(row("m", 0.0)), **changes).letter == expected


def test_failures_count() -> None:
    assert graded(table(row("m", 0.0, n_ok=36, n_failed=4))).letter == "D"


def test_a_test_that_this_project_wrote_caps_at_c_and_is_thin() -> None:
    found = graded(table(row("m", 0.0), author="project"))
    assert (found.letter, found.evidence, found.independent) == ("C", "thin", False)
    assert [(rule.name, rule.found) for rule in found.held_down_by] == [
        ("independence", "truth: project (this project wrote the test)")
    ]
    own = graded(table(row("m", 0.0), name="mine"), own_datasets=("mine",))
    assert (own.letter, own.held_down_by[0].found) == ("C", "its makers made this data, or tuned it on it")


def test_all_independent_data_counts_and_that_of_this_project_only_where_there_is_no_other() -> None:
    good, bad = table(row("m", 0.02), name="good"), table(row("m", 0.16), name="bad")
    mine = table(row("m", 0.0), name="mine", author="project")
    found = graded(good, bad, mine)
    assert (found.letter, found.datasets, found.quality and round(found.quality.value, 3)) == ("B", ("good", "bad"), 0.09)
    assert found.shown == "B, on strong evidence (A on good, C on bad, C on mine)"
    alone = graded(good, mine, own_datasets=("good",))
    assert (alone.datasets, alone.letter) == (("good", "mine"), "C")


def test_constructed_data_counts_half() -> None:
    found = graded(table(row("m", 0.03), name="real"), table(row("m", 0.12), name="mixed", truth="construction"))
    assert found.quality is not None and found.quality.value == pytest.approx((0.03 + 0.12 / 2) / 1.5)


def test_a_share_is_graded_where_the_rules_say_so() -> None:
    """WER 8 % where an empty answer has 100 %: 92 % of the errors are removed, a B of (0.95, 0.9, 0.8, 0.6)."""
    found = graded(table(row("m", 0.08, 0.01)), by=by_share())
    assert found.letter == "B"
    assert found.rules[0].found == "92.0 % [91.0, 93.0] of the possible gain over an empty answer"
    assert found.rules[0].missed == "A requires >= 0.95"


def test_without_the_comparison_a_share_is_not_graded_and_the_command_is_named() -> None:
    found = graded(table(row("m", 0.08), improvements=()), by=by_share())
    assert (found.letter, found.quality) == (None, None)
    assert found.shown == "not graded: no paired comparison with baseline_null; run: model-lab run baseline_null calls"


def test_what_does_not_beat_doing_nothing_gets_that_verdict_in_place_of_a_letter() -> None:
    found = graded(table(row("m", 0.02), p=0.2))
    assert (found.letter, found.remark, found.shown, found.sensitive) == (None, NOT_SHOWN, NOT_SHOWN, ())
    few = graded(table(row("m", 0.02, clusters=5)))
    assert few.remark == NOT_SHOWN
    [rule] = [rule for rule in few.evidence_rules if rule.name == "doing nothing"]
    assert rule.found == "no test against baseline_null: fewer than 6 clusters in common"


def test_every_row_that_stands_for_doing_nothing_must_be_beaten() -> None:
    made = table(row("m", 0.02))
    even = Improvement(model="m", over="baseline_random", nothing=0.03, difference=0.01, low=-0.01, high=0.03, p=0.4, n_groups=40)
    found = graded(made.model_copy(update={"improvements": (*made.improvements, even)}))
    assert found.remark == NOT_SHOWN
    worse = even.model_copy(update={"difference": -0.01, "low": -0.02, "high": -0.005, "p": 0.001})
    assert graded(made.model_copy(update={"improvements": (*made.improvements, worse)})).remark == NOT_SHOWN


def test_the_test_against_doing_nothing_is_corrected_for_the_number_of_models() -> None:
    """p = 0.02 for one model, 0.06 by Holm for three of them."""
    names = ("a", "b", "c")
    three = grades.grades(
        [card(table(*(row(name, 0.02) for name in names), p=0.02))], [model_card(name) for name in names], RULES
    )
    assert {grade.remark for grade in three} == {NOT_SHOWN}
    assert graded(table(row("m", 0.02), p=0.02)).letter == "A"


def test_small_datasets_together_can_show_what_none_shows_alone() -> None:
    """Five clusters allow no test; three such datasets have fifteen."""
    small = [table(row("m", 0.09, 0.05, clusters=5), name=name) for name in ("one", "two", "three")]
    assert graded(small[0]).remark == NOT_SHOWN
    assert graded(*small).letter == "B"


def test_where_nothing_was_run_to_compare_with_the_letter_stands_on_thin_evidence() -> None:
    found = graded(table(row("m", 0.02), improvements=()))
    assert (found.letter, found.evidence) == ("A", "thin")
    assert found.thin_because[0].found.startswith("not tested: none of baseline_null, baseline_random, untouched_input")


def test_a_grade_says_which_threshold_it_hangs_on() -> None:
    assert graded(table(row("m", 0.02))).sensitive == ()
    assert graded(table(row("m", 0.048))).sensitive == ("quality (wer) A at 0.045 instead of 0.05: B",)
    assert graded(table(row("m", 0.053))).sensitive == ("quality (wer) A at 0.055 instead of 0.05: A",)


def test_baselines_and_models_without_a_score_or_a_card_get_no_grade() -> None:
    rows = table(row("baseline_null", 1.0), row("m", None), row("gone", 0.1))
    known = [model_card("baseline_null", "baseline"), model_card("m")]
    assert grades.grades([card(rows)], known, RULES) == []
    assert grades.in_capabilities([card(rows)], known, RULES) == {}
