"""Recipes: the packaged ones hold, and every mistake in one is told with the nearest right name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from model_lab.errors import BadConfig, UnknownName
from model_lab.pipelines.recipe import names, recipe

STAGES = {"vad": {"model": "silero_vad"}, "asr": {"model": "faster_whisper"}, "diarization": {"model": "spectral_diarization"}}


def _file(tmp_path: Path, data: dict[str, Any]) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"title": "Mine", "stages": STAGES} | data))
    return path


@pytest.mark.parametrize("name", ["meeting", "podcast", "voice_memo", "separate_then_transcribe"])
def test_packaged_recipes_hold(name: str) -> None:
    assert name in names()
    found = recipe(name)
    assert found.stages.asr is not None
    assert all(capability in stage.card.capabilities for _, capability, stage in found.model_stages())


def test_stages_stand_in_order_whatever_the_file_says(tmp_path: Path) -> None:
    found = recipe(_file(tmp_path, {"stages": dict(reversed(STAGES.items()))}))
    assert list(found.stages.named()) == ["vad", "asr", "diarization"]
    assert [stage for stage, _, _ in found.model_stages()] == ["vad", "asr", "diarization", "linking"]


def test_another_model_comes_with_its_own_options() -> None:
    found = recipe("meeting", {"asr": "pocketsphinx", "vad": "silero_vad"}).stages
    assert found.asr is not None and found.asr.card.name == "pocketsphinx" and found.asr.options == {}
    same = recipe("meeting", {"asr": "faster_whisper"}).stages
    assert same.asr is not None and same.asr.options == {"word_timestamps": True}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"stagess": {}}, "unknown key 'stagess' (did you mean 'stages'?)"),
        ({"stages": {"asrr": {"model": "faster_whisper"}}}, "unknown key 'stages.asrr' (did you mean 'asr'?)"),
        ({"stages": STAGES | {"vad": {"modle": "silero_vad"}}}, "unknown key 'stages.vad.modle' (did you mean 'model'?)"),
        (
            {"stages": STAGES | {"ner": {"model": "faster_whisper"}}},
            "faster_whisper does not have the capability 'ner', which the stage ner needs",
        ),
        (
            {"stages": STAGES | {"diarization": {"model": "spectral_diarization", "linked_by": "silero_vad"}}},
            "silero_vad does not have the capability 'speaker_embed', which the stage linking needs",
        ),
        ({"stages": {"vad": STAGES["vad"], "ner": {"model": "rule_ner"}}}, "ner and summary need the transcript of asr"),
        ({"stages": {"enhance": {"model": "dtln"}}}, "at least one of vad, asr and diarization"),
        (
            {"stages": {"vad": {"model": "silero_vad", "chunk_s": 20, "overlap_s": 15}}},
            "overlap_s is 15; expected at most half of chunk_s (20)",
        ),
        ({"stages": STAGES | {"asr": {"model": "faster_whisper", "options": {"beam": 1}}}}, "has no option 'beam'"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(tmp_path: Path, data: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        recipe(_file(tmp_path, data))
    assert said in str(caught.value)


def test_what_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(BadConfig, match=r"there is no recipe 'meetings' \(did you mean 'meeting'\?\)"):
        recipe("meetings")
    with pytest.raises(BadConfig, match=r"no\.yaml does not exist"):
        recipe("no.yaml")
    with pytest.raises(BadConfig, match=r"has no stage 'nerr' \(did you mean 'ner'\?\)"):
        recipe("meeting", {"nerr": "rule_ner"})
    with pytest.raises(BadConfig, match="has no stage 'diarization'; it has: vad, asr, ner, summary"):
        recipe("voice_memo", {"diarization": "spectral_diarization"})
    with pytest.raises(UnknownName, match=r"did you mean 'rule_ner'"):
        recipe("meeting", {"ner": "rule_nerr"})
