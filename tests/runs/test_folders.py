"""Runs have folders of their own: nothing of one name is taken for another, and nothing is moved aside unsaid."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from model_lab.errors import BadConfig
from model_lab.results.schema import Run
from model_lab.results.store import RunFolder
from model_lab.runs import bench, folders, runner
from tests.conftest import MakeModel, write_clips

PERFECT = "return Transcript('the cat sat')"


class Listener(runner.SilentRunObserver):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def ears(make_model: MakeModel) -> None:
    """Two models that hear what was said."""
    make_model("ears", PERFECT)
    make_model("other", "return Transcript('the cat ran')")


@pytest.fixture
def ask(ears: None, tmp_path: Path) -> Any:
    """``ask(models, data, **options)``: the runs, and what was said meanwhile."""

    def evaluate(models: str | list[str], data: Path, **options: Any) -> tuple[list[Run], list[str]]:
        listener = Listener()
        return bench.evaluate(
            models, data, run_options=folders.RunOptions(runs=tmp_path / "runs", observer=listener, **options)
        ), listener.heard

    return evaluate


def runs(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "runs").iterdir())


def test_manifests_of_one_name_in_two_folders_have_two_runs(ask: Any, tmp_path: Path) -> None:
    here, there = write_clips(tmp_path / "here"), write_clips(tmp_path / "there")
    there.write_text(there.read_text().replace("sat", "ran"))
    for _ in range(2):
        assert [(run.run, run.scores[0].value) for run in ask("ears", here)[0]] == [("ears-clips-full", 0.0)]
        [(other, value)] = [(run.run, run.scores[0].value) for run in ask("ears", there)[0]]
        assert other.startswith("ears-clips-full-") and value == pytest.approx(1 / 3)
    assert runs(tmp_path) == ["ears-clips-full", other]
    assert not list((tmp_path / "runs").glob("*/superseded"))


def test_manifests_of_one_name_in_one_folder_have_two_runs(ask: Any, clips: Path, tmp_path: Path) -> None:
    other = clips.with_suffix(".json")
    other.write_text(clips.read_text().replace("sat", "ran"))
    for _ in range(2):
        assert [run.run for run in ask("ears", clips)[0]] == ["ears-clips-full"]
        [run] = ask("ears", other)[0]
        assert run.run.startswith("ears-clips-full-") and run.scores[0].value == pytest.approx(1 / 3)
    assert len(runs(tmp_path)) == 2 and not list((tmp_path / "runs").glob("*/superseded"))


def test_a_named_run_is_repeated_however_its_data_is_named(ask: Any, clips: Path, tmp_path: Path) -> None:
    ask("ears", clips, name="mine")
    [run], told = ask("ears", clips.parent / ".." / clips.parent.name / clips.name, name="mine")
    assert (run.run, told) == ("mine", [])


def test_own_data_of_a_datasets_name_does_not_go_where_the_dataset_does(ask: Any, clips: Path, tmp_path: Path) -> None:
    clips = clips.rename(clips.with_name("asterisk_en.jsonl"))
    [run] = ask("ears", clips)[0]
    assert run.run.startswith("ears-asterisk_en-full-") and ask("ears", clips)[0][0].run == run.run


def test_what_has_changed_is_kept_and_said(ask: Any, clips: Path, tmp_path: Path) -> None:
    assert ask("ears", clips)[1] == []
    clips.write_text(clips.read_text().replace("sat", "ran"))
    [run], [told] = ask("ears", clips)
    assert run.n_ok == 8 and told.startswith("ears on clips: the data changed since; the earlier answers are kept in ")
    kept = Path(told.rpartition(" in ")[2])
    assert len((kept / "samples.jsonl").read_text().splitlines()) == 8
    [again] = ask("ears", clips, policy=runner.Policy(force=True))[1]
    assert again.startswith("ears on clips: it is run again")


def test_several_models_share_a_run(ask: Any, clips: Path, tmp_path: Path) -> None:
    found, _ = ask(["ears", "other", "ears"], clips)
    assert [(run.spec.model, run.run) for run in found] == [("ears", "ears+other-clips-full"), ("other", "ears+other-clips-full")]
    assert set(RunFolder(tmp_path / "runs" / "ears+other-clips-full").models()) == {"ears", "other"}


def test_a_run_can_be_named(ask: Any, clips: Path, tmp_path: Path) -> None:
    assert ask("ears", clips, name="mine")[0][0].run == "mine"
    assert ask("ears", clips, name="mine", policy=runner.Policy(force=True))[0][0].run == "mine"
    with pytest.raises(BadConfig, match=r"runs/mine exists and holds something else; repeat that, or choose another --name"):
        ask("other", clips, name="mine")
    ask("ears", clips, name="theirs", command=("model-lab", "run", "x"))
    with pytest.raises(BadConfig, match=r"exists and was made by: model-lab run x"):
        ask("other", clips, name="theirs")
    elsewhere = Path(shutil.copytree(clips.parent, tmp_path / "elsewhere")) / clips.name
    with pytest.raises(BadConfig, match="runs/mine exists"):
        ask("ears", elsewhere, name="mine")
    assert runs(tmp_path) == ["mine", "theirs"]


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "a b", "", "x" * 101])
def test_a_name_must_be_that_of_a_folder(ask: Any, clips: Path, tmp_path: Path, name: str) -> None:
    if not name:
        assert ask("ears", clips, name=name)[0][0].run == "ears-clips-full"
        return
    with pytest.raises(BadConfig, match="--name is "):
        ask("ears", clips, name=name)
    assert not (tmp_path / "runs").exists()


def test_a_run_of_before_is_found_again(ask: Any, clips: Path, tmp_path: Path) -> None:
    """Its manifest did not say where the data is: the questions do."""
    ask("ears", clips)
    manifest = tmp_path / "runs" / "ears-clips-full" / "manifest.json"
    data = json.loads(manifest.read_text())
    del data["arguments"]["manifest"]
    manifest.write_text(json.dumps(data))
    assert ask("ears", clips)[1] == [] and runs(tmp_path) == ["ears-clips-full"]
