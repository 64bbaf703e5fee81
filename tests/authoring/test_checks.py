"""The common checks find what is wrong with a model, and let a good one pass."""

from __future__ import annotations

import pytest

from model_lab import capabilities, datasets
from model_lab.authoring import checks, class_names
from model_lab.errors import BadConfig, UnknownName
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
            "transcribes 5 words in digital silence",
        ),
        ("return 'text'", "asr: answers its synthetic example", "expected Transcript"),
        ("return Transcript(str(time.time_ns()))", "asr: same question, same answer", "two answers to the same input differ"),
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
    assert "no_such_package" in failures("bad", "imports")["imports"]
    assert failures("bad", "card") == {}
    (folder / "config.yaml").write_text("title: x")
    forget()
    assert "is missing" in failures("bad", "card")["card"]


def test_every_capability_passes() -> None:
    for name in capabilities.names():
        assert [result for result in checks.check_capability(name) if result.status == "failed"] == []


def test_every_dataset_passes() -> None:
    for name in datasets.names():
        found = list(checks.check_dataset(name))
        assert [result for result in found if result.status == "failed"] == []
        assert [result for result in found if result.check == "reference" and result.status != "passed"] == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def load(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import os\nprint('not JSON')\nos._exit(7)", "importing its loader ended the interpreter"),
        ("x = 1", "has no function load"),
        ("def load(card, device):\n    import no_such_package.part", "imports no_such_package, not in its environment"),
        ("def load(card, device):\n    from no_such_package import part", "imports no_such_package, not in its environment"),
    ],
)
def test_a_loader_that_cannot_be_imported_keeps_no_other_from_being_tried(make_model: MakeModel, code: str, said: str) -> None:
    (make_model("m_bad", "return Transcript('')") / "loader.py").write_text(code)
    for name in ("m_before", "m_zz_after"):
        make_model(name, "return Transcript('')")
    found = {
        result.subject: result
        for result in checks.check(["m_bad", "m_before", "m_zz_after"], "imports")
        if result.check == "imports"
    }
    assert found["m_bad"].status == "failed" and said in found["m_bad"].detail
    assert found["m_before"].status == found["m_zz_after"].status == "passed"


def test_what_a_loader_is_ready_to_do_without_may_be_absent(make_model: MakeModel) -> None:
    loader = make_model("ready", "return Transcript('')") / "loader.py"
    (loader.parent / "beside.py").write_text("")
    loader.write_text("try:\n    import no_such_package\nexcept ImportError:\n    pass\n" + loader.read_text())
    loader.write_text(loader.read_text() + "\ndef later():\n    import beside\n")
    assert failures("ready", "imports") == {}


def test_no_model_is_loaded_for_its_imports(make_model: MakeModel) -> None:
    make_model("slow", "return Transcript('')", at_load="os.abort()")
    assert failures("slow", "imports") == {}
    assert "SIGABRT" in failures("slow", "weights")["weights"]


def test_what_is_looked_at_next_is_told(make_model: MakeModel) -> None:
    make_model("good", "return Transcript('')")
    seen: list[tuple[str, int, int]] = []
    list(checks.check(["asr", "good"], "imports", lambda *told: seen.append(told)))
    assert seen == [("asr", 0, 2), ("good", 1, 2)]


def test_unknown_names_and_levels_are_told() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'rhythms'\?"):
        list(checks.check(["rythms"]))
    with pytest.raises(BadConfig, match=r"did you mean 'behaviour'\?"):
        list(checks.check([], "behavior"))


def test_a_name_of_two_classes_and_rows_of_other_classes_are_found() -> None:
    one, other = ClassTruth("a", {"a": ("Bark",), "b": ("bark", "Meow")}), ClassTruth("a", {"a": ("Bark",)})
    assert list(class_names.problems([one])) == ["'bark' is a name of a and of b; expected it in one class"]
    assert "rows list 2 different sets of classes" in next(class_names.problems([one, other]))
    assert list(class_names.problems([other])) == []
