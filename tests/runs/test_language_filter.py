"""A model is not asked in languages that it does not know: refused where it knows none, left out row by row where it knows some."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.datasets import manifest
from model_lab.errors import BadConfig, BadManifest
from model_lab.runs import bench, language_filter, runner
from model_lab.types import Audio
from tests.conftest import MakeModel, forget
from tests.scored_run import model_card


def english(make_model: MakeModel) -> None:
    folder = make_model("english", "return Transcript('one')")
    with (folder / "config.yaml").open("a") as card:
        card.write("languages: [en]\n")
    forget()


def own(folder: Path, *languages: str | None) -> Path:
    """A manifest over a short noise, a row for every language; None: a row that names none."""
    audio.write(folder / "a.wav", Audio((0.1 * np.random.default_rng(0).standard_normal(1600)).astype(np.float32), 16000))
    rows = [{"id": str(number), "audio": "a.wav", "text": "one", "language": known} for number, known in enumerate(languages)]
    path = folder / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_rows_in_other_languages_are_left_out_and_counted(make_model: MakeModel, tmp_path: Path) -> None:
    english(make_model)
    (run,) = bench.evaluate(
        "english", own(tmp_path, "en", "fr", None, "de"), run_options=bench.RunOptions(runs=tmp_path / "runs")
    )
    assert (run.status, run.n_samples, run.n_ok, run.n_failed) == ("complete", 4, 2, 0)
    assert (run.scores[0].value, run.scores[0].n_scored, run.scores[0].n_unscored) == (0.0, 2, 2)
    assert "in languages it does not know (2)" in run.scores[0].note


class Heard(runner.SilentRunObserver):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_rows_without_a_truth_are_told_before_anything_runs(make_model: MakeModel, tmp_path: Path) -> None:
    english(make_model)
    path = own(tmp_path, "en", "en")
    path.write_text(path.read_text().replace(', "text": "one"', "", 1))
    heard = Heard()
    bench.evaluate("english", path, run_options=bench.RunOptions(runs=tmp_path / "runs", observer=heard))
    assert heard.said[0].endswith("own.jsonl: 1 of 2 rows have no reference: the model runs on them, and they are not scored")


def test_a_model_that_knows_none_of_them_is_refused_before_anything_runs(make_model: MakeModel, tmp_path: Path) -> None:
    english(make_model)
    with pytest.raises(BadConfig, match=r"english supports en, and .*own\.jsonl is in de, fr; choose a model that supports one"):
        bench.evaluate("english", own(tmp_path, "fr", "de", "fr"), run_options=bench.RunOptions(runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_what_is_no_language_is_told_as_such(make_model: MakeModel, tmp_path: Path) -> None:
    english(make_model)
    with pytest.raises(BadManifest, match=r"own\.jsonl:1: column 'language': 'jp' names no language \(did you mean 'ja'\?\)"):
        bench.evaluate("english", own(tmp_path, "jp"), run_options=bench.RunOptions(runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_a_language_that_nothing_checks_is_one_that_no_model_knows(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "Ann", "entities": [], "language": "xx"}))
    samples = manifest.read(path, capability("ner"))
    assert language_filter.unknown(model_card("some_ner", languages=("en",)), samples) == {"1": language_filter.LEFT_OUT}


def test_a_registered_dataset_in_none_of_them_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    english(make_model)
    with pytest.raises(BadConfig, match="dataset pack_asr_languages is in de, es"):
        bench.evaluate("english", "pack_asr_languages", run_options=bench.RunOptions(runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_the_language_that_is_asked_for_is_no_reason_to_leave_a_row_out(tmp_path: Path) -> None:
    own(tmp_path).write_text(json.dumps({"id": "1", "audio": "a.wav", "language": "fr", "languages": ["en", "fr"]}))
    (sample,) = manifest.read(tmp_path / "own.jsonl", capability("langid"))
    assert language_filter.unknown(model_card("m", languages=("en",)), [sample]) == {}


def test_the_language_around_keywords_is_no_reason_to_leave_a_row_out(tmp_path: Path) -> None:
    row = {"id": "1", "audio": "a.wav", "language": "fr", "keywords": {"okay": []}, "spoken": []}
    own(tmp_path).write_text(json.dumps(row))
    [sample] = manifest.read(tmp_path / "own.jsonl", capability("kws"))
    assert language_filter.unknown(model_card("m", languages=("en",)), [sample]) == {}
