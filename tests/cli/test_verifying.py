"""``model-lab verify``: a run's ranks and grades on other data, as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.types import Audio
from tests.cli.test_commands import cli, refused
from tests.conftest import MakeModel, forget

Clips = Callable[..., Path]


@pytest.fixture
def clips(tmp_path: Path, make_model: MakeModel) -> Clips:
    """``clips(name, text, number=0, **columns)``: a manifest of 8 sounds with one text, other sounds for every ``number``.

    ``sharp`` hears "the cat sat" and ``dull`` "a dog ran" in all of them.
    """
    make_model("sharp", "return Transcript('the cat sat')")
    make_model("dull", "return Transcript('a dog ran')")
    forget()

    def make(name: str, text: str | None, number: int = 0, **columns: str) -> Path:
        rows = []
        for place in range(8):
            samples = 0.1 * np.random.default_rng(100 * number + place).standard_normal(8000)
            audio.write(tmp_path / "data" / name / f"{place}.wav", Audio(samples.astype(np.float32), 16000))
            rows.append({"id": f"{place}", "audio": f"{name}/{place}.wav", **({"text": text} if text else {}), **columns})
        manifest = tmp_path / "data" / f"{name}.jsonl"
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return manifest

    return make


@pytest.fixture
def old(tmp_path: Path, clips: Clips) -> Path:
    """The folder of the run "old", in which ``sharp`` is right and ``dull`` is wrong."""
    done = cli("run", "sharp", "dull", "--data", str(clips("old", "the cat sat")), "--name", "old", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_ranks_that_hold_and_ranks_that_do_not(old: Path, clips: Clips) -> None:
    same = cli("verify", "old", "--on", str(clips("same", "the cat sat", number=1)), "--strict", cwd=old)
    assert same.returncode == 0, same.stderr
    assert "The ranks hold: 1 of 1 significant differences of old on old are confirmed on same, none reversed." in same.stdout
    assert "Kendall's tau-b 1.00" in same.stdout and "2 models" in same.stdout
    assert "new values inside the run's 95 % intervals: 2 of 2" in same.stdout and "grades: 2 same" in same.stdout
    reversed_there = str(clips("reversed", "a dog ran", number=2))
    told = cli("verify", "old", "--on", reversed_there, cwd=old)
    assert told.returncode == 0 and "The ranks do not hold" in told.stdout and "1 reversed" in told.stdout
    assert cli("verify", "old", "--on", reversed_there, "--strict", cwd=old).returncode == 1


def test_json_has_every_number_and_answers_are_reused(old: Path, clips: Clips) -> None:
    other = str(clips("other", "the cat sat", number=3))
    first = cli("verify", "old", "--on", other, "--json", cwd=old)
    content = json.loads(first.stdout)
    [found] = content["verifications"]
    assert (found["run"], found["on"], found["holds"], found["tau_b"]["n"]) == ("old", "other", "yes", 2)
    assert found["pairs"] == [{"better": "sharp", "worse": "dull", "before": -1.0, "after": -1.0, "outcome": "confirmed"}]
    answers = old / "runs" / content["other_run"] / "sharp" / "other" / "samples.jsonl"
    before = answers.read_bytes()
    assert json.loads(cli("verify", "old", "--on", other, "--json", cwd=old).stdout) == content and answers.read_bytes() == before


def test_few_models_and_few_samples(old: Path, clips: Clips) -> None:
    other = str(clips("other", "the cat sat", number=4))
    done = cli("verify", "old", "--on", other, "--models", "sharp", "--limit", "3", "--json", cwd=old)
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout)["verifications"]
    [model] = found["models"]
    assert (model["model"], model["after"]["n_scored"], model["before"]["n_scored"]) == ("sharp", 3, 8)
    assert found["tau_b"]["value"] is None and found["holds"] == "open"


def test_a_model_of_another_language_is_left_out(old: Path, clips: Clips) -> None:
    config = old / "extension" / "models" / "dull" / "config.yaml"
    config.write_text(config.read_text() + "languages: [en]\n")
    done = cli("verify", "old", "--on", str(clips("german", "die katze", language="de")), "--json", cwd=old)
    content = json.loads(done.stdout)
    assert [model["model"] for model in content["verifications"][0]["models"]] == ["sharp"]
    assert "dull supports en" in content["left_out"][0]


WRONG = {
    ("odl", "--on", "data/old.jsonl"): "there is no run 'odl' in runs (did you mean 'old'?)",
    ("old", "--on", "data/old.jsonl"): "old was measured on data/old.jsonl itself; verify it on other data",
    ("old", "--on", "nowhere.jsonl"): "nowhere.jsonl cannot be read",
    ("old", "--on", "data/bare.jsonl"): "data/bare.jsonl has no references: none of its 8 rows has all of audio, text",
    ("old", "--on", "vad_mix"): "no model of old has a score in vad, which vad_mix is for; it has: asr",
    ("old", "--on", "vad_mix", "--capability", "asr"): "vad_mix is for vad, not for asr; omit --capability",
    ("old", "--on", "data/bare.jsonl", "--capability", "ars"): "there is no capability 'ars' (did you mean 'asr'?)",
    ("old", "--on", "data/other.jsonl", "--models", "shrap"): "old has no score of 'shrap' in asr (did you mean 'sharp'?)",
}


def test_a_wrong_question_ends_in_a_sentence(old: Path, clips: Clips) -> None:
    clips("bare", None, number=5)
    clips("other", "the cat sat", number=6)
    for words, said in WRONG.items():
        assert said in refused("verify", *words, cwd=old), words
