"""Grades, costs, the matrix and recommendations, on tables made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from model_lab import capabilities
from model_lab.analysis import costs, grades, matrix, recommendations
from model_lab.analysis.grades import LETTERS, Grade, letter, lowest
from model_lab.analysis.recommendations import Need, UseCase
from model_lab.analysis.schema import DatasetInfo, DatasetTable, MetricColumn, PairwiseDifference, ResultRow, Scorecard
from model_lab.analysis.table_cells import as_value
from model_lab.contract import ModelCard
from model_lab.errors import BadConfig, UnknownName
from model_lab.results.schema import UNTOUCHED, RunSpec, Score, Speed
from tests.scored_run import model_card

RULES = grades.rules()


def row(model: str, wer: float | None, spread: float = 0.0, clusters: int = 40, tier: str = "full", **changes: Any) -> ResultRow:
    """A row of speech recognition; ``spread`` is half the interval."""
    score = Score(
        metric="wer",
        version=1,
        value=wer,
        low=None if wer is None else wer - spread,
        high=None if wer is None else wer + spread,
        n_scored=40,
        n_unscored=0,
        n_groups=clusters,
    )
    fields: dict[str, Any] = {
        "model": model,
        "title": model,
        "kind": "neural",
        "licence": "MIT",
        "status": "complete",
        "tier": tier,
        "n_samples": 40,
        "n_ok": 40,
        "n_failed": 0,
        "scores": {"wer": score},
        "speed": Speed(real_time_factor=0.05, latency_p50_s=0.1, peak_memory_mb=300.0),
    }
    return ResultRow(**(fields | changes))


def table(*rows: ResultRow, name: str = "calls", truth: str = "human", clusters: int = 40) -> DatasetTable:
    data = DatasetInfo(
        name=name,
        title=name,
        truth=truth,
        annotation="",
        limits="",
        licence="CC0-1.0",
        commercial=True,
        group="speaker",
        n_samples=40,
        n_groups=clusters,
    )
    return DatasetTable(
        data=data, columns=(MetricColumn(name="wer", title="WER", unit="ratio", higher_is_better=False),), rows=rows
    )


def card(*tables: DatasetTable, capability: str = "asr") -> Scorecard:
    return Scorecard(capability=capability, title=capability, question="", tables=tables)


def graded(*tables: DatasetTable, **changes: Any) -> Grade:
    [found] = grades.by_capability(grades.grades([card(*tables)], [model_card("m", **changes)], RULES)).values()
    return found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"memory_gb": [1, 3, 2, 8]}, "memory_gb are .* expected them to rise or to fall"),
        ({"tiers": {}}, r"unknown key 'tiers' \(did you mean 'tier'\?\)"),
    ],
)
def test_rules_that_are_wrong_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = tmp_path / "grades.yaml"
    path.write_text(yaml.safe_dump(RULES.model_dump(mode="json") | changes))
    with pytest.raises(BadConfig, match=said):
        grades.rules(path)


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


def test_a_grade_is_the_lowest_letter_of_all_rules() -> None:
    assert graded(table(row("m", 0.02))).letter == "A"
    slow = graded(table(row("m", 0.02, speed=Speed(real_time_factor=0.9, peak_memory_mb=300.0))))
    assert (slow.letter, [rule.name for rule in slow.held_down_by]) == ("D", ["speed (real-time factor)"])
    assert slow.held_down_by[0].missed == "C requires <= 0.6"
    assert lowest(rule.letter for rule in slow.rules) == slow.letter


def test_quality_is_what_the_evidence_vouches_for() -> None:
    """WER 4 % earns an A, an interval up to 8 % only a B."""
    assert graded(table(row("m", 0.04, 0.005))).letter == "A"
    assert graded(table(row("m", 0.04, 0.04))).letter == "B"


@pytest.mark.parametrize(
    ("tier", "truth", "clusters", "expected"),
    [("smoke", "human", 40, "C"), ("full", "synthetic", 40, "C"), ("standard", "human", 40, "B"), ("full", "human", 10, "C")],
)
def test_thin_evidence_caps_the_grade(tier: str, truth: str, clusters: int, expected: str) -> None:
    assert graded(table(row("m", 0.0, clusters=clusters, tier=tier), truth=truth)).letter == expected


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


def test_the_dataset_with_the_best_evidence_counts_and_there_the_worst() -> None:
    thin = table(row("m", 0.9, clusters=2), name="thin")
    synthetic = table(row("m", 0.9), name="synthetic", truth="synthetic")
    good, bad = table(row("m", 0.01), name="good"), table(row("m", 0.08), name="bad")
    found = graded(thin, synthetic, good, bad)
    assert (found.letter, found.dataset) == ("B", "bad")
    assert found.shown == "B (F on thin, F on synthetic, A on good)"


def test_a_grade_says_which_threshold_it_hangs_on() -> None:
    assert graded(table(row("m", 0.02))).sensitive == ()
    assert graded(table(row("m", 0.048))).sensitive == ("quality (wer) A at 0.045 instead of 0.05: B",)
    assert graded(table(row("m", 0.053))).sensitive == ("quality (wer) A at 0.055 instead of 0.05: A",)


def test_yardsticks_and_models_without_a_score_get_no_grade() -> None:
    rows = table(row("baseline_null", 1.0), row("m", None), row("gone", 0.1))
    assert grades.grades([card(rows)], [model_card("baseline_null", "baseline"), model_card("m")], RULES) == []


def test_costs_are_price_times_speed() -> None:
    prices = costs.Prices(currency="EUR", machines={"one": costs.MachinePrice(per_hour=2.0)})
    sound = row("m", 0.1, speed=Speed(real_time_factor=0.25, peak_memory_mb=100.0))
    text = row("t", 0.1, speed=Speed(latency_p50_s=1.8, peak_memory_mb=100.0))
    found = {cost.row.model: cost for cost in costs.costs([card(table(sound, text))], prices)}
    assert found["m"].per_audio_hour == pytest.approx(0.5)
    assert found["t"].per_thousand_calls == pytest.approx(1.0)
    assert str(found["m"].shown("EUR")["cost"]) == "EUR 0.5 for an hour of audio"


def test_the_front_holds_what_nothing_beats_in_everything() -> None:
    def priced(model: str, wer: float, factor: float, memory: float) -> ResultRow:
        return row(model, wer, speed=Speed(real_time_factor=factor, peak_memory_mb=memory))

    rows = [priced("best", 0.1, 0.5, 500.0), priced("cheap", 0.2, 0.1, 500.0), priced("small", 0.3, 0.5, 50.0)]
    beaten, twin = priced("beaten", 0.2, 0.2, 600.0), priced("twin", 0.1, 0.5, 500.0)
    found = costs.costs([card(table(*rows, beaten, twin))], costs.prices())
    assert {cost.row.model for cost in found if cost.on_front} == {"best", "cheap", "small", "twin"}


def test_a_model_with_a_contended_price_may_be_cheaper_than_it_looks() -> None:
    def priced(model: str, factor: float, contended: bool) -> ResultRow:
        return row(model, 0.1, speed=Speed(real_time_factor=factor, peak_memory_mb=100.0, contended=contended))

    prices = costs.Prices(currency="EUR", machines={"one": costs.MachinePrice(per_hour=2.0)})
    rows = [priced("quick", 0.1, False), priced("slow", 0.5, False), priced("held_up", 0.5, True)]
    found = {cost.row.model: cost.shown("EUR") for cost in costs.costs([card(table(*rows))], prices)}
    assert {model: shown["front"] for model, shown in found.items()} == {
        "quick": "yes",
        "slow": "no",
        "held_up": "unknown: contended",
    }
    assert as_value(found["held_up"]["cost"]).plain == "EUR 1 for an hour of audio (contended)"
    assert as_value(found["slow"]["cost"]).plain == 1.0


def test_a_device_without_a_price_is_said() -> None:
    prices = costs.Prices(currency="EUR", machines={"one": costs.MachinePrice(per_hour=2.0)})
    with pytest.raises(BadConfig, match="no machine with cuda"):
        prices.on("cuda")


def test_the_matrix_leaves_nothing_blank() -> None:
    hub = {
        "source": {"kind": "hub", "id": "acme/far"},
        "weights": {"kind": "hub", "repositories": {"model": {"id": "acme/far", "files": ["x"]}}},
        "verified": "loader",
    }
    cards = [
        model_card("m"),
        model_card("broken"),
        model_card("far", **hub),
        model_card("huge", unsupported_reason="it needs 28 GB"),
        model_card("silent"),
    ]
    scored = card(table(row("m", 0.02), row("broken", None, status="failed", reason="all 40 answers failed", scores={})))
    found = matrix.matrix([scored], cards, grades.grades([scored], cards, RULES))
    assert {entry.card.name: entry.state for entry in found} == {
        "m": "scored on 1 dataset",
        "broken": "failed: all 40 answers failed",
        "far": "not evaluated: loader verified, weights not run here",
        "huge": "not evaluated: cannot run here: it needs 28 GB",
        "silent": "not evaluated: not part of this run",
    }
    assert found[0].grade is not None and found[0].shown()["grade"] == "A"


def test_the_matrix_leads_only_to_pages_that_there_are() -> None:
    found = matrix.matrix([card(table(row("m", 0.02)))], [model_card("m", capabilities=("asr", "vad"))], [])
    links = {entry.capability: as_value(entry.shown()["capability"]).href for entry in found}
    assert links == {"asr": "capabilities/asr.html", "vad": ""}


CASE = UseCase(title="Calls", needs={"asr": Need(weight=2)})


def advised(wanted: UseCase, *rows: ResultRow, cards: list[ModelCard] | None = None) -> recommendations.Recommendation:
    known = cards or [model_card(found.model) for found in rows]
    scored = [card(table(*rows))]
    return recommendations.recommend(wanted, scored, known, grades.grades(scored, known, RULES))


def words(found: recommendations.Recommendation) -> dict[str, str]:
    return {entry.model: entry.word for entry in found.advice}


def test_the_best_grade_is_recommended_with_its_evidence() -> None:
    found = advised(CASE, row("good", 0.02, rank=1), row("fair", 0.08, rank=2), row("bad", 0.8, rank=3))
    assert words(found) == {"good": "recommended", "fair": "acceptable", "bad": "rejected"}
    because = {entry.model: entry.because for entry in found.advice}
    assert because["good"].startswith("wer 2.0 % [2.0, 2.0], n 40 on calls; grade A")
    assert because["bad"] == "grade F by quality (wer)"
    assert found.stack["asr"].model == "good"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_memory_gb": 0.2}, "memory 0.293 GB exceeds 0.2"),
        ({"max_real_time_factor": 0.01}, "real-time factor 0.05 exceeds 0.01"),
        ({"max_latency_s": 0.05}, "median latency 0.1 s exceeds 0.05"),
        ({"device": "cuda"}, "measured on cpu, not on cuda"),
    ],
)
def test_what_exceeds_a_limit_is_rejected_and_the_gap_is_named(limits: dict[str, float], said: str) -> None:
    spec = RunSpec(model="good", model_revision="1", dataset="calls", dataset_revision="1", capability="asr", device="cpu")
    found = advised(CASE.model_copy(update=limits), row("good", 0.02, spec=spec))
    assert (found.advice[0].word, found.advice[0].because) == ("rejected", said)
    assert found.missing == ("asr: no evaluated model meets the limits of this use case",)
    assert found.stack == {}


def test_a_contended_speed_rejects_nothing_and_what_is_not_known_is_said() -> None:
    held_up = Speed(real_time_factor=2.11, latency_p50_s=9.0, peak_memory_mb=300.0, contended=True)
    limited = CASE.model_copy(update={"max_real_time_factor": 1.0})
    found = advised(limited, row("m", 0.02, speed=held_up))
    unknown = "whether its real-time factor is at most 1 is unknown (2.11, contended); time it again with: model-lab time"
    assert found.advice[0].word == "recommended" and found.advice[0].because.endswith(unknown)
    assert found.missing == (f"asr: m: {unknown}",)
    assert advised(CASE, row("m", 0.02, speed=held_up)).missing == ()
    own = held_up.model_copy(update={"contended": False})
    assert words(advised(limited, row("m", 0.02, speed=own))) == {"m": "rejected"}


def test_a_specialist_is_judged_on_the_data_that_speaks_for_the_use_case() -> None:
    birds, other = table(row("m", 0.02), name="birds"), table(row("m", 0.9), name="other")
    known = [model_card("m")]
    graded = grades.grades([card(birds, other)], known, RULES)
    assert [grade.letter for grade in grades.by_capability(graded).values()] == ["F"]
    wanted = UseCase(title="Birds", needs={"asr": Need(weight=1, dataset="birds")})
    assert words(recommendations.recommend(wanted, [card(birds, other)], known, graded)) == {"m": "recommended"}


def test_licences_are_obeyed() -> None:
    closed = model_card("closed", licence={"code": "MIT", "weights": "CC-BY-NC-4.0", "commercial": False})
    found = advised(
        CASE.model_copy(update={"licence": "commercial"}),
        row("closed", 0.0),
        row("open", 0.08),
        cards=[closed, model_card("open")],
    )
    assert words(found) == {"closed": "rejected", "open": "recommended"}


def test_the_stack_fits_together() -> None:
    """The two best need 2 x 0.6 GB; with 1 GB the heavier need keeps its best model and the lighter gets a smaller one."""

    def sized(model: str, wer: float, memory: float) -> ResultRow:
        return row(model, wer, speed=Speed(real_time_factor=0.05, peak_memory_mb=memory * 1024))

    asr, stream = (
        table(sized("big", 0.02, 0.4), sized("small", 0.15, 0.1)),
        table(sized("big2", 0.02, 0.4), sized("small2", 0.15, 0.1)),
    )
    scored = [card(asr), card(stream, capability="phones")]
    known = [model_card(name) for name in ("big", "small")] + [
        model_card(name, capabilities=("phones",)) for name in ("big2", "small2")
    ]
    wanted = UseCase(title="Both", needs={"asr": Need(weight=3), "phones": Need(weight=1)}, max_memory_gb=0.6)
    found = recommendations.recommend(wanted, scored, known, grades.grades(scored, known, RULES))
    assert {need: entry.model for need, entry in found.stack.items()} == {"asr": "big", "phones": "small2"}
    tight = wanted.model_copy(update={"max_memory_gb": 0.15})
    assert "no combination fits into 0.15 GB" in " ".join(
        recommendations.recommend(tight, scored, known, grades.grades(scored, known, RULES)).missing
    )


def test_what_was_not_measured_is_said() -> None:
    found = advised(
        UseCase(title="Calls", needs={"asr": Need(weight=1), "vad": Need(weight=1)}), row("good", 0.02, clusters=10, tier="smoke")
    )
    assert "vad: the run evaluated no model; run: model-lab sprint hf_sprint_2026q1" in found.missing
    assert "asr: good has weak evidence (clusters 10, tier smoke)" in found.missing


def test_every_packaged_use_case_can_be_read() -> None:
    names = yaml.safe_load((recommendations.PACKAGED / "use_cases.yaml").read_text("utf-8"))
    assert len(names) == 10
    for name in names:
        assert recommendations.use_case(name).needs.keys() <= set(capabilities.names())
    with pytest.raises(UnknownName, match=r"no use case 'edge_devices' \(did you mean 'edge_device'\?\)"):
        recommendations.use_case("edge_devices")


def test_a_tie_is_said_and_so_is_what_decided() -> None:
    light, heavy = Speed(peak_memory_mb=100.0), Speed(peak_memory_mb=400.0)
    found = advised(
        CASE, row("heavy", 0.02, rank=1, speed=heavy), row("light", 0.021, rank=1, speed=light), row("worse", 0.04, rank=3)
    )
    best, second, _ = found.advice
    assert (best.model, best.word) == ("light", "recommended")
    assert best.because.endswith("; tied with heavy (no significant difference); chosen by lower memory")
    assert "tied" not in second.because
    alone = advised(CASE, row("a", 0.02, rank=1), row("b", 0.03, rank=2))
    assert "tied" not in alone.advice[0].because
    graded = advised(CASE, row("a", 0.02, rank=1), row("b", 0.08, rank=1))
    assert graded.advice[0].because.endswith("tied with b (no significant difference); chosen by better grade")


def test_a_model_that_never_ran_is_not_evaluated_rather_than_rejected() -> None:
    """Not even where its licence is not the one wanted: nothing was found out about it."""
    absent = row("absent", None, status="not_run", reason="it needs 28 GB", scores={})
    wanted = CASE.model_copy(update={"licence": "permissive"})
    cards = [model_card("m"), model_card("absent", licence={"code": "GPL-3.0-only", "commercial": True, "copyleft": True})]
    found = advised(wanted, row("m", 0.02), absent, cards=cards)
    assert words(found) == {"m": "recommended", "absent": "not evaluated"}
    assert found.advice[1].because == "it needs 28 GB"
    nothing = advised(CASE, absent)
    assert nothing.stack == {} and nothing.missing[0].startswith("asr: no model was evaluated")


def test_unknown_clusters_cap_the_grade_and_the_recommendation_says_so() -> None:
    known = table(row("m", 0.0))
    unknown = known.model_copy(update={"data": known.data.model_copy(update={"clusters": "unknown"})})
    assert (graded(known).letter, graded(unknown).letter) == ("A", "C")
    held = graded(unknown).held_down_by
    assert [(rule.name, rule.found) for rule in held] == [
        ("evidence (clusters known)", "clusters unknown: every sample counts as one")
    ]
    scored, cards = [card(unknown)], [model_card("m")]
    advice = recommendations.recommend(CASE, scored, cards, grades.grades(scored, cards, RULES))
    assert "clusters unknown" in advice.missing[0]


def test_a_model_below_the_untouched_input_is_rejected() -> None:
    worse = PairwiseDifference(
        better=UNTOUCHED, worse="m", difference=-0.01, low=-0.02, high=-0.005, p=0.01, n_common=40, significant=True
    )
    rows = row("m", 0.03, rank=2), row(UNTOUCHED, 0.02, rank=1, kind="untouched", title="noisy input")
    below = table(*rows).model_copy(update={"differences": (worse,)})
    cards = [model_card("m")]
    found = recommendations.recommend(CASE, [card(below)], cards, grades.grades([card(below)], cards, RULES))
    assert (found.advice[0].word, found.advice[0].because) == (
        "rejected",
        "it is significantly worse than the unprocessed input",
    )
