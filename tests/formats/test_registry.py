"""The registry of formats: a name is given once, and what is no format is refused with its origin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_lab.errors import ContractBroken, UnknownName
from model_lab.formats import Format
from model_lab.formats.registry import FORMATS, SCORE_FORMATS, FormatRegistry

LAB = Format("lab", "lab", lambda content, recording, duration: f"{recording} {content}\n")


def test_a_format_of_a_package_is_there() -> None:
    registry = FormatRegistry(FORMATS.values(), reserved=SCORE_FORMATS)
    registry.add(LAB, "a_package")
    assert registry.named("lab") is registry["lab"] is LAB
    assert list(registry) == [*FORMATS, "lab"]
    assert "lab" not in FORMATS


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (replace(LAB, name="rttm"), "mine has a format called 'rttm', a name that model_lab has; give it another"),
        (replace(LAB, name="csv"), "mine has a format called 'csv', a name that the scores of a run has"),
        (replace(LAB, name="Lab File"), "mine has a format called 'Lab File'; expected small letters, digits and hyphens"),
        (replace(LAB, suffix="../lab"), r"mine: the format lab has the suffix '../lab'; expected one such as txt"),
        (replace(LAB, write=None), "mine: write or read of the format lab is not a function"),
        (replace(LAB, read=3), "mine: write or read of the format lab is not a function"),
        ("rttm", "mine has a str in place of a format"),
    ],
)
def test_what_cannot_be_a_format_is_refused(new: Format, problem: str) -> None:
    registry = FormatRegistry(FORMATS.values(), reserved=SCORE_FORMATS)
    with pytest.raises(ContractBroken, match=problem):
        registry.add(new, "mine")
    assert list(registry) == list(FORMATS)


def test_a_second_package_cannot_take_the_name_of_the_first() -> None:
    registry = FormatRegistry()
    registry.add(LAB, "one")
    with pytest.raises(ContractBroken, match="two has a format called 'lab', a name that one has"):
        registry.add(LAB, "two")


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no format 'rtm' \(did you mean 'rttm'\?\); expected one of: srt, vtt"):
        FORMATS.named("rtm")
