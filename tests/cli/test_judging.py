"""``model-lab evaluate-pipeline`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import cli, refused
from tests.conftest import MakeModel
from tests.pipelines.conftest import HEAR, Talk
from tests.pipelines.conftest import band as band
from tests.pipelines.conftest import calls as calls
from tests.pipelines.conftest import recipe as recipe
from tests.pipelines.conftest import talk as talk


@pytest.fixture
def truth(talk: Talk, tmp_path: Path) -> Path:
    words = [{"text": turn.speaker, "start": turn.start, "end": turn.end, "speaker": turn.speaker} for turn in talk.turns]
    path = tmp_path / "truth.jsonl"
    path.write_text(json.dumps({"audio": talk.path.name, "words": words}))
    return path


def test_two_recipes_against_each_other(truth: Path, recipe: Path, make_model: MakeModel, tmp_path: Path) -> None:
    make_model("mumbler", HEAR + "return Transcript('Low. ' * len(spans))", "asr")
    command = ["evaluate-pipeline", str(truth), "--recipe", str(recipe), "--against-use", "asr=mumbler"]
    done = cli(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Whistling (vad ears, asr mumbler, diarization teller, ner namer): 1 recording" in done.stdout
    assert "cpwer caused by" in done.stdout
    assert "first recipe - second recipe" in done.stdout
    told = json.loads(cli(*command, "--json", cwd=tmp_path).stdout)
    perfect, mumbled = (found["metrics"][0] for found in told["recipes"])
    assert perfect["value"]["value"] == 0 and mumbled["value"]["value"] == pytest.approx(0.5)
    assert {row["stage"]: row["share"]["value"] for row in mumbled["stages"]} == pytest.approx(
        {"vad": 0, "asr": 0.5, "diarization": 0}
    )
    assert told["differences"][0]["difference"] == pytest.approx(-0.5) and told["differences"][0]["p"] is None


def test_a_users_mistake_is_told_in_a_sentence(truth: Path, recipe: Path, tmp_path: Path) -> None:
    assert "gone.jsonl cannot be read" in refused("evaluate-pipeline", "gone.jsonl", cwd=tmp_path)
    truth.write_text(json.dumps({"audio": "talk.wav"}))
    assert "column 'words' is missing" in refused("evaluate-pipeline", str(truth), cwd=tmp_path)
    command = ["evaluate-pipeline", str(truth), "--recipe", str(recipe)]
    assert "did you mean 'meeting'?" in refused(*command, "--against", "metting", cwd=tmp_path)
    assert "--use 'ner' is not" in refused(*command, "--against-use", "ner", cwd=tmp_path)
