"""Judges are asked once about every answer, and again only about a new answer; a judge that cannot run leaves its metric unscored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_lab import capabilities
from model_lab.capabilities import tts
from model_lab.metrics._base import Judge, Metric, mean_of
from model_lab.results.schema import Run
from model_lab.results.scoring import judgement_log
from model_lab.results.store import RunFolder
from model_lab.runs import bench
from model_lab.runs.runner import Policy
from tests.conftest import MakeModel, forget

JUDGE = Judge("critic", "quality", lambda reference, hypothesis: (hypothesis, None), role="test")
COMPONENTS, VALUE = mean_of(lambda reference, hypothesis, said: said["mos"])
PLEASURE = Metric("pleasure", "pleasure", "MOS", True, 5.0, 1.0, 1, "made by a test", COMPONENTS, VALUE, JUDGE)


@pytest.fixture
def speaker(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A synthesiser that gives noise, a critic of it, and two texts."""
    import dataclasses

    make_model("voice", "import numpy as np\nreturn Audio(np.full(1600, 0.1 * len(audio), np.float32), 16000)", capability="tts")
    folder = make_model(
        "critic",
        f"open({str(tmp_path / 'asked')!r}, 'a').write('x')\nreturn {{'mos': float(audio.samples[0] * 10)}}",
        kind="judge",
        capability="quality",
    )
    loader = folder / "loader.py"
    loader.write_text(loader.read_text().replace("def answer(audio)", "def answer(audio, clean)"))
    mocked = dataclasses.replace(tts.CAPABILITY, metrics=(PLEASURE,), grading=None, in_words="")
    real = capabilities.capability
    for module in ("runs.judges", "results.scoring"):
        monkeypatch.setattr(f"model_lab.{module}.capability", lambda name: mocked if name == "tts" else real(name))
    manifest = tmp_path / "texts.jsonl"
    manifest.write_text("".join(json.dumps({"id": text, "text": text}) + "\n" for text in ("ab", "abcd")))
    forget()
    return manifest


def _run(manifest: Path, tmp_path: Path, force: bool = False) -> Run:
    [run] = bench.evaluate("voice", manifest, run_options=bench.RunOptions(runs=tmp_path / "runs", policy=Policy(force=force)))
    return run


def _asked(tmp_path: Path) -> int:
    return len((tmp_path / "asked").read_text())


def test_every_answer_is_judged_once(speaker: Path, tmp_path: Path) -> None:
    [score] = _run(speaker, tmp_path).scores
    assert (score.metric, score.n_scored, score.n_unscored) == ("pleasure", 2, 0)
    assert score.value == pytest.approx(3.0, abs=1e-5)
    assert _asked(tmp_path) == 2
    _run(speaker, tmp_path)
    assert _asked(tmp_path) == 2
    assert (
        len(
            judgement_log(RunFolder(tmp_path / "runs/voice-texts-full").cell("voice", "texts"), JUDGE)
            .path.read_text()
            .splitlines()
        )
        == 2
    )


def test_a_row_that_a_judge_does_not_apply_to_is_no_evidence(
    speaker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from model_lab.results import scoring
    from model_lab.runs import judges

    choosy = dataclasses.replace(PLEASURE, judge=dataclasses.replace(JUDGE, asks=lambda row: len(row["text"]) > 2))
    mocked = dataclasses.replace(tts.CAPABILITY, metrics=(choosy,), grading=None, in_words="")
    for module in (judges, scoring):
        monkeypatch.setattr(module, "capability", lambda name: mocked)
    [score] = _run(speaker, tmp_path).scores
    assert (score.n_scored, score.n_unscored, score.n_inapplicable) == (1, 0, 1) and _asked(tmp_path) == 1


def test_new_answers_are_judged_anew(speaker: Path, tmp_path: Path) -> None:
    _run(speaker, tmp_path)
    _run(speaker, tmp_path, force=True)
    assert _asked(tmp_path) == 4


def test_a_changed_judge_judges_anew(speaker: Path, tmp_path: Path) -> None:
    _run(speaker, tmp_path)
    loader = tmp_path / "extension/models/critic/loader.py"
    loader.write_text(loader.read_text().replace("* 10", "* 5"))
    assert _run(speaker, tmp_path).scores[0].value == pytest.approx(1.5, abs=1e-5)


def test_a_judge_that_cannot_run_leaves_the_metric_unscored(speaker: Path, tmp_path: Path) -> None:
    loader = tmp_path / "extension/models/critic/loader.py"
    text = loader.read_text()
    loader.write_text(text.replace("    return Bundle(", "    raise NotRunnable('the critic is on holiday')\n    return Bundle("))
    run = _run(speaker, tmp_path)
    assert run.n_ok == 2
    assert (run.scores[0].value, run.scores[0].n_unscored) == (None, 2)
    assert "the critic is on holiday" in run.scores[0].note
    loader.write_text(text)
    assert _run(speaker, tmp_path).scores[0].n_scored == 2


def test_each_answer_is_judged_by_the_judge_of_its_reference(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two critics with marks of their own: one for short texts, one for the others."""
    import dataclasses

    make_model("voice", "import numpy as np\nreturn Audio(np.full(1600, 0.1, np.float32), 16000)", capability="tts")
    for name, mark in (("short_critic", 1.0), ("long_critic", 4.0)):
        folder = make_model(
            name,
            f"open({str(tmp_path / name)!r}, 'a').write('x')\nreturn {{'mos': {mark}}}",
            kind="judge",
            capability="quality",
        )
        loader = folder / "loader.py"
        loader.write_text(loader.read_text().replace("def answer(audio)", "def answer(audio, clean)"))

    def inputs(reference: object, hypothesis: object) -> tuple[object, ...]:
        return (hypothesis, None)

    judge = Judge(
        "short_critic",
        "quality",
        inputs,
        applies=lambda reference: len(reference.transcript.text) < 3,
        otherwise=Judge("long_critic", "quality", inputs),
    )
    assert judge.title == "short_critic (quality), otherwise long_critic (quality)"
    mocked = dataclasses.replace(tts.CAPABILITY, metrics=(dataclasses.replace(PLEASURE, judge=judge),), grading=None, in_words="")
    real = capabilities.capability
    for module in ("runs.judges", "results.scoring"):
        monkeypatch.setattr(f"model_lab.{module}.capability", lambda name: mocked if name == "tts" else real(name))
    manifest = tmp_path / "texts.jsonl"
    manifest.write_text("".join(json.dumps({"id": text, "text": text}) + "\n" for text in ("ab", "abcd", "abcdef")))
    forget()
    for _ in range(2):
        [score] = _run(manifest, tmp_path).scores
        assert (score.n_scored, score.value) == (3, pytest.approx(3.0))  # (1 + 4 + 4) / 3
        assert [(tmp_path / name).read_text() for name in ("short_critic", "long_critic")] == ["x", "xx"]


def test_the_registered_judges_exist() -> None:
    from model_lab.registry import model_cards

    for asked in capabilities.capabilities():
        for metric in asked.metrics:
            if metric.judge is not None:
                for judge in metric.judge.all:
                    assert judge.capability in model_cards.card(judge.model).capabilities
