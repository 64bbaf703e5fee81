"""The common checks find what is wrong with a model, and let a good one pass."""

from __future__ import annotations

import pytest

from model_lab import capabilities, datasets
from model_lab.errors import BadConfig, UnknownName
from model_lab.harness import checks, class_names
from model_lab.metrics.labels import ClassTruth
from tests.conftest import MakeModel, forget


def failures(name: str, level: str = "behaviour") -> dict[str, str]:
    return {result.check: result.detail for result in checks.check_model(name, level) if result.status == "failed"}


def test_a_good_model_passes(make_model: MakeModel) -> None:
    make_model("good", "return Transcript('')")
    assert failures("good") == {}
    assert {result.status for result in checks.check_model("good")} == {"passed"}


@pytest.mark.parametrize(
    ("body", "check", "said"),
    [
        (
            "return Transcript('one two three four five')",
            "asr: answers its synthetic example",
            "hears 5 words in digital silence",
        ),
        ("return 'text'", "asr: answers its synthetic example", "expected Transcript"),
        ("return Transcript(str(time.time_ns()))", "asr: same question, same answer", "two answers to one question differ"),
        ("return Transcript('' if audio.frames > 1000 else 1 / 0)", "asr: survives 10 ms", "ZeroDivisionError"),
        ("return Transcript('' if audio.samples.ndim == 1 else [][0])", "asr: survives stereo", "IndexError"),
        ("return Transcript('' if audio.samples.any() else [][0])", "asr: answers its synthetic example", "IndexError"),
        ("assert audio.sample_rate <= 48000\nreturn Transcript('')", "asr: survives 192 kHz", "AssertionError"),
    ],
)
def test_a_bad_model_is_told_what_is_wrong(make_model: MakeModel, body: str, check: str, said: str) -> None:
    make_model("bad", body)
    assert said in failures("bad")[check]


def test_a_known_failure_is_expected(make_model: MakeModel) -> None:
    config = make_model("bad", "return Transcript('' if audio.samples.ndim == 1 else [][0])") / "config.yaml"
    config.write_text(
        config.read_text() + "expected_failures: {'asr: survives stereo': it is mono, 'asr: survives 5.1': it is mono}\n"
    )
    found = list(checks.check_model("bad"))
    assert [result.check for result in found if result.status == "expected"] == ["asr: survives stereo", "asr: survives 5.1"]
    assert not [result for result in found if result.status == "failed"]


def test_a_model_that_dies_on_odd_sound_fails_its_check(make_model: MakeModel) -> None:
    make_model("bad", "if audio.frames == 1: os.abort()\nreturn Transcript('')")
    assert "SIGABRT" in failures("bad")["asr: survives one sample"]


def test_a_broken_card_or_loader_fails_its_level(make_model: MakeModel) -> None:
    folder = make_model("bad", "return Transcript('')")
    (folder / "loader.py").write_text("import no_such_package\n")
    assert "no_such_package" in failures("bad", "weights")["weights"]
    assert failures("bad", "card") == {}
    (folder / "config.yaml").write_text("title: x")
    forget()
    assert "is missing" in failures("bad", "card")["card"]


def test_every_capability_passes() -> None:
    for name in capabilities.names():
        assert [result for result in checks.check_capability(name) if result.status == "failed"] == []


def test_every_dataset_passes() -> None:
    for name in datasets.names():
        assert [result for result in checks.check_dataset(name) if result.status == "failed"] == []


def test_unknown_names_and_levels_are_told() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'rhythms'\?"):
        list(checks.check(["rythms"]))
    with pytest.raises(BadConfig, match=r"did you mean 'behaviour'\?"):
        list(checks.check([], "behavior"))


def test_a_name_of_two_classes_and_rows_of_other_classes_are_found() -> None:
    one, other = ClassTruth("a", {"a": ("Bark",), "b": ("bark", "Meow")}), ClassTruth("a", {"a": ("Bark",)})
    assert list(class_names.problems([one])) == ["'bark' is a name of a and of b; expected it of one class"]
    assert "rows list 2 different sets of classes" in next(class_names.problems([one, other]))
    assert list(class_names.problems([other])) == []
