"""Adaptive runs: who is asked for more, when a budget ends, what is recorded, and how the same command goes on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.cancellation import CancelToken
from model_lab.errors import BadConfig
from model_lab.results.looks import Round, StoredLook, looks_log, rounds_log
from model_lab.results.schema import SampleResult
from model_lab.results.store import RunFolder
from model_lab.runs import adaptive, bench
from model_lab.runs.adaptive import ALL_DECIDED, affordable
from model_lab.runs.adaptive_table import Step
from model_lab.runs.folders import RunOptions
from model_lab.runs.runner import Policy
from model_lab.types import Audio
from tests.conftest import MakeModel

RIGHT_MOSTLY = "return Transcript('the cat sat' if int(1e6 * abs(audio.samples[{place}])) % 8 else 'the cat')"
"""Wrong on one clip in eight, by the value of a sample: another place, another eighth."""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A manifest of 64 clips, each a cluster of its own."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "many"
    rows = []
    for number in range(64):
        audio.write(folder / f"{number}.wav", Audio((0.1 * rng.standard_normal(1600)).astype(np.float32), 16000))
        rows.append({"id": f"clip{number}", "audio": f"{number}.wav", "text": "the cat sat", "group": f"speaker{number}"})
    manifest = folder / "many.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


@pytest.fixture
def models(make_model: MakeModel) -> list[str]:
    """``first`` and ``second`` make the same number of errors on other clips; ``bad`` is always wrong."""
    make_model("first", RIGHT_MOSTLY.format(place=7))
    make_model("second", RIGHT_MOSTLY.format(place=8))
    make_model("bad", "return Transcript('a dog ran')")
    return ["first", "second", "bad"]


def options(tmp_path: Path, budget_s: float = 600.0) -> RunOptions:
    return RunOptions(runs=tmp_path / "runs", budget_s=budget_s)


def folder_of(tmp_path: Path) -> RunFolder:
    [path] = (tmp_path / "runs").iterdir()
    return RunFolder(path)


def test_a_model_that_is_clearly_worse_is_asked_no_more_and_the_others_go_on(
    models: list[str], many: Path, tmp_path: Path
) -> None:
    outcomes = {run.spec.model: run for run in bench.evaluate(models, many, run_options=options(tmp_path))}
    folder = folder_of(tmp_path)
    assert folder.name.endswith("-adaptive")
    assert outcomes["bad"].n_samples < 64 and outcomes["bad"].status == "complete"
    assert outcomes["first"].n_samples == outcomes["second"].n_samples == 64
    looks = looks_log(folder).read(StoredLook)
    assert [look.clusters for look in looks if (look.first, look.second) == ("first", "second")] == [8, 16, 32, 64]
    assert {look.verdict for look in looks if look.first == "bad"} <= {"open", "worse"}
    assert [look.verdict for look in looks if look.first == "bad"][-1] == "worse"
    rounds = rounds_log(folder).read(Round)
    assert rounds[-1].ended == ALL_DECIDED and all(not each.ended for each in rounds[:-1])
    assert len(rounds[0].asked) == 3 and "bad" not in " ".join(rounds[-2].asked)


def test_the_clusters_of_a_look_are_those_of_all_models_and_the_later_ones_are_added_to_them(
    models: list[str], many: Path, tmp_path: Path
) -> None:
    bench.evaluate(models, many, run_options=options(tmp_path))
    folder = folder_of(tmp_path)
    groups = {model: [question.group for question in folder.cell(model, "many").questions()] for model in models}
    asked = len(groups["bad"])
    assert groups["first"][:asked] == groups["bad"] and groups["first"] == groups["second"]
    assert groups["bad"] != sorted(groups["bad"])  # an order by chance, not that of the file


BLOCKED = """
open({calls!r}, 'a').write('x')
while os.path.getsize({calls!r}) >= 21 and not os.path.exists({go!r}): time.sleep(0.02)
"""
"""Of 16 answers to the first look and 16 to the second, those after the fourth of the second wait for ``go``."""


class Clock:
    """The time of a budget, which is over when the models have been asked 21 times."""

    def __init__(self, calls: Path) -> None:
        self.calls = calls
        self.over = False

    def monotonic(self) -> float:
        return 1e6 if self.over else 0.0

    @contextmanager
    def ended(self, seconds: float, token: CancelToken) -> Iterator[None]:
        def wait() -> None:
            while not (self.calls.exists() and self.calls.stat().st_size >= 21):
                time.sleep(0.02)
            self.over = True
            token.cancel()

        if not self.over:
            threading.Thread(target=wait, daemon=True).start()
        yield


def test_a_budget_that_ends_leaves_whole_looks_and_the_same_command_goes_on(
    make_model: MakeModel, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(tmp_path / "calls")
    waiting = BLOCKED.format(calls=str(clock.calls), go=str(tmp_path / "go"))
    make_model("first", waiting + RIGHT_MOSTLY.format(place=7))
    make_model("second", waiting + RIGHT_MOSTLY.format(place=8))
    with monkeypatch.context() as patch:
        patch.setattr(adaptive, "time", clock)
        patch.setattr(adaptive, "_ended_after", clock.ended)
        outcomes = bench.evaluate(["first", "second"], many, run_options=options(tmp_path))
    folder = folder_of(tmp_path)
    ended = rounds_log(folder).read(Round)[-1]
    assert "budget of 10.0 min has ended" in ended.ended and "still open: many" in ended.ended
    assert [(run.n_samples, run.status) for run in outcomes] == [(8, "complete"), (8, "complete")]
    kept = sorted(len(folder.cell(model, "many").latest()) for model in ("first", "second"))
    assert kept == [8, 12]  # of whichever ran first, also what the budget cut short: it is used when the run goes on
    (tmp_path / "go").touch()
    outcomes = bench.evaluate(["first", "second"], many, run_options=options(tmp_path))
    assert [run.n_samples for run in outcomes] == [64, 64]
    looks = [look.clusters for look in looks_log(folder).read(StoredLook)]
    assert looks == [8, 16, 32, 64]  # none twice
    assert len(folder.cell("first", "many").answers.read(SampleResult)) == 64


def test_a_model_that_stops_answering_is_not_asked_again_and_stops_nobody(
    make_model: MakeModel, many: Path, tmp_path: Path
) -> None:
    make_model("first", RIGHT_MOSTLY.format(place=7))
    make_model("second", RIGHT_MOSTLY.format(place=8))
    make_model("absent", "return 1", at_load="raise NotRunnable('no weights')")
    outcomes = {run.spec.model: run for run in bench.evaluate(["first", "second", "absent"], many, run_options=options(tmp_path))}
    assert outcomes["first"].n_samples == 64 and outcomes["absent"].status in ("not_run", "failed")
    assert "no weights" in outcomes["absent"].reason
    assert sum("absent" in asked for each in rounds_log(folder_of(tmp_path)).read(Round) for asked in each.asked) == 1


def test_few_clusters_are_evaluated_and_not_tested(models: list[str], clips: Path, tmp_path: Path) -> None:
    outcomes = bench.evaluate(models, clips, run_options=options(tmp_path))
    assert {run.n_samples for run in outcomes} == {8}
    assert looks_log(folder_of(tmp_path)).read(StoredLook) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"conditions": ("noise:10",)}, "--budget and --perturb noise:10"),
        ({"policy": Policy(force=True)}, "another --name"),
    ],
)
def test_what_does_not_go_with_a_budget_is_refused(
    changes: dict[str, object], expected: str, models: list[str], clips: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadConfig, match=expected):
        bench.evaluate(models, clips, run_options=replace(options(tmp_path), **changes))  # type: ignore[arg-type]


def test_the_smoke_tier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="--tier standard"):
        bench.evaluate("baseline_null", "rhythms", run_options=options(tmp_path))


def step(decisions: float, seconds: float | None) -> Step:
    return Step(None, 1, (), decisions, seconds)  # type: ignore[arg-type]


def test_a_round_takes_first_looks_then_most_decisions_per_second_within_half_of_the_time() -> None:
    first, dear, cheap, hopeless = step(float("inf"), None), step(1.0, 60.0), step(1.0, 20.0), step(0.0, 5.0)
    assert affordable([dear, first, cheap], 100.0, 1.0) == [first]
    assert affordable([hopeless, dear, cheap], 100.0, 1.0) == [cheap, hopeless]
    assert affordable([dear, cheap], 200.0, 1.0) == [cheap, dear]
    assert affordable([dear, cheap], 200.0, 4.0) == [cheap]  # the machine is slower than the answers' times say
    assert affordable([dear], 70.0, 1.0) == [dear]
    assert affordable([dear], 50.0, 1.0) == []
    untestable = step(0.0, None)
    assert affordable([untestable, dear], 200.0, 1.0) == [dear] and affordable([untestable], 1.0, 1.0) == [untestable]
