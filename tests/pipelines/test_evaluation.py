"""Error laid at the door of the stage that made it, on whistled speech and models that are wrong in one way each."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from model_lab import datasets
from model_lab.datasets import build
from model_lab.errors import BadConfig, NotRunnable
from model_lab.harness import preflight
from model_lab.pipelines import recipe as recipes
from model_lab.pipelines import shares
from model_lab.pipelines.evaluation import LISTENING, READING, Evaluation, evaluate
from model_lab.pipelines.truth import Recording, read
from tests.conftest import MakeModel
from tests.pipelines.conftest import HEAR, NOTE, STAGES, recipe_file, whistled

FLAWS = {
    "vad": ("sleepy", HEAR + "return [Segment(a, b) for a, b in spans if a < 9]"),
    "asr": ("mumbler", HEAR + "return Transcript('Low.', (Word('Low.', *spans[0]),)) if spans else Transcript('')"),
    "diarization": ("lumper", HEAR + "return [Turn(a, b, 'everybody') for a, b in spans]"),
}


@dataclass(frozen=True)
class Bench:
    """Recordings, and a recipe to be judged on them."""

    recordings: list[Recording]
    recipe: Path
    out: Path

    def __call__(self, *flawed: str) -> Evaluation:
        return self.judge({stage: FLAWS[stage][0] for stage in flawed})

    def judge(self, use: dict[str, str]) -> Evaluation:
        return evaluate(self.recordings, recipes.recipe(self.recipe, use), out=self.out)


@pytest.fixture
def bench(band: None, make_model: MakeModel, calls: Path, tmp_path: Path) -> Bench:
    for stage, (name, body) in FLAWS.items():
        make_model(name, NOTE.format(calls=str(calls), name=name) + body, stage)
    stages = STAGES | {"vad": {"model": "ears"}, "asr": {"model": "scribe", "piece_s": 2}}
    rows = []
    for name, pattern in (("one", "lhlh"), ("two", "hlhl")):
        talk = whistled(tmp_path / f"{name}.wav", pattern, pause=2.5)
        words = [
            {"text": f"{turn.speaker.title()}.", "start": turn.start, "end": turn.end - 0.5, "speaker": f"the {turn.speaker} one"}
            for turn in talk.turns
        ]
        turns = [word | {"end": word["end"] + 0.5} for word in words]
        entities = [word | {"text": "High", "label": "PERSON"} for word in words if word["text"] == "High."]
        rows.append({"audio": f"{name}.wav", "words": words, "turns": turns, "entities": entities})
    truth = tmp_path / "truth.jsonl"
    truth.write_text("\n".join(map(json.dumps, rows)))
    return Bench(read(truth), recipe_file(tmp_path / "mine.yaml", stages), tmp_path / "out")


def test_where_nothing_is_wrong_nothing_is_to_blame(bench: Bench, calls: Path) -> None:
    found = bench()
    assert found.recordings == ("one", "two")
    assert [judged.metric.name for judged in found.judged] == ["cpwer", "entity_error", "tcpwer", "wer", "der"]
    for judged in found.by_stage:
        assert set(judged.errors.values()) == {0.0}
    assert [judged.errors[shares.NOBODY] for judged in found.others] == [0.0, 0.0, pytest.approx(0, abs=0.05)]
    assert "gist" not in calls.read_text()
    calls.unlink()
    assert bench() == found and not calls.exists()


@pytest.mark.parametrize(("stage", "error"), [("vad", 0.5), ("asr", 0.5), ("diarization", 1.0)])
def test_an_error_is_laid_at_the_door_of_its_stage(stage: str, error: float, bench: Bench) -> None:
    words, names = bench(stage).by_stage
    assert words.errors[shares.NOBODY] == pytest.approx(error)
    for part in (shares.share, shares.alone, shares.mended):
        blame = {name: part(words.errors, name) for name in LISTENING}
        assert blame == pytest.approx({name: error if name == stage else 0.0 for name in LISTENING})
    estimate = words.estimate(partial(shares.share, stage=stage))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((error, error, error))
    assert shares.share(names.errors, "ner") == 0
    assert (shares.share(names.errors, "transcript") > 0) == (stage != "diarization")


def test_the_parts_sum_up_where_all_is_wrong(bench: Bench) -> None:
    found = bench(*LISTENING)
    words, names = found.by_stage
    assert words.stages == LISTENING and names.stages == READING
    total = words.errors[shares.NOBODY]
    assert total > 0 and words.errors[frozenset(LISTENING)] == 0
    assert sum(shares.share(words.errors, stage) for stage in LISTENING) == pytest.approx(total)
    assert shares.interaction(words.errors) != pytest.approx(0)
    better = bench("asr").by_stage[0]
    gain = words.less(better, lambda errors: errors[shares.NOBODY])
    assert gain.difference == pytest.approx(total - 0.5)


def test_a_recogniser_of_names_is_to_blame_for_what_stands_there(bench: Bench) -> None:
    names = bench.judge({"ner": "titler"}).by_stage[1]
    assert names.errors[shares.NOBODY] == 1
    assert shares.share(names.errors, "ner") == 1 and shares.share(names.errors, "transcript") == 0


def test_words_said_at_once_are_left_when_all_is_known(bench: Bench, tmp_path: Path) -> None:
    row = json.loads((tmp_path / "truth.jsonl").read_text().splitlines()[0])
    del row["turns"], row["entities"]
    row["words"].append({"text": "yes", "start": 2.6, "end": 2.8, "speaker": "the high one"})
    (tmp_path / "both.jsonl").write_text(json.dumps(row))
    [words] = evaluate(read(tmp_path / "both.jsonl"), recipes.recipe(bench.recipe), out=bench.out).by_stage
    assert shares.left(words.errors) == pytest.approx(2 / 5)
    total = words.errors[shares.NOBODY]
    assert sum(shares.share(words.errors, stage) for stage in LISTENING) + 2 / 5 == pytest.approx(total)
    assert words.estimate(shares.left).low is None


def test_a_recipe_of_one_stage(bench: Bench, tmp_path: Path) -> None:
    alone = recipe_file(tmp_path / "a.yaml", {"asr": STAGES["asr"]})
    found = evaluate(bench.recordings, recipes.recipe(alone), out=bench.out)
    assert found.by_stage[0].stages == ("asr",) and "der" not in [judged.metric.name for judged in found.judged]
    silent = recipe_file(tmp_path / "b.yaml", {"vad": STAGES["vad"]})
    with pytest.raises(BadConfig, match="has no stage asr"):
        evaluate(bench.recordings, recipes.recipe(silent), out=bench.out)


def test_without_meeteval_nothing_is_begun(bench: Bench, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "meeteval", None)
    with pytest.raises(NotRunnable, match=r"pip install 'model-lab\[meetings\]'"):
        bench()
    assert not calls.exists() and not bench.out.exists()


@pytest.mark.slow
def test_a_real_dialogue(tmp_path: Path) -> None:
    """Two real speakers by turns, by the packaged recipe."""
    for _, _, stage in recipes.recipe("meeting").asked():
        if not (verdict := preflight.verdict(stage.card)).runnable:
            pytest.skip(str(verdict))
    try:
        recordings = read(build.materialise(datasets.card("dialogues_en"), offline=True))
    except NotRunnable as reason:
        pytest.skip(str(reason))
    [words] = evaluate(recordings[4:5], recipes.recipe("meeting"), out=tmp_path / "out").by_stage
    total = words.errors[shares.NOBODY]
    assert 0 < total < 0.5 and shares.left(words.errors) == 0
    assert sum(shares.share(words.errors, stage) for stage in LISTENING) == pytest.approx(total)
    assert words.errors[frozenset({"asr", "diarization"})] == 0, "a piece holds all that is said in it"
