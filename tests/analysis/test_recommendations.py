"""Recommendations, on tables made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from model_lab import capabilities, datasets
from model_lab.analysis import grades, recommendations, use_cases
from model_lab.analysis.doing_nothing import NOT_SHOWN
from model_lab.analysis.schema import DatasetTable, Improvement, PairwiseDifference, ResultRow
from model_lab.analysis.use_cases import Need, UseCase
from model_lab.contract import ModelCard
from model_lab.errors import BadConfig, UnknownName
from model_lab.results.schema import UNTOUCHED, RunSpec, Speed
from model_lab.runs.sprint import PACKAGED
from tests.analysis.hand_made import card, difference, row, table
from tests.scored_run import model_card

RULES = grades.rules()
CASE = UseCase(title="Calls", needs={"asr": Need(weight=2)})


def advised_on(wanted: UseCase, *tables: DatasetTable, cards: list[ModelCard] | None = None) -> recommendations.Recommendation:
    names = dict.fromkeys(found.model for one in tables for found in one.rows)
    return recommendations.recommend(wanted, [card(*tables)], cards or [model_card(name) for name in names], RULES)


def advised(wanted: UseCase, *rows: ResultRow, cards: list[ModelCard] | None = None) -> recommendations.Recommendation:
    return advised_on(wanted, table(*rows), cards=cards)


def words(found: recommendations.Recommendation) -> dict[str, str]:
    return {entry.model: entry.word for entry in found.advice}


def because(found: recommendations.Recommendation) -> dict[str, str]:
    return {entry.model: entry.because for entry in found.advice}


def rows(**wers: float) -> list[ResultRow]:
    return [row(name, wer) for name, wer in wers.items()]


def test_the_best_is_recommended_with_its_evidence() -> None:
    pairs = difference("good", "fair", 0.06), difference("good", "bad", 0.78), difference("fair", "bad", 0.72)
    found = advised_on(CASE, table(*rows(good=0.02, fair=0.08, bad=0.8), differences=pairs))
    assert words(found) == {"good": "recommended", "fair": "acceptable", "bad": "rejected"}
    said = because(found)
    assert said["good"].startswith("wer 2.0 % [2.0, 2.0], n 40 on calls; grade A")
    assert said["good"].endswith("on strong evidence")
    assert said["fair"].endswith("; significantly worse than good on the same samples")
    assert said["bad"] == "grade F by quality (wer)"
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


def test_a_dataset_counts_by_its_relevance() -> None:
    """On birds alone 2 %, on both alike 46 %, and with birds weighing 7 of 8 parts 13 %."""
    birds, other = table(row("m", 0.02), name="birds"), table(row("m", 0.9), name="other")

    def grade(need: Need) -> tuple[str | None, tuple[str, ...]]:
        found = advised_on(UseCase(title="Birds", needs={"asr": need}), birds, other).advice[0].grade
        assert found is not None
        return found.letter, found.datasets

    assert grade(Need(weight=1, relevance={"birds": 1}, others=0)) == ("A", ("birds",))
    assert grade(Need(weight=1)) == ("F", ("birds", "other"))
    assert grade(Need(weight=1, relevance={"birds": 7})) == ("C", ("birds", "other"))


def test_the_dataset_of_0_2_is_relevance_now(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("birds: {title: Birds, needs: {asr: {weight: 1, dataset: calls}}}")
    with pytest.warns(FutureWarning, match=r"relevance: \{calls: 1\} with others: 0"):
        need = use_cases.use_case("birds", path).needs["asr"]
    assert (need.of("calls"), need.of("other")) == (1.0, 0.0)
    path.write_text("birds: {title: Birds, needs: {asr: {weight: 1, relevance: {calls: -1}}}}")
    with pytest.raises(BadConfig, match="relevance of calls is -1; expected 0 or more"):
        use_cases.use_case("birds", path)


def test_licences_are_obeyed() -> None:
    closed = model_card("closed", licence={"code": "MIT", "weights": "CC-BY-NC-4.0", "commercial": False})
    wanted = CASE.model_copy(update={"licence": "commercial"})
    found = advised(wanted, row("closed", 0.0), row("open", 0.08), cards=[closed, model_card("open")])
    assert words(found) == {"closed": "rejected", "open": "recommended"}


def test_the_stack_fits_together() -> None:
    """The two best need 2 x 0.4 GB; with 0.6 GB the heavier need keeps its best model and the lighter gets a smaller one."""

    def sized(model: str, wer: float, memory: float) -> ResultRow:
        return row(model, wer, speed=Speed(real_time_factor=0.05, peak_memory_mb=memory * 1024))

    asr = table(sized("big", 0.02, 0.4), sized("small", 0.15, 0.1), differences=(difference("big", "small", 0.13),))
    phones = table(sized("big2", 0.02, 0.4), sized("small2", 0.15, 0.1), differences=(difference("big2", "small2", 0.13),))
    scored = [card(asr), card(phones, capability="phones")]
    known = [model_card(name) for name in ("big", "small")]
    known += [model_card(name, capabilities=("phones",)) for name in ("big2", "small2")]
    wanted = UseCase(title="Both", needs={"asr": Need(weight=3), "phones": Need(weight=1)}, max_memory_gb=0.6)
    found = recommendations.recommend(wanted, scored, known, RULES)
    assert {need: entry.model for need, entry in found.stack.items()} == {"asr": "big", "phones": "small2"}
    tight = wanted.model_copy(update={"max_memory_gb": 0.15})
    assert "no combination fits into 0.15 GB" in " ".join(recommendations.recommend(tight, scored, known, RULES).missing)


def test_what_was_not_measured_is_said() -> None:
    wanted = UseCase(title="Calls", needs={"asr": Need(weight=1), "vad": Need(weight=1)})
    found = advised(wanted, row("good", 0.02, clusters=7, tier="smoke"))
    assert "vad: the run evaluated no model; run: model-lab sprint hf_sprint_2026q1" in found.missing
    assert "asr: good has thin evidence (clusters 7 in 1 dataset, tier smoke)" in found.missing


def test_every_packaged_use_case_can_be_read_and_names_datasets_that_there_are() -> None:
    names = yaml.safe_load((PACKAGED / "use_cases.yaml").read_text("utf-8"))
    known = {one.name: one.capability for one in datasets.cards()}
    assert len(names) == 10
    for name in names:
        needs = recommendations.use_case(name).needs
        assert needs.keys() <= set(capabilities.names())
        for need, wanted in needs.items():
            assert {known.get(dataset) for dataset in wanted.relevance} <= {need}, (name, need)
    with pytest.raises(UnknownName, match=r"no use case 'edge_devices' \(did you mean 'edge_device'\?\)"):
        recommendations.use_case("edge_devices")


def speed(factor: float = 0.05, memory: float = 300.0) -> Speed:
    return Speed(real_time_factor=factor, peak_memory_mb=memory)


@pytest.mark.parametrize(
    ("first", "second", "criterion"),
    [
        (row("first", 0.03, 0.005), row("second", 0.02, 0.04), "stronger evidence"),
        (row("first", 0.02), row("second", 0.06), "a better letter of quality"),
        (row("first", 0.03, speed=speed(0.02)), row("second", 0.02), "a lower real-time factor"),
        (row("first", 0.03, speed=speed(memory=100)), row("second", 0.02, speed=speed(memory=400)), "lower memory"),
        (row("first", 0.03), row("second", 0.02, licence="GPL"), "a more permissive licence"),
        (row("first", 0.02), row("second", 0.021), "a better value"),
        (row("first", 0.02), row("second", 0.02), "alphabetical order, as nothing else distinguishes them"),
    ],
)
def test_a_tie_is_said_and_so_is_what_decided(first: ResultRow, second: ResultRow, criterion: str) -> None:
    copyleft = {"code": "GPL-3.0-only", "commercial": True, "copyleft": True}
    cards = [model_card("first"), model_card("second", **({"licence": copyleft} if second.licence == "GPL" else {}))]
    tie = difference("first", "second", 0.001, p=0.5)
    found = advised_on(CASE, table(first, second, differences=(tie,)), cards=cards)
    assert [entry.word for entry in found.advice] == ["recommended", "acceptable"]
    assert found.advice[0].model == "first"
    assert found.advice[0].because.endswith(f"; tied with second (no significant difference); chosen by {criterion}")
    assert "tied" not in found.advice[1].because


def test_a_speed_that_is_not_known_of_all_leaders_decides_nothing() -> None:
    contended = Speed(real_time_factor=0.5, peak_memory_mb=100.0, contended=True)
    found = advised(CASE, row("quick", 0.02, speed=speed(0.02)), row("held_up", 0.02, speed=contended))
    assert found.advice[0].because.endswith("tied with quick (no significant difference); chosen by lower memory")


def test_who_is_significantly_worse_on_one_independent_dataset_is_not_recommended() -> None:
    """Over both datasets they do not differ, and the first is cheaper; on one of them it is significantly worse."""
    one = table(*rows(a=0.04, b=0.02), name="one", differences=(difference("b", "a", 0.02, 0.015, p=0.01),))
    two = table(*rows(a=0.02, b=0.05), name="two", differences=(difference("a", "b", 0.03, 0.06, p=0.3),))
    found = advised_on(CASE, one, two)
    assert words(found) == {"b": "recommended", "a": "acceptable"}
    assert because(found)["a"].endswith("; significantly worse than b on one")


def test_where_each_is_worse_somewhere_the_mean_over_all_decides_and_that_is_said() -> None:
    one = table(*rows(a=0.02, b=0.03), name="one", differences=(difference("a", "b", 0.01, p=0.01),))
    two = table(*rows(a=0.08, b=0.02), name="two", differences=(difference("b", "a", 0.06, p=0.001),))
    found = advised_on(CASE, one, two)
    assert words(found) == {"b": "recommended", "a": "acceptable"}
    assert "no candidate is without a dataset on which another is significantly better" in because(found)["b"]


def test_data_of_this_project_recommends_nothing_alone_and_ranks_no_rules_above_others() -> None:
    rules = model_card("rules", "baseline", own_datasets=("notes",))
    known = [rules, model_card("tagger")]
    notes = table(
        *rows(rules=0.05, tagger=0.09), name="notes", author="project", differences=(difference("rules", "tagger", 0.04),)
    )
    found = advised_on(CASE, notes, cards=known)
    assert words(found) == {"rules": "acceptable", "tagger": "acceptable"} and found.stack == {}
    assert found.missing == (
        "asr: nothing is recommended: only tests that this project or the makers of the models wrote speak for it, and they recommend nothing alone",
    )
    books = table(*rows(rules=0.3, tagger=0.1), name="books", differences=(difference("tagger", "rules", 0.2),))
    found = advised_on(CASE, notes, books, cards=known)
    assert words(found) == {"tagger": "recommended", "rules": "acceptable"}
    assert {entry.grade.datasets for entry in found.advice if entry.grade} == {("books",)}


def test_a_model_gains_nothing_from_data_that_its_makers_made() -> None:
    """On its own data the first wins by far; on other data the second does."""
    own = table(*rows(a=0.01, b=0.2), name="own", differences=(difference("a", "b", 0.19),))
    other = table(*rows(a=0.09, b=0.03), name="other", differences=(difference("b", "a", 0.06),))
    known = [model_card("a", own_datasets=("own",)), model_card("b")]
    assert words(advised_on(CASE, own, other, cards=known)) == {"b": "recommended", "a": "acceptable"}
    assert words(advised_on(CASE, own, other)) == {"a": "recommended", "b": "acceptable"}


def test_a_baseline_is_recommended_only_where_nothing_beats_it_and_in_those_words() -> None:
    known = [model_card("simple", "baseline"), model_card("network")]
    tie = table(*rows(simple=0.02, network=0.03), differences=(difference("simple", "network", 0.01, p=0.5),))
    found = advised_on(CASE, tie, cards=known)
    assert words(found) == {"network": "recommended", "simple": "acceptable"}
    beaten = table(*rows(simple=0.02, network=0.09), differences=(difference("simple", "network", 0.07),))
    found = advised_on(CASE, beaten, cards=known)
    assert words(found) == {"simple": "recommended", "network": "acceptable"}
    assert because(found)["simple"].endswith("a baseline, recommended because nothing beats it here")


def test_what_does_not_beat_doing_nothing_is_not_recommended() -> None:
    found = advised_on(CASE, table(row("m", 0.02), p=0.3))
    assert words(found) == {"m": NOT_SHOWN}
    assert because(found)["m"].endswith(f"; {NOT_SHOWN}: not significantly better than baseline_null (p 0.3, Holm)")
    assert found.missing == ("asr: no model within the limits is shown to beat doing nothing",)


def test_the_unprocessed_input_is_recommended_where_nothing_beats_it() -> None:
    made = table(row("m", 0.03), row(UNTOUCHED, 0.035, kind="untouched", title="noisy input"))
    even = Improvement(model="m", over=UNTOUCHED, nothing=0.035, difference=0.005, low=-0.01, high=0.02, p=0.4, n_groups=40)
    found = advised_on(CASE, made.model_copy(update={"improvements": (even,)}), cards=[model_card("m")])
    assert words(found) == {UNTOUCHED: "recommended", "m": NOT_SHOWN} and found.stack == {}
    assert because(found)[UNTOUCHED] == "a baseline, recommended because nothing beats it here: m not shown to be better"


def test_leaving_out_a_dataset_says_which_words_change() -> None:
    """The second wins on large, the first on small; only large outweighs the rest."""
    large = table(*rows(a=0.09, b=0.02), name="large", differences=(difference("b", "a", 0.07),))
    small = table(*rows(a=0.02, b=0.03), name="small", differences=(difference("a", "b", 0.01, 0.02, p=0.4),))
    found = advised_on(CASE, large, small)
    assert words(found) == {"b": "recommended", "a": "acceptable"}
    without = {left.dataset: left for left in found.left_out}
    assert without["small"].changes == ()
    assert without["small"].sentence == "asr: without small no word changes."
    assert without["large"].changes == (("b", "recommended", "acceptable"), ("a", "acceptable", "recommended"))
    assert without["large"].sentence == (
        "asr: without large, b would be acceptable instead of recommended; a would be recommended instead of acceptable."
    )
    assert advised_on(CASE, large).left_out == ()


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


def test_unknown_clusters_are_named_as_thin_evidence() -> None:
    known = table(row("m", 0.0))
    unknown = known.model_copy(update={"data": known.data.model_copy(update={"clusters": "unknown"})})
    assert "clusters unknown" in advised_on(CASE, unknown).missing[0]


def test_a_model_below_the_untouched_input_is_rejected() -> None:
    worse = PairwiseDifference(
        better=UNTOUCHED, worse="m", difference=-0.01, low=-0.02, high=-0.005, p=0.01, n_common=40, significant=True
    )
    made = table(
        row("m", 0.03, rank=2), row(UNTOUCHED, 0.02, rank=1, kind="untouched", title="noisy input"), differences=(worse,)
    )
    found = advised_on(CASE, made, cards=[model_card("m")])
    assert (found.advice[0].word, found.advice[0].because) == (
        "rejected",
        "it is significantly worse than the unprocessed input",
    )
