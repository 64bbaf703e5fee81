"""A model with other options is a model of its own, by a name that says which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab import datasets
from model_lab.analysis.pairwise import compare_models
from model_lab.analysis.run_report import report
from model_lab.errors import BadConfig, UnknownName
from model_lab.registry import model_cards, variants
from model_lab.results.store import RunFolder
from model_lab.runs import bench, folders, sprint
from tests.conftest import MakeModel, forget

values = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20), st.none()
)


@given(st.dictionaries(st.from_regex(r"\A[a-z_]{1,8}\Z"), values, min_size=1, max_size=3))
def test_a_name_says_its_options_and_is_safe_on_every_file_system(options: dict[str, Any]) -> None:
    name = variants.name("m", options, {})
    assert name.isascii() and not set(name) & set('/\\:*?"<>| \0') and len(name) <= variants.LONGEST
    if not variants.hashed(name):
        changed = {key: value for key, value in options.items() if value is not None}
        assert name == "m" if not changed else variants.options(name.partition("@")[2], name) == changed


@pytest.fixture
def hearer(make_model: MakeModel) -> Path:
    """A model that hears its option ``word`` in every sound."""
    folder = make_model("hearer", "return Transcript('the cat ' + card.options['word'])")
    config = folder / "config.yaml"
    config.write_text(config.read_text() + "options: {word: sat, size: 1}\ndevices: [cpu, cuda]\n")
    forget()
    return folder


@pytest.mark.usefixtures("hearer")
def test_a_variant_has_one_name_however_it_is_written() -> None:
    assert (
        model_cards.canonical("hearer@word=ran,size=2")
        == model_cards.canonical("hearer@size=2,word=ran")
        == "hearer@size=2,word=ran"
    )
    assert model_cards.canonical("hearer@word=sat") == model_cards.card("hearer@word=sat").name == "hearer"
    assert model_cards.canonical("gone@a=1") == "gone@a=1"
    card = model_cards.card("hearer@word=ran")
    assert (card.options, card.base, card.folder) == ({"word": "ran", "size": 1}, "hearer", model_cards.card("hearer").folder)
    assert model_cards.revision(card) == model_cards.revision(model_cards.card("hearer"))


@pytest.mark.usefixtures("hearer")
@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("hearer@wrod=ran", BadConfig, r"hearer has no option 'wrod' \(did you mean 'word'\?\)"),
        ("hearer@word", BadConfig, "'hearer@word' is not MODEL@OPTION=VALUE"),
        ("hearer@", BadConfig, "'hearer@' is not MODEL@OPTION=VALUE"),
        ("hearer@word=a,word=b", BadConfig, "with each option once"),
        ("hearer@word=[1", BadConfig, r"'\[1' is not a value"),
        ("haerer@word=ran", UnknownName, r"no model 'haerer' \(did you mean 'hearer'\?\)"),
    ],
)
def test_a_wrong_name_is_told_in_a_sentence(name: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        model_cards.card(name)


@pytest.mark.usefixtures("hearer")
def test_variants_stand_beside_their_model_and_displace_nothing(clips: Path, tmp_path: Path) -> None:
    how = folders.RunOptions(runs=tmp_path / "runs")
    [first] = bench.evaluate("hearer", clips, run_options=how)
    [second] = bench.evaluate("hearer", clips, {"word": "ran"}, run_options=how)
    [same] = bench.evaluate("hearer@word=ran", clips, run_options=how)
    assert (first.spec.model, second.spec.model) == ("hearer", "hearer@word=ran") and same == second
    assert (first.scores[0].value, second.scores[0].value) == (0.0, pytest.approx(1 / 3))
    folder = RunFolder(tmp_path / "runs" / "hearer-clips-full")
    assert folder.models() == {"hearer": {"word": "sat", "size": 1}, "hearer@word=ran": {"word": "ran", "size": 1}}
    assert not (folder.path / "superseded").exists()
    [card] = report(folder, model_cards.cards(folder.models()), datasets.cards()).scorecards
    assert {(row.model, row.title) for row in card.tables[0].rows} == {("hearer", "hearer"), ("hearer@word=ran", "hearer")}
    [pair] = compare_models([folder], ["hearer", "hearer@word=ran"])
    assert (pair.first, pair.second, pair.n_common) == ("hearer", "hearer@word=ran", 8)


@pytest.mark.usefixtures("hearer")
def test_options_too_long_for_a_name_are_hashed_and_shown_all_the_same(clips: Path, tmp_path: Path) -> None:
    how = folders.RunOptions(runs=tmp_path / "runs")
    runs = [bench.evaluate("hearer", clips, {"word": word * 99}, run_options=how)[0] for word in ("ran ", "sat ")]
    names = [run.spec.model for run in runs]
    assert all(map(variants.hashed, names)) and len(set(names)) == 2 and {run.status for run in runs} == {"complete"}
    folder = RunFolder(tmp_path / "runs" / "hearer-clips-full")
    assert set(names) <= {card.name for card in model_cards.cards(folder.models())}
    assert len(compare_models([folder], names)) == 1


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("no", "en", "no"),
        ("null", "en", ""),
        ("12:30", "", "12:30"),
        ("2026-01-31", "", "2026-01-31"),
        ("1e-3", 0.5, 0.001),
        ("3", 0.5, 3.0),
        ("2.0", 5, 2),
        ("62.5", 50, 62.5),
        ("true", False, True),
        ("[a, b]", ["c"], ["a", "b"]),
        ("0.3", None, 0.3),
    ],
)
def test_a_value_is_read_as_its_default_is_written(text: str, default: Any, expected: Any) -> None:
    found = variants.fitted(variants.value_of(text, ""), default)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "default", "said"),
    [
        ("yes", True, "true or false"),
        ("1", True, "true or false"),
        ("five", 5, "a number"),
        ("true", 5, "a number"),
        ("", 0.5, "a number"),
        (".nan", 0.5, "a number"),
        ("5", "en", "text"),
        ("true", "en", "text"),
        ("a", ["b"], "a list"),
    ],
)
def test_a_value_of_another_type_is_refused(text: str, default: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        variants.fitted(variants.value_of(text, ""), default)


@pytest.mark.usefixtures("hearer")
def test_one_value_has_one_name_and_another_type_is_refused_before_anything_runs(clips: Path, tmp_path: Path) -> None:
    assert model_cards.canonical("hearer@size=3.0") == model_cards.canonical("hearer@size=3") == "hearer@size=3"
    assert model_cards.canonical("hearer@word=no") == "hearer@word=no"
    with pytest.raises(BadConfig, match="hearer: option size is 'big'; expected a number"):
        bench.evaluate("hearer@size=big", clips, run_options=folders.RunOptions(runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("hearer")
def test_a_variant_that_a_run_holds_and_its_model_knows_no_more_disturbs_nothing() -> None:
    found = model_cards.cards({"hearer@size=big": {"size": "big"}, "hearer@gone=1": {"gone": 1}, "hearer@size=2": {"size": 2}})
    assert {card.name for card in found if card.base == "hearer"} == {"hearer", "hearer@size=2"}


@pytest.mark.usefixtures("hearer")
def test_a_sprint_without_anything_to_ask_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.yaml").write_text(
        "id: none\ntitle: N\ndates: {start: 2026-01-01, end: 2026-01-02}\nobjective: test\ndefaults: {unassigned_agent: a}\n"
        "datasets: {vad: [vad_mix]}\nagents: {a: {focus: x, include_models: [hearer]}}\n"
    )
    plan = sprint.config(str(tmp_path / "none.yaml"))
    with pytest.raises(BadConfig, match=r"no data for the selected models \(hearer\): its datasets are for vad"):
        bench.sprint(plan, sprint.SprintSelection(only=True), folders.RunOptions(runs=tmp_path / "runs"))


@pytest.mark.usefixtures("hearer")
def test_a_sprint_asks_variants_of_one_model(clips: Path, extension: Path, tmp_path: Path) -> None:
    (extension / "datasets").mkdir()
    (extension / "datasets" / "heard.yaml").write_text(
        "title: Heard\nsummary: Made by a test.\ncapability: asr\nlicence: CC0-1.0\ntruth: construction\nannotation: Written.\n"
        f"group: speaker\nsource: {{kind: manifest, path: {clips}}}\ntiers: {{smoke: 0, standard: 0, full: 0}}\n"
    )
    (tmp_path / "two.yaml").write_text(
        "id: two\ntitle: Two\ndates: {start: 2026-01-01, end: 2026-01-02}\nobjective: test\ndefaults: {unassigned_agent: a}\n"
        "datasets: {asr: [heard]}\nagents: {a: {focus: x, include_models: [hearer, hearer@word=ran]}}\n"
    )
    forget()
    plan = sprint.config(str(tmp_path / "two.yaml"))
    folder = bench.sprint(plan, sprint.SprintSelection(only=True), folders.RunOptions(runs=tmp_path / "runs"))
    assert {run.spec.model: run.n_ok for cell in folder.cells() if (run := cell.outcome())} == {"hearer": 8, "hearer@word=ran": 8}
    bench.evaluate("hearer@word=ran", "heard", run_options=folders.RunOptions(runs=tmp_path / "runs", name="alone"))
    pairs = compare_models([folder, RunFolder(tmp_path / "runs" / "alone")], ["hearer", "hearer@word=ran"])
    assert {pair.first for pair in pairs} | {pair.second for pair in pairs} == {
        "hearer (two-smoke)",
        "hearer@word=ran (two-smoke)",
        "hearer@word=ran (alone)",
    }
    assert json.loads((folder.path / "manifest.json").read_text())["arguments"]["only"] is True
