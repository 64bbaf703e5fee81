"""``model-lab pipeline`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyannote.database.util import load_rttm

from tests.cli.test_commands import cli, refused
from tests.conftest import MakeModel
from tests.pipelines.conftest import Talk, recipe_file
from tests.pipelines.conftest import band as band
from tests.pipelines.conftest import calls as calls
from tests.pipelines.conftest import recipe as recipe
from tests.pipelines.conftest import talk as talk


def test_a_recording_becomes_files(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    done = cli("pipeline", str(talk.path), "--recipe", str(recipe), "--use", "ner=titler", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [folder] = (tmp_path / "pipelines").iterdir()
    assert folder.name.startswith("talk-")
    assert done.stdout.splitlines()[0] == "0:00:00 speaker_1: Low. Low."
    assert done.stdout.splitlines()[-1] == (
        "written: conversation.json, conversation.md, conversation.srt, conversation.vtt, conversation.rttm, conversation.ctm, "
        f"conversation.TextGrid, conversation.html in pipelines/{folder.name}"
    )
    assert "asr (scribe): " in done.stderr and "decode: " in done.stderr
    found = json.loads((folder / "conversation.json").read_text())
    assert (found["schema_version"], found["recipe"], len(found["words"])) == (1, "Whistling", 20)
    assert {entity["label"] for entity in found["entities"]} == {"TITLE"}
    assert load_rttm(folder / "conversation.rttm")["talk"].labels() == ["speaker_1", "speaker_2"]


def test_noise_without_speech_is_a_conversation_without_words(talk: Talk, band: None, tmp_path: Path) -> None:
    done = cli("pipeline", str(talk.path), "--recipe", "voice_memo", *_null(), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "baseline_null found no speech in 30.5 s of audio." in done.stdout
    written = {path.suffix for path in (tmp_path / "out").glob("conversation.*")}
    assert written == {".json", ".md", ".html", ".css", ".js"}


def test_models_that_answer_by_chance_break_nothing(talk: Talk, band: None, tmp_path: Path) -> None:
    stages = {name: {"model": "baseline_random"} for name in ("enhance", "vad", "asr", "diarization", "ner", "summary")}
    stages["diarization"]["linked_by"] = "baseline_random"
    recipe = recipe_file(tmp_path / "chance.yaml", stages, chapters={"shortest_s": 10})
    done = cli("pipeline", str(talk.path), "--recipe", str(recipe), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.m4a"], "no.m4a does not exist"),
        (["--recipe", "metting"], "did you mean 'meeting'?"),
        (["--use", "ner"], "--use 'ner' is not STAGE=MODEL; for example --use ner=rule_ner"),
        (["--use", "ner=rule_nr"], "did you mean 'rule_ner'?"),
        (["--use", "nre=rule_ner"], "did you mean 'ner'?"),
        (["--jobs", "1000"], "--jobs is 1000"),
        (["--device", "cuda"], "runs on cpu, not on cuda"),
    ],
)
def test_a_users_mistake_is_told_in_a_sentence(words: list[str], said: str, talk: Talk, band: None, tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path / "mine.yaml")
    recording = [] if words[0].endswith("m4a") else [str(talk.path)]
    chosen = [] if "--recipe" in words or "--use" in words else ["--recipe", str(recipe)]
    assert said in refused("pipeline", *recording, *words, *chosen, cwd=tmp_path)


def test_a_failure_names_the_stage(talk: Talk, recipe: Path, make_model: MakeModel, tmp_path: Path) -> None:
    make_model("picky", "raise ValueError('not this')")
    said = refused_last("pipeline", str(talk.path), "--recipe", str(recipe), "--use", "asr=picky", cwd=tmp_path)
    assert said.startswith("error: asr (picky), chunk 1 of 4 (0.3-7.7 s): ValueError: not this; what was answered is kept")


def test_the_word_run_may_be_left_out(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    talk.path.rename(tmp_path / "compare")
    done = cli("pipeline", "--recipe", str(recipe), "--out", "a", "./compare", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = cli("pipeline", "run", "./compare", "--recipe", str(recipe), "--out", "a", cwd=tmp_path)
    assert again.stdout == done.stdout


def test_a_misspelt_command_is_no_recording(tmp_path: Path) -> None:
    said = refused("pipeline", "evalute", "dialogues_en", cwd=tmp_path)
    assert "no recording and no command 'evalute' (did you mean 'evaluate'?)" in said
    (tmp_path / "evalute").write_text("no sound")
    assert "evalute" in (told := refused("pipeline", "evalute", cwd=tmp_path)) and "did you mean" not in told


def test_help_shows_both_ways() -> None:
    shown = cli("pipeline", "--help")
    assert shown.returncode == 0
    for told in ("pipeline meeting.m4a", "pipeline evaluate dialogues_en", "./compare", "compare "):
        assert told in shown.stdout
    assert "--other-use" in cli("pipeline", "compare", "--help").stdout
    assert "--out" in cli("pipeline", "meeting.m4a", "--help").stdout


def refused_last(*words: str, cwd: Path) -> str:
    """The sentence with which a command ends that was at work before."""
    done = cli(*words, cwd=cwd)
    assert done.returncode == 2, done
    return done.stderr.strip().splitlines()[-1]


def _null() -> list[str]:
    return [part for stage in ("vad", "asr", "ner", "summary") for part in ("--use", f"{stage}=baseline_null")]
