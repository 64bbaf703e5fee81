"""The thresholds of quality stand in the capabilities' files; a file of rules may have others."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab import capabilities
from model_lab.analysis import grades
from model_lab.errors import BadConfig
from model_lab.runs.sprint import PACKAGED

THRESHOLDS = {
    "alignment": (0.95, 0.85, 0.75, 0.5),
    "asr": (0.05, 0.1, 0.2, 0.4),
    "asr_stream": (0.07, 0.12, 0.25, 0.45),
    "caption": (1.0, 0.7, 0.4, 0.15),
    "classify": (0.8, 0.6, 0.4, 0.2),
    "diarization": (0.08, 0.15, 0.25, 0.4),
    "embed": (0.85, 0.7, 0.5, 0.3),
    "emotion": (0.8, 0.65, 0.5, 0.3),
    "end_of_turn": (0.97, 0.92, 0.85, 0.7),
    "enhance": (3.0, 2.5, 2.0, 1.5),
    "fingerprint": (0.98, 0.95, 0.85, 0.6),
    "formants": (30, 60, 100, 200),
    "key": (0.9, 0.8, 0.65, 0.45),
    "kws": (0.03, 0.08, 0.2, 0.5),
    "langid": (0.97, 0.93, 0.85, 0.6),
    "music_gen": (0.95, 0.85, 0.7, 0.5),
    "music_transcription": (0.9, 0.75, 0.55, 0.35),
    "ner": (0.92, 0.85, 0.7, 0.5),
    "phones": (0.08, 0.15, 0.25, 0.4),
    "pitch": (0.97, 0.93, 0.85, 0.7),
    "quality": (0.97, 0.93, 0.85, 0.7),
    "separate": (10, 6, 3, 0.5),
    "speaker_embed": (0.01, 0.03, 0.08, 0.2),
    "speaker_verify": (0.01, 0.03, 0.08, 0.2),
    "summarize": (0.45, 0.35, 0.25, 0.12),
    "tempo": (0.95, 0.85, 0.7, 0.5),
    "translate": (40.0, 30.0, 20.0, 10.0),
    "tts": (0.03, 0.07, 0.15, 0.35),
    "vad": (0.05, 0.1, 0.2, 0.5),
    "voice_clone": (0.85, 0.78, 0.7, 0.6),
}
"""As grades.yaml had them."""


def test_thresholds_are_those_that_grades_had() -> None:
    assert {asked.name: asked.grade_thresholds for asked in capabilities.capabilities()} == THRESHOLDS
    assert {name: grades.rules().of(name) for name in THRESHOLDS} == THRESHOLDS


def test_thresholds_fall_where_higher_is_better() -> None:
    for asked in capabilities.capabilities():
        assert asked.grade_thresholds is not None
        assert (asked.grade_thresholds[0] > asked.grade_thresholds[-1]) is asked.primary.higher_is_better


def _rules(folder: Path, line: str) -> grades.Rules:
    path = folder / "rules.yaml"
    path.write_text((PACKAGED / "grades.yaml").read_text() + line + "\n")
    return grades.rules(path)


def test_a_file_of_rules_may_have_others(tmp_path: Path) -> None:
    found = _rules(tmp_path, "quality: {asr: [0.01, 0.02, 0.03, 0.04]}")
    assert found.of("asr") == (0.01, 0.02, 0.03, 0.04) and found.of("vad") == THRESHOLDS["vad"]
    assert found.of("no_such_capability") is None


def test_thresholds_of_a_capability_that_is_not_installed_keep_no_other_from_being_used(tmp_path: Path) -> None:
    found = _rules(tmp_path, "quality: {whale_song: [0.9, 0.8, 0.7, 0.5], asr: [0.01, 0.02, 0.03, 0.04]}")
    assert found.unused == ("whale_song",) and found.of("asr") == (0.01, 0.02, 0.03, 0.04)
    assert grades.rules().unused == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("quality: {arsr: [1, 2, 3, 4]}", r"no capability 'arsr' \(did you mean 'asr'\?\)"),
        ("quality: {asr: [1, 3, 2, 4]}", "expected them to rise or to fall"),
        ("quality: {asr: [1, 2]}", "quality.asr"),
    ],
)
def test_wrong_thresholds_are_told(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        _rules(tmp_path, line)
