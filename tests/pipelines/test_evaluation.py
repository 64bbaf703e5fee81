"""Error laid at the door of the stage that made it, on whistled speech and models that are wrong in one way each."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from model_lab import datasets
from model_lab.datasets import build
from model_lab.errors import BadConfig, BadManifest, NotRunnable
from model_lab.pipelines import recipe as recipes
from model_lab.pipelines import shapley
from model_lab.pipelines.evaluation import AUDIO_STAGES, ENTITY_STAGES, SUMMARY_STAGES, Evaluation, evaluate
from model_lab.pipelines.references import Recording, read
from model_lab.provision import preflight
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

    def with_columns(self, **columns: object) -> Bench:
        """The same with some columns of every recording set, or taken away by None."""
        truth = self.recipe.with_name("truth.jsonl")
        rows = [json.loads(line) | columns for line in truth.read_text().splitlines()]
        changed = truth.with_name("changed.jsonl")
        changed.write_text("\n".join(map(json.dumps, rows)))
        return replace(self, recordings=read(changed))


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
    assert [judged.errors[shapley.NONE_REPLACED] for judged in found.others] == [0.0, 0.0, pytest.approx(0, abs=0.05)]
    assert "gist" not in calls.read_text()
    calls.unlink()
    assert bench() == found and not calls.exists()


@pytest.mark.parametrize(("stage", "error"), [("vad", 0.5), ("asr", 0.5), ("diarization", 1.0)])
def test_an_error_is_laid_at_the_door_of_its_stage(stage: str, error: float, bench: Bench) -> None:
    words, names = bench(stage).by_stage
    assert words.errors[shapley.NONE_REPLACED] == pytest.approx(error)
    for part in (shapley.share, shapley.alone, shapley.removed_if_perfect):
        blame = {name: part(words.errors, name) for name in AUDIO_STAGES}
        assert blame == pytest.approx({name: error if name == stage else 0.0 for name in AUDIO_STAGES})
    estimate = words.estimate(partial(shapley.share, stage=stage))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((error, error, error))
    assert shapley.share(names.errors, "ner") == 0
    assert (shapley.share(names.errors, "transcript") > 0) == (stage != "diarization")


def test_the_parts_sum_up_where_all_is_wrong(bench: Bench) -> None:
    found = bench(*AUDIO_STAGES)
    words, names = found.by_stage
    assert words.stages == AUDIO_STAGES and names.stages == ENTITY_STAGES
    total = words.errors[shapley.NONE_REPLACED]
    assert total > 0 and words.errors[frozenset(AUDIO_STAGES)] == 0
    assert sum(shapley.share(words.errors, stage) for stage in AUDIO_STAGES) == pytest.approx(total)
    assert shapley.interaction(words.errors) != pytest.approx(0)
    better = bench("asr").by_stage[0]
    gain = words.less(better, lambda errors: errors[shapley.NONE_REPLACED])
    assert gain.difference == pytest.approx(total - 0.5)


def test_a_recogniser_of_names_is_to_blame_for_what_stands_there(bench: Bench) -> None:
    names = bench.judge({"ner": "titler"}).by_stage[1]
    assert names.errors[shapley.NONE_REPLACED] == 1
    assert shapley.share(names.errors, "ner") == 1 and shapley.share(names.errors, "transcript") == 0


def test_words_said_at_once_are_left_when_all_is_known(bench: Bench, tmp_path: Path) -> None:
    row = json.loads((tmp_path / "truth.jsonl").read_text().splitlines()[0])
    del row["turns"], row["entities"]
    row["words"].append({"text": "yes", "start": 2.6, "end": 2.8, "speaker": "the high one"})
    (tmp_path / "both.jsonl").write_text(json.dumps(row))
    [words] = evaluate(read(tmp_path / "both.jsonl"), recipes.recipe(bench.recipe), out=bench.out).by_stage
    assert shapley.residual(words.errors) == pytest.approx(2 / 5)
    total = words.errors[shapley.NONE_REPLACED]
    assert sum(shapley.share(words.errors, stage) for stage in AUDIO_STAGES) + 2 / 5 == pytest.approx(total)
    assert words.estimate(shapley.residual).low is None


def test_what_is_not_known_is_not_judged(bench: Bench, calls: Path) -> None:
    found = bench()
    assert found.not_judged == ("summary not evaluated: no recording has a column summary",)
    assert "summary" not in found.models
    turns = bench.with_columns(words=None, entities=None).judge({"diarization": "lumper"})
    assert [judged.metric.name for judged in turns.judged] == ["der"] and turns.models == {"diarization": "lumper"}
    assert turns.judged[0].errors[shapley.NONE_REPLACED] == pytest.approx(0.5)
    assert turns.not_judged[0] == "words not evaluated: no recording has a column words"
    some = replace(bench, recordings=[bench.recordings[0], bench.with_columns(words=None, entities=None).recordings[1]])()
    assert some.not_judged[0] == "words evaluated on 1 of 2 recordings: the others have no column words"
    assert {judged.metric.name: len(judged.groups) for judged in some.judged} == {
        "cpwer": 1,
        "entity_error": 1,
        "tcpwer": 1,
        "wer": 1,
        "der": 2,
    }


def test_turns_need_no_other_stage(bench: Bench, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "meeteval", None)
    assert bench.with_columns(words=None, entities=None)().judged[0].metric.name == "der"
    assert set(calls.read_text().split()) == {"teller", "throat"}


def test_the_summarys_error_is_shared_out(bench: Bench) -> None:
    known = bench.with_columns(summary="Low.", entities=None)
    perfect = known.judge({}).by_stage[-1]
    assert perfect.metric.name == "summary_error" and perfect.stages == SUMMARY_STAGES
    assert perfect.errors[shapley.NONE_REPLACED] == pytest.approx(0.5), "one of two recordings begins with Low."
    wrong = known.with_columns(summary="High.", entities=None).judge({"asr": "mumbler"}).by_stage[-1]
    total = wrong.errors[shapley.NONE_REPLACED]
    assert total == pytest.approx(1.0), "the first sentence that was written down is Low., and there is no other"
    parts = [shapley.share(wrong.errors, stage) for stage in SUMMARY_STAGES]
    assert sum(parts) == pytest.approx(total) and shapley.residual(wrong.errors) == 0
    assert parts == pytest.approx([0.25, 0.75]), "of the true words, one of two recordings begins with High."


def test_a_cleaner_answers_for_the_noise_it_leaves(bench: Bench, make_model: MakeModel, tmp_path: Path) -> None:
    make_model("muffler", "audio.samples[9 * audio.sample_rate :] = 0\nreturn audio", "enhance")
    stages = {"enhance": {"model": "muffler"}} | STAGES | {"asr": {"model": "scribe", "piece_s": 2}}
    mine = replace(bench, recipe=recipe_file(tmp_path / "clean.yaml", stages))
    unknown = mine()
    assert unknown.by_stage[0].stages == AUDIO_STAGES
    assert "enhance not replaced by a reference: 0 of 2 recordings have a column clean" in unknown.not_judged
    recordings = [replace(one, reference=replace(one.reference, clean=one.audio)) for one in bench.recordings]
    words, _, turns = replace(mine, recordings=recordings)().by_stage
    for judged in (words, turns):
        total = judged.errors[shapley.NONE_REPLACED]
        assert total == pytest.approx(0.5, abs=0.01)
        assert shapley.removed_if_perfect(judged.errors, "enhance") == pytest.approx(total, abs=0.01)
        assert sum(shapley.share(judged.errors, stage) for stage in judged.stages) == pytest.approx(
            total - shapley.residual(judged.errors)
        )
    assert words.stages == ("enhance", *AUDIO_STAGES) and turns.stages == ("enhance", "diarization")
    longer = replace(recordings[0], reference=replace(recordings[0].reference, clean=_longer(tmp_path)))
    with pytest.raises(BadManifest, match="expected the same recording without noise, of the same length"):
        replace(mine, recordings=[longer])()


def _longer(folder: Path) -> Path:
    return whistled(folder / "longer.wav", "lhlhlh", pause=2.5).path


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
    total = words.errors[shapley.NONE_REPLACED]
    assert 0 < total < 0.5 and shapley.residual(words.errors) == 0
    assert sum(shapley.share(words.errors, stage) for stage in AUDIO_STAGES) == pytest.approx(total)
    assert words.errors[frozenset({"asr", "diarization"})] == 0, "a piece holds all that is said in it"
