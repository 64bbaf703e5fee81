"""``model-lab pipeline evaluate`` and ``compare`` as a user meets them."""

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
    command = ["pipeline", "compare", str(truth), str(recipe), str(recipe), "--other-use", "asr=mumbler"]
    done = cli(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Whistling (vad ears, asr mumbler, diarization teller): 1 recording" in done.stdout
    assert "cpwer caused by" in done.stdout
    assert "first recipe - second recipe" in done.stdout
    assert "summary not evaluated: no recording has a column summary" in done.stdout
    assert done.stdout.splitlines()[-1] == "page: pipelines/evaluation/waterfall.html"
    assert "Second recipe: Whistling" in (tmp_path / "pipelines/evaluation/waterfall.html").read_text()
    told = json.loads(cli(*command, "--json", cwd=tmp_path).stdout)
    perfect, mumbled = (found["metrics"][0] for found in told["recipes"])
    assert perfect["value"]["value"] == 0 and mumbled["value"]["value"] == pytest.approx(0.5)
    assert {row["stage"]: row["share"]["value"] for row in mumbled["stages"]} == pytest.approx(
        {"vad": 0, "asr": 0.5, "diarization": 0}
    )
    assert told["differences"][0]["difference"] == pytest.approx(-0.5) and told["differences"][0]["p"] is None


def test_turns_without_words_are_judged_alone(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    turns = [{"start": turn.start, "end": turn.end, "speaker": turn.speaker} for turn in talk.turns]
    (tmp_path / "turns.jsonl").write_text(json.dumps({"audio": talk.path.name, "turns": turns}))
    done = cli("pipeline", "evaluate", "turns.jsonl", "--recipe", str(recipe), "--out", "judged", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Whistling (diarization teller): 1 recording" in done.stdout
    assert "words not evaluated: no recording has a column words" in done.stdout
    told = json.loads((tmp_path / "judged/waterfall.json").read_text())
    assert [metric["metric"] for metric in told["recipes"][0]["metrics"]] == ["der"]


def test_a_users_mistake_is_told_in_a_sentence(truth: Path, recipe: Path, tmp_path: Path) -> None:
    assert "gone.jsonl cannot be read" in refused("pipeline", "evaluate", "gone.jsonl", cwd=tmp_path)
    truth.write_text(json.dumps({"audio": "talk.wav"}))
    assert "columns 'words' and 'turns' are both missing" in refused("pipeline", "evaluate", str(truth), cwd=tmp_path)
    command = ["pipeline", "compare", str(truth), str(recipe)]
    assert "did you mean 'meeting'?" in refused(*command, "metting", cwd=tmp_path)
    assert "--other-use 'ner' is not" in refused(*command, str(recipe), "--other-use", "ner", cwd=tmp_path)
