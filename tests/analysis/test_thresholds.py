"""The grading of quality stands in the capabilities' files; a file of rules may have others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model_lab import capabilities
from model_lab.analysis import grades
from model_lab.capabilities import Grading, asr, enhance
from model_lab.errors import BadConfig, ContractBroken
from model_lab.runs.sprint import PACKAGED

ASR = asr.CAPABILITY


def test_every_capability_is_graded_and_says_why_and_by_what_source() -> None:
    for asked in capabilities.capabilities():
        assert asked.grading is not None, asked.name
        assert len(asked.grading.reason) > 40 and len(asked.grading.source) > 10, asked.name
        assert grades.rules().of(asked.name) == asked.grading


def test_where_the_number_mostly_measures_the_data_the_improvement_is_graded() -> None:
    improved = {asked.name for asked in capabilities.capabilities() if asked.grading and asked.grading.measure != "value"}
    assert {"enhance", "separate", "classify", "kws", "diarization", "embed", "langid", "emotion"} <= improved
    assert not {"asr", "asr_stream", "tts"} & improved


@pytest.mark.parametrize(
    ("grading", "said"),
    [
        (Grading((1, 3, 2, 0)), "expected them to rise or to fall"),
        (Grading((0.4, 0.2, 0.1, 0.05)), "expected them to rise from A to D"),
        (Grading((0.1, 0.2, 0.3, 0.4), measure="share", over="null"), "expected them to fall from A to D"),
        (Grading((4, 3, 2, 1), measure="gain"), "over is '' with measure 'gain'"),
        (Grading((0.1, 0.2, 0.3, 0.4), over="null"), "over is 'null' with measure 'value'"),
        (Grading((4, 3, 2, 1), measure="gain", over="untouched"), "the capability has no unprocessed input"),
        (Grading((4, 3, 2, 1), measure="much", over="null"), "measure is 'much'"),  # type: ignore[arg-type]
    ],
)
def test_a_grading_that_cannot_be_is_refused(grading: Grading, said: str) -> None:
    with pytest.raises(ContractBroken, match=said):
        replace(ASR, grading=grading)


def test_a_share_needs_a_best_value() -> None:
    endless = replace(enhance.CAPABILITY.primary, best=float("inf"))
    with pytest.raises(ContractBroken, match="the best value of the primary metric is inf"):
        replace(
            enhance.CAPABILITY,
            metrics=(endless,),
            grading=Grading((0.8, 0.6, 0.4, 0.2), measure="share", over="untouched"),
        )


def test_the_thresholds_of_0_2_are_still_accepted_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match=r"grade_thresholds=.* is now grading=Grading"):
        old = replace(ASR, grading=None, grade_thresholds=(0.05, 0.1, 0.2, 0.4))
    assert old.grading == Grading((0.05, 0.1, 0.2, 0.4))


def _rules(folder: Path, line: str) -> grades.Rules:
    path = folder / "rules.yaml"
    path.write_text((PACKAGED / "grades.yaml").read_text() + line + "\n")
    return grades.rules(path)


def test_a_file_of_rules_may_have_others(tmp_path: Path) -> None:
    found = _rules(tmp_path, "quality: {asr: [0.01, 0.02, 0.03, 0.04]}")
    assert found.of("asr") == Grading((0.01, 0.02, 0.03, 0.04))
    assert found.of("vad") == grades.rules().of("vad")
    assert found.of("no_such_capability") is None
    gains = _rules(tmp_path, "quality: {enhance: {thresholds: [2, 1, 0.5, 0.2], measure: gain, over: untouched, reason: mine}}")
    assert gains.of("enhance") == Grading((2, 1, 0.5, 0.2), "gain", "untouched", "mine")


def test_thresholds_of_a_capability_that_is_not_installed_keep_no_other_from_being_used(tmp_path: Path) -> None:
    found = _rules(tmp_path, "quality: {whale_song: [0.9, 0.8, 0.7, 0.5], asr: [0.01, 0.02, 0.03, 0.04]}")
    assert found.unused == ("whale_song",) and found.of("asr") == Grading((0.01, 0.02, 0.03, 0.04))
    assert grades.rules().unused == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("quality: {arsr: [1, 2, 3, 4]}", r"no capability 'arsr' \(did you mean 'asr'\?\)"),
        ("quality: {asr: [1, 3, 2, 4]}", "expected them to rise or to fall"),
        ("quality: {asr: [4, 3, 2, 1]}", "expected them to rise from A to D"),
        ("quality: {asr: [1, 2]}", "quality.asr"),
    ],
)
def test_wrong_thresholds_are_told(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        _rules(tmp_path, line)
