"""Sprint files: what they may say, and what they are told when they say something else."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import yaml

from model_lab.contract import Permitted
from model_lab.errors import BadConfig, UnknownName
from model_lab.registry import model_cards
from model_lab.runs import sprint

GOOD = {
    "id": "small",
    "title": "Small",
    "dates": {"start": "2026-01-01", "end": "2026-01-02"},
    "objective": "test",
    "defaults": {"unassigned_agent": "rest"},
    "datasets": {"pitch": ["tones"]},
    "agents": {"first": {"focus": "pitch", "include_models": ["pyin"]}, "rest": {"focus": "all", "include_models": ["swift_f0"]}},
}


def _write(tmp_path: Path, **changes: object) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump({**GOOD, **changes}))
    return str(path)


def test_a_plan_holds_every_model_once_per_dataset(tmp_path: Path) -> None:
    specs = sprint.plan(sprint.config(_write(tmp_path)))
    pairs = [(spec.model, spec.dataset) for spec in specs]
    assert len(pairs) == len(set(pairs))
    assert {("pyin", "tones"), ("swift_f0", "tones"), ("baseline_null", "tones")} <= set(pairs)
    assert all(spec.capability == "pitch" for spec in specs)


def test_a_model_named_nowhere_goes_to_the_unassigned_lane(tmp_path: Path) -> None:
    found = sprint.lanes(sprint.config(_write(tmp_path)))
    assert "faster_whisper" in found["rest"]
    assert found["first"] == ("pyin",)


def test_an_opt_in_model_runs_only_where_it_is_named(tmp_path: Path) -> None:
    unasked = sprint.config(_write(tmp_path, datasets={"tempo": ["rhythms"]}))
    assert "madmom_tcn" not in {spec.model for spec in sprint.plan(unasked)}
    assert {spec.model for spec in sprint.plan(unasked, sprint.SprintSelection(models=("madmom_tcn",)))} == {"madmom_tcn"}
    named = {"first": {"focus": "beats", "include_models": ["madmom_tcn"]}}
    in_a_lane = sprint.config(
        _write(tmp_path, datasets={"tempo": ["rhythms"]}, agents=named, defaults={"unassigned_agent": "first"})
    )
    assert "madmom_tcn" in {spec.model for spec in sprint.plan(in_a_lane)}


def test_a_lane_can_be_run_alone(tmp_path: Path) -> None:
    specs = sprint.plan(sprint.config(_write(tmp_path)), sprint.SprintSelection(("first",)))
    assert [(spec.model, spec.dataset) for spec in specs] == [("pyin", "tones")]
    with pytest.raises(UnknownName, match=r"no agent 'frist' \(did you mean 'first'\?\)"):
        sprint.plan(sprint.config(_write(tmp_path)), sprint.SprintSelection(("frist",)))


def test_models_are_left_out_by_licence(tmp_path: Path) -> None:
    found = sprint.config(_write(tmp_path, datasets={"tts": ["prompts_en"]}))
    asked = {
        permitted: {spec.model for spec in sprint.plan(found, sprint.SprintSelection(permitted=permitted))}
        for permitted in get_args(Permitted)
    }
    assert {"espeak_ng", "baseline_null"} <= asked["commercial"] <= asked["any"]
    assert "espeak_ng" not in asked["permissive"] and "baseline_null" in asked["permissive"]


def test_a_model_is_not_asked_about_data_in_none_of_its_languages(tmp_path: Path) -> None:
    specs = sprint.plan(sprint.config(_write(tmp_path, datasets={"tts": ["prompts_en"], "speaker_embed": ["asterisk_speakers"]})))
    asked = {(spec.model, spec.dataset) for spec in specs}
    assert ("pyopenjtalk", "prompts_en") not in asked
    assert {("kokoro", "prompts_en"), ("baseline_oracle", "prompts_en"), ("resemblyzer", "asterisk_speakers")} <= asked


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objectiv": "x"}, r"unknown key 'objectiv' \(did you mean 'objective'\?\)"),
        ({"agents": {"rest": {"focus": "x", "include_models": ["pyinn"]}}}, r"no model 'pyinn' \(did you mean 'pyin'\?\)"),
        ({"agents": {"rest": {"focus": "x", "include_models": []}}}, "include_models is"),
        ({"agents": {"rest": {"focus": "x", "include_model": ["pyin"]}}}, r"did you mean 'include_models'\?"),
        ({"datasets": {"pich": ["tones"]}}, r"no capability 'pich' \(did you mean 'pitch'\?\)"),
        ({"datasets": {"pitch": ["tonez"]}}, r"no dataset 'tonez' \(did you mean 'tones'\?\)"),
        ({"datasets": {"pitch": ["rhythms"]}}, "dataset 'rhythms' is for 'tempo', not 'pitch'"),
        ({"defaults": {"unassigned_agent": "nobody"}}, "no agent 'nobody'"),
        ({"defaults": {"unassigned_agent": "rest", "timeout_s": 0}}, "timeout_s is 0"),
        ({"dates": {"start": "soon", "end": "2026-01-02"}}, r"dates\.start is 'soon'"),
        ({"id": "a/b"}, "id is 'a/b'"),
    ],
)
def test_a_wrong_sprint_is_told_in_one_sentence(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(BadConfig, match=said) as caught:
        sprint.config(_write(tmp_path, **changes))
    assert "\n" not in str(caught.value)


def test_a_missing_or_broken_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="does not exist"):
        sprint.config(str(tmp_path / "no.yaml"))
    (tmp_path / "bad.yaml").write_text("a: [1")
    with pytest.raises(BadConfig, match="not valid YAML"):
        sprint.config(str(tmp_path / "bad.yaml"))


def _unasked() -> set[str]:
    """Models that run without being named."""
    return {card.name for card in model_cards.cards() if not card.opt_in}


def test_the_packaged_sprint_is_found_by_name_and_names_only_what_exists() -> None:
    found = sprint.config("hf_sprint_2026q1")
    assert set(found.agents) >= {"edge_small", "realtime_streaming", "domain_specialist", "general_baselines"}
    named = {spec.model for spec in sprint.plan(found)}
    silent = {"pyopenjtalk"}  # no dataset here speaks Japanese
    assert named == _unasked() - silent


def test_every_model_that_is_not_opt_in_stands_in_exactly_one_lane_of_the_packaged_sprint() -> None:
    found = sprint.config("hf_sprint_2026q1")
    named = [model for agent in found.agents.values() for model in agent.include_models]
    assert sorted(named) == sorted(_unasked())


def test_a_packaged_sprint_is_found_in_the_folder_where_it_was_before() -> None:
    assert sprint.config("model_lab/config/hf_sprint_2026q1.yaml") == sprint.config("hf_sprint_2026q1")


def test_a_folder_of_that_name_does_not_hide_a_packaged_sprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "diarization").mkdir()
    monkeypatch.chdir(tmp_path)
    assert sprint.config("diarization").id == "diarization"


def test_without_lanes_all_models_are_in_one(tmp_path: Path) -> None:
    lean = {key: value for key, value in GOOD.items() if key not in ("agents", "defaults", "dates")}
    path = tmp_path / "lean.yaml"
    path.write_text(yaml.safe_dump(lean))
    config = sprint.config(str(path))
    assert list(sprint.lanes(config)) == ["all"]
    assert {"pyin", "swift_f0", "baseline_null"} <= {spec.model for spec in sprint.plan(config)}


def test_a_leaderboard_is_of_the_capability_that_has_its_metric(tmp_path: Path) -> None:
    data = {"key": ["soundfont_keys"], "pitch": ["tones", "synthetic_voices"]}
    config = sprint.config(_write(tmp_path, datasets=data, leaderboard={"metric": "rpa"}))
    assert sprint.leaderboard(config) == {
        "capability": "pitch",
        "datasets": ["tones", "synthetic_voices"],
        "metric": "rpa",
        "average": "macro",
    }
    with pytest.raises(BadConfig, match="there is no metric 'rpq'"):
        sprint.config(_write(tmp_path, datasets=data, leaderboard={"metric": "rpq"}))
    with pytest.raises(BadConfig, match=r"leaderboard\.average is 'micro'"):
        sprint.config(_write(tmp_path, datasets=data, leaderboard={"metric": "rpa", "average": "micro"}))


def test_a_dataset_that_cannot_be_had_is_not_planned_and_the_reason_is_said(tmp_path: Path) -> None:
    config = sprint.config(_write(tmp_path, datasets={"asr": ["asterisk_en", "esb_tedlium"]}))
    assert {spec.dataset for spec in sprint.plan(config)} == {"asterisk_en"}
    [sentence] = sprint.left_out(config)
    assert sentence.startswith("dataset esb_tedlium is left out: ") and "licence" in sentence


def test_only_asks_the_models_that_lanes_name(tmp_path: Path) -> None:
    config = sprint.config(_write(tmp_path))
    assert [spec.model for spec in sprint.plan(config, sprint.SprintSelection(only=True))] == ["pyin", "swift_f0"]
    assert [spec.model for spec in sprint.plan(config, sprint.SprintSelection(("first",), only=True))] == ["pyin"]


def test_a_plan_can_be_for_some_models(tmp_path: Path) -> None:
    config = sprint.config(_write(tmp_path))
    assert [spec.model for spec in sprint.plan(config, sprint.SprintSelection(models=("yin", "pyin", "yin")))] == ["yin", "pyin"]
    with pytest.raises(UnknownName, match=r"there is no model 'pyinn' \(did you mean 'pyin'\?\)"):
        sprint.plan(config, sprint.SprintSelection(models=("pyinn",)))
    with pytest.raises(UnknownName, match="yin is not in the lane first of sprint small"):
        sprint.plan(config, sprint.SprintSelection(("first",), models=("yin",)))
    with pytest.raises(UnknownName, match="yin is not in the lanes of sprint small"):
        sprint.plan(config, sprint.SprintSelection(models=("yin",), only=True))


def test_variants_are_models_of_a_lane(tmp_path: Path) -> None:
    lanes = {
        "first": {
            "focus": "x",
            "include_models": [
                "swift_f0",
                "torchcrepe@capacity=full",
                "torchcrepe@fmin=80,capacity=full",
                "torchcrepe@capacity=full,fmin=80",
            ],
        }
    }
    config = sprint.config(_write(tmp_path, agents=lanes, defaults={"unassigned_agent": "first"}))
    specs = sprint.plan(config, sprint.SprintSelection(only=True))
    assert [(spec.model, spec.options.get("capacity"), spec.options.get("fmin")) for spec in specs][1:] == [
        ("torchcrepe@capacity=full", "full", 50),
        ("torchcrepe@capacity=full,fmin=80", "full", 80),
    ]
    assert len({spec.key for spec in specs}) == len({spec.model for spec in specs}) == len(specs)
    assert "torchcrepe" in {spec.model for spec in sprint.plan(config)}
    lanes["first"]["include_models"] = ["torchcrepe@capacitty=full"]
    with pytest.raises(BadConfig, match=r"small\.yaml: torchcrepe has no option 'capacitty' \(did you mean 'capacity'\?\)"):
        sprint.config(_write(tmp_path, agents=lanes, defaults={"unassigned_agent": "first"}))


def test_on_a_gpu_run_those_that_can_and_the_others_stay(tmp_path: Path) -> None:
    config = sprint.config(_write(tmp_path, datasets={"asr": ["asterisk_en"]}))
    choice = sprint.SprintSelection(models=("whisper", "pocketsphinx"))
    devices = {spec.model: spec.device for spec in sprint.plan(config, choice, "cuda:1")}
    assert devices == {"whisper": "cuda", "pocketsphinx": "cpu"}
    assert {spec.device for spec in sprint.plan(config, choice)} == {"cpu"}
    assert [spec.key for spec in sprint.plan(config, choice, "cuda:1")] == [
        spec.key for spec in sprint.plan(config, choice, "cuda")
    ]
    cards = sprint.models(config, choice)
    assert sprint.staying(cards, "cuda") == ["1 model runs on the CPU, as it supports no GPU: pocketsphinx"]
    assert sprint.staying(cards, "cpu") == []
    with pytest.raises(BadConfig, match="--device is 'gpu'; expected cpu, cuda, or one GPU: cuda:0"):
        sprint.plan(config, choice, "gpu")


def test_every_spec_is_followed_by_itself_under_each_condition(tmp_path: Path) -> None:
    config = sprint.config(
        _write(tmp_path, datasets={"pitch": ["tones"], "ner": ["ner_notes"], "asr": ["librivox_pocketsphinx"]})
    )
    clean = sprint.plan(config)
    conditions = ("noise:10", "speed:1.1")
    asked = sprint.perturbed(clean, ["noise", "speed:1.10", "noise:10"])
    assert [spec for spec in asked if not spec.perturbation] == clean
    under = {
        capability: {spec.perturbation for spec in asked if spec.capability == capability}
        for capability in ("pitch", "ner", "asr")
    }
    assert under == {"pitch": {"", *conditions}, "ner": {""}, "asr": {"", *conditions}}
    assert len({spec.key for spec in asked}) == len(asked) == len({(spec.model, spec.place) for spec in asked})
    assert [reason.split(":")[0] for reason in sprint.refusals(clean, ["noise:10"])] == [
        "ner cannot be evaluated with --perturb noise"
    ]
    assert len(sprint.refusals(clean, conditions)) == 2
