"""``model-lab run`` and ``compare`` with several models, variants and runs, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import cli, refused
from tests.conftest import MakeModel, forget


@pytest.fixture
def models(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """``sharp`` hears what was said, ``dull`` does not, and either says its option ``word`` last."""
    monkeypatch.setenv("COLUMNS", "250")
    for name, words in (("sharp", "the cat "), ("dull", "a dog ")):
        config = make_model(name, f"return Transcript({words!r} + card.options['word'])") / "config.yaml"
        config.write_text(config.read_text() + "options: {word: sat}\n")
    forget()


@pytest.mark.usefixtures("models")
def test_several_models_are_asked_about_own_data_and_compared(clips: Path, tmp_path: Path) -> None:
    done = cli("run", "sharp", "dull", "sharp@word=ran", "--data", str(clips), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "sharp+dull-clips-full"
    assert {path.name for path in run.iterdir() if (path / "clips").is_dir()} == {"sharp", "dull", "sharp@word=ran"}
    assert "sharp - sharp@word=ran" in done.stdout and "sharp - dull" in done.stdout
    assert f"report: {Path('runs') / run.name}" in done.stdout
    page = json.loads((run / "report" / "index.json").read_text())
    assert {row["model"]: row["kind"] for row in page["scorecards"][0]["tables"][0]["rows"]} == dict.fromkeys(
        ("sharp", "dull", "sharp@word=ran"), "algorithm"
    )
    compared = cli("compare", "sharp", "sharp@word=ran", "--json", cwd=tmp_path)
    assert [row["pair"] for row in json.loads(compared.stdout)] == ["sharp - sharp@word=ran"]
    graded = cli("grade", "sharp@word=ran", "--json", cwd=tmp_path)
    assert {grade["model"] for grade in json.loads(graded.stdout)} == {"sharp@word=ran"}
    assert "sharp@word=ran" in cli("matrix", "--json", cwd=tmp_path).stdout


@pytest.mark.usefixtures("models")
def test_one_model_is_compared_over_two_runs(clips: Path, tmp_path: Path) -> None:
    for name, options in (("before", []), ("after", ["--set", "word=ran"])):
        assert cli("run", "sharp", "--data", str(clips), "--name", name, *options, cwd=tmp_path).returncode == 0
    words = ("compare", "sharp", "sharp@word=ran", "--run", "before", "--run", "after", "--json")
    assert [row["pair"] for row in json.loads(cli(*words, cwd=tmp_path).stdout)] == ["sharp (before) - sharp@word=ran (after)"]
    taken = cli("run", "dull", "--data", str(clips), "--name", "after", cwd=tmp_path)
    assert taken.returncode == 2 and "exists and was made by" in taken.stderr.splitlines()[-1]
    clips.write_text(clips.read_text().replace("cat", "dog"))
    assert cli("run", "sharp", "--data", str(clips), "--name", "other", cwd=tmp_path).returncode == 0
    told = refused("compare", "sharp", "--run", "before", "--run", "other", cwd=tmp_path)
    assert "no two of sharp were evaluated on one revision of one dataset in before and other" in told


@pytest.mark.usefixtures("models")
def test_several_models_answer_about_a_file(clips: Path, tmp_path: Path) -> None:
    done = cli("run", "sharp", "dull@word=ran", str(clips.parent / "0.wav"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [(row["model"], row["answer"]["text"]) for row in map(json.loads, done.stdout.splitlines())] == [
        ("sharp", "the cat sat"),
        ("dull@word=ran", "a dog ran"),
    ]


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sharp", "dull"], "no input for sharp, dull"),
        (["sharp", "dul", "--data", "clips.jsonl"], "'dul' is not a model (did you mean 'dull'?)"),
        (["sharp", "espeak_ng", "x.wav"], "sharp, espeak_ng have no capability in common"),
        (["sharp@wrod=x", "x.wav"], "sharp has no option 'wrod' (did you mean 'word'?)"),
        (["sharp", "0.wav", "--name", "mine"], "--name names a run of scores"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(words: list[str], said: str, clips: Path) -> None:
    assert said in refused("run", *words, cwd=clips.parent)


def test_a_sprint_asks_the_models_that_are_named(tmp_path: Path) -> None:
    done = cli("sprint", "hf_sprint_2026q1", "--model", "lead_3", "--model", "lead3", cwd=tmp_path)
    assert done.returncode == 2 and "there is no model 'lead3' (did you mean 'lead_3'?)" in done.stderr
    assert "lead_3 is not in the lane tts_voice" in refused(
        "sprint", "hf_sprint_2026q1", "--agent", "tts_voice", "--model", "lead_3", cwd=tmp_path
    )


def test_a_budget_that_is_no_duration_or_is_for_the_smoke_tier_is_refused(tmp_path: Path) -> None:
    assert "the duration is '90'; expected hours" in refused("sprint", "hf_sprint_2026q1", "--budget", "90", cwd=tmp_path)
    smoke = refused("run", "baseline_null", "rhythms", "--budget", "1m", cwd=tmp_path)
    assert "too few; add --tier standard" in smoke


@pytest.mark.usefixtures("models")
def test_a_pilot_says_how_much_data_a_decision_takes(clips: Path, tmp_path: Path) -> None:
    assert cli("run", "sharp", "dull", "--data", str(clips), "--name", "pilot", cwd=tmp_path).returncode == 0
    [row] = json.loads(cli("power", "pilot", "--difference", "0.05", "--half-width", "0.1", "--json", cwd=tmp_path).stdout)
    assert (row["dataset"], row["difference"], row["n_groups"]) == ("clips", 0.05, 4) and "4 clusters" in row["note"]
    table = cli("power", "pilot", cwd=tmp_path)
    assert table.returncode == 0 and "± now" in table.stdout
    assert "is not of a sprint" in refused("power", "pilot", "--agent", "asr", cwd=tmp_path)
