"""Which columns make slices, and what is said of those that do not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from model_lab.analysis.slice_columns import NOT_STATED, available, column, shown_by_itself
from model_lab.errors import ModelLabError
from model_lab.results.schema import StoredSample


def questions(rows: list[dict[str, Any]], seconds: list[float] | None = None) -> list[StoredSample]:
    return [
        StoredSample(id=f"s{number}", group=f"g{number}", duration=seconds[number] if seconds else 2.0, folder=".", row=row)
        for number, row in enumerate(rows)
    ]


def test_values_are_slices_in_order_and_what_is_missing_is_named() -> None:
    asked = questions([{"snr_db": 10}, {"snr_db": 5}, {"snr_db": 10}, {"snr_db": 5}, {}])
    assert column(asked, "snr_db").names == ("5", "10", NOT_STATED)
    assert column(asked, "snr_db").slice_of["s4"] == NOT_STATED
    spoken = questions([{"native": True}, {"native": False}, {"native": True}])
    assert column(spoken, "native").names == ("no", "yes")


def test_durations_are_put_into_quarters_whose_edges_are_those_written() -> None:
    seconds = [0.1 * number for number in range(1, 41)]
    split = column(questions([{}] * 40, seconds), "duration")
    assert split.names == ("< 1.1 s", "1.1 to < 2 s", "2 to < 3 s", ">= 3 s")
    assert sorted(Counter(split.slice_of.values()).values()) == [9, 10, 10, 11]
    assert split.slice_of["s10"] == "1.1 to < 2 s"  # 1.1 s: an edge belongs to the bin above it


def test_equal_numbers_are_never_split() -> None:
    seconds = [1.0] * 30 + [1.0 + 0.1 * number for number in range(1, 14)]
    split = column(questions([{}] * 43, seconds), "duration")
    assert len({split.slice_of[f"s{number}"] for number in range(30)}) == 1


@pytest.mark.parametrize(
    ("rows", "name", "told"),
    [
        ([{"accent": "scots"}, {"accent": "welsh"}], "acent", r"no column 'acent' \(did you mean 'accent'\?\)"),
        ([{"language": "en"}] * 3, "language", "'en' in every sample: there is nothing to compare"),
        ([{"text": "a"}, {"text": "b"}, {"text": "c"}], "text", r"another value in every sample that states it \(3\)"),
        ([{"turns": [1]}, {"turns": [2]}], "turns", "holds lists or objects"),
    ],
)
def test_what_makes_no_slices_is_said(rows: list[dict[str, Any]], name: str, told: str) -> None:
    with pytest.raises(ModelLabError, match=told):
        column(questions(rows), name)


def test_a_report_shows_few_columns_by_itself() -> None:
    rows = [
        {
            "id": str(n),
            "text": f"t{n}",
            "gender": "fm"[n % 2],
            "sex": "fm"[n % 2],
            "speaker": "ab"[n % 2],
            "mood": "xyz"[n % 3],
            "topic": f"t{n % 15}",
        }
        for n in range(30)
    ]
    asked = questions(rows)
    assert [split.name for split in shown_by_itself(asked)] == ["gender"]  # sex splits alike, topic has 15 values, all last 2 s
    assert [split.name for split in shown_by_itself(asked, ["mood"])] == ["mood", "gender"]
    assert "id" not in available(asked) and "mood" in available(asked)
