"""JUnit reports: counted, escaped, and XML whatever stands in the messages."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from model_lab.formats.junit import Case, junit


def test_cases_are_counted_by_state() -> None:
    cases = [Case("g", "a", "passed", "5 of 5"), Case("g", "b", "failed", "worse"), Case("h", "c", "skipped", "no GPU")]
    suite = ElementTree.fromstring(junit(cases, "run"))
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "skipped", "errors")} == {
        "name": "run",
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "errors": "0",
    }
    assert [(case.get("classname"), case.get("name"), *(child.tag for child in case)) for case in suite] == [
        ("g", "a", "system-out"),
        ("g", "b", "failure"),
        ("h", "c", "skipped"),
    ]


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_text_is_xml(text: str) -> None:
    suite = ElementTree.fromstring(junit([Case(text, text, "failed", text)], text).encode())
    assert len(suite) == 1


def test_markup_in_a_message_is_text() -> None:
    suite = ElementTree.fromstring(junit([Case("g", "n", "failed", '<script>"x"</script> & \x00\x1b[31m')], "r"))
    assert suite.find("testcase/failure").get("message") == '<script>"x"</script> & [31m'  # type: ignore[union-attr]
