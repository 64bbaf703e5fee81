from __future__ import annotations

from typing import Any

import pytest

from model_lab.datasets.card import ColumnSource
from model_lab.datasets.hub import conversions
from model_lab.datasets.hub.conversions import Encoded
from model_lab.datasets.hub.tables import Row
from model_lab.errors import BadConfig, BadManifest

TIMES = {"start": [2.0, 0.5, 3.0], "end": [3.0, 1.0, 3.0], "who": ["B", "A", "A"]}


def value(columns: dict[str, Any], source: Any, classes: dict[str, tuple[str, ...]] | None = None) -> Any:
    row = Row(columns, "acme/voices, data/0.parquet, row group 0, row 7", 0, classes or {})
    return conversions.value(row, ColumnSource.model_validate(source))


@pytest.mark.parametrize(
    ("columns", "source", "expected"),
    [
        ({"a": 3}, "a", 3),
        ({"a": None}, {"column": "a", "convert": "text"}, None),
        ({"a": "x"}, {"value": ["en", "de"]}, ["en", "de"]),
        ({"a": "  two\n words "}, {"column": "a", "convert": "text"}, "two words"),
        ({"a": 1089}, {"column": "a", "convert": "name"}, "1089"),
        ({"a": " Yes"}, {"column": "a", "convert": "lower"}, "yes"),
        ({"a": "1001_DFA_ANG.wav"}, {"column": "a", "convert": "before", "settings": {"separator": "_"}}, "1001"),
        ({"a": "none"}, {"column": "a", "convert": "before", "settings": {"separator": "_"}}, "none"),
        ({"a": "dog, cat,,cow "}, {"column": "a", "convert": "split"}, ["dog", "cat", "cow"]),
        ({"a": "dog|cat"}, {"column": "a", "convert": "split", "settings": {"separator": "|"}}, ["dog", "cat"]),
        ({"a": "x", "b": None, "c": ""}, {"columns": {"1": "a", "2": "b", "3": "c"}, "convert": "list"}, ["x"]),
        ({"a": "x"}, {"column": "a", "convert": "list"}, ["x"]),
        ({"a": "test/A Song/vocals.flac"}, {"column": "a", "convert": "folder"}, "A Song"),
        ({"a": "bass", "b": 1}, {"columns": {"name": "a", "value": "b"}, "convert": "picked", "settings": {"keys": ["bass"]}}, 1),
        (
            {"a": "drum", "b": 1},
            {"columns": {"name": "a", "value": "b"}, "convert": "picked", "settings": {"keys": ["bass"]}},
            None,
        ),
        (
            {"a": "bass", "b": 1},
            {"columns": {"name": "a", "value": "b"}, "convert": "keyed", "settings": {"keys": ["bass"]}},
            {"bass": 1},
        ),
        (
            {"a": "drum", "b": 1},
            {"columns": {"name": "a", "value": "b"}, "convert": "keyed", "settings": {"keys": ["bass"]}},
            None,
        ),
        ({"a": 1}, {"column": "a", "convert": "truth"}, True),
        ({"a": False}, {"column": "a", "convert": "truth"}, False),
        ({"a": [250, 1500]}, {"column": "a", "convert": "milliseconds"}, [0.25, 1.5]),
        ({"a": ["two", "words"]}, {"column": "a", "convert": "joined"}, "two words"),
        ({"a": {"b": {"c": 4}}}, "a.b.c", 4),
        ({"a": '{"b": 5}'}, "a.b", 5),
        (
            TIMES,
            {"columns": {"start": "start", "end": "end", "speaker": "who"}, "convert": "turns"},
            [{"start": 0.5, "end": 1.0, "speaker": "A"}, {"start": 2.0, "end": 3.0, "speaker": "B"}],
        ),
        (
            {"start": [0, 900], "end": [1000, 2000]},
            {"columns": {"start": "start", "end": "end"}, "convert": "spans", "settings": {"unit_s": 0.001}},
            [[0.0, 2.0]],
        ),
        ({"a": [{"start": 3, "end": 4}, {"start": 1, "end": 2}]}, {"column": "a", "convert": "spans"}, [[1.0, 2.0], [3.0, 4.0]]),
        ({"a": [[1, 2], [2, 2.5]]}, {"column": "a", "convert": "spans"}, [[1.0, 2.5]]),
        ({"a": [0, 1, 1, 0, 1]}, {"column": "a", "convert": "frames", "settings": {"step_s": 0.5}}, [[0.5, 1.5], [2.0, 2.5]]),
        (
            {"words": ["Ann", "Lee", "left", "Rome"], "tags": ["B-PER", "I-PER", "O", "I-LOC"]},
            {
                "columns": {"words": "words", "tags": "tags"},
                "convert": "entities",
                "settings": {"labels": {"PER": "PERSON"}},
            },
            [{"label": "PERSON", "start": 0, "end": 7}, {"label": "LOC", "start": 13, "end": 17}],
        ),
        (
            {"words": "anna anna", "tags": ["B-PERSON", "B-PERSON"]},
            {"columns": {"words": "words", "tags": "tags"}, "convert": "entities"},
            [{"label": "PERSON", "start": 0, "end": 4}, {"label": "PERSON", "start": 5, "end": 9}],
        ),
    ],
)
def test_conversions(columns: dict[str, Any], source: Any, expected: Any) -> None:
    assert value(columns, source) == expected


def test_class_labels_have_names() -> None:
    names = {"a": ("dog", "cat"), "tags": ("O", "B-PER")}
    assert value({"a": 1}, "a", names) == "cat"
    assert value({"a": 1}, {"column": "a", "names": {"cat": "Katze", "dog": "Hund"}}, names) == "Katze"
    assert value({"tags": [1, 0]}, "tags", names) == ["B-PER", "O"]
    assert value({"a": 1}, {"column": "a", "names": {"0": "dog", "1": "cat"}}) == "cat"


def test_sounds_are_found_in_whatever_holds_them() -> None:
    sound = {"bytes": b"RIFF", "path": "a.wav"}
    assert value({"a": sound}, "a") == Encoded(b"RIFF")
    assert value({"a": [sound, sound]}, "a") == [Encoded(b"RIFF")] * 2
    assert value({"a": sound, "b": sound}, {"columns": {"one": "a", "two": "b"}}) == {
        "one": Encoded(b"RIFF"),
        "two": Encoded(b"RIFF"),
    }


@pytest.mark.parametrize(
    ("columns", "source", "sentence"),
    [
        ({"a": 5}, {"column": "a", "convert": "text"}, "a is 5, a number; expected text"),
        ({"a": "maybe"}, {"column": "a", "convert": "truth"}, "a is 'maybe', text; expected true or false"),
        ({"a": "soon"}, {"column": "a", "convert": "milliseconds"}, "a is 'soon', text, which milliseconds cannot read"),
        ({"a": {"b": 1}}, "a.c", "a has no field 'c'; it has: b"),
        ({"a": "{"}, "a.b", "column 'a' is no JSON"),
        ({"a": 5}, "a.b", "a has no field 'b'; it has: 5, a number"),
        ({"a": "catt"}, {"column": "a", "names": {"cat": "cat"}}, r"a is 'catt', a class that the card does not name \(did you"),
        (
            {"words": ["one"], "tags": ["O", "O"]},
            {"columns": {"words": "words", "tags": "tags"}, "convert": "entities"},
            "1 words have 2 tags; expected one each",
        ),
        ({"s": [1.0], "e": [2.0, 3.0]}, {"columns": {"start": "s", "end": "e"}, "convert": "spans"}, "which spans cannot read"),
        ({"a": "x"}, {"column": "a", "convert": "before"}, "which before cannot read"),
    ],
)
def test_what_is_not_as_the_card_says(columns: dict[str, Any], source: Any, sentence: str) -> None:
    with pytest.raises(BadManifest, match=f"acme/voices, data/0.parquet, row group 0, row 7: .*{sentence}"):
        value(columns, source)


def test_unknown_conversion() -> None:
    with pytest.raises(BadConfig, match=r"there is no conversion 'millisecond' \(did you mean 'milliseconds'\?\)"):
        conversions.require(["text", "millisecond"])
    conversions.require(conversions.names())


def test_a_path_without_a_folder() -> None:
    with pytest.raises(BadManifest, match=r"row 7: a is 'vocals\.flac', text; expected a path with a folder"):
        value({"a": "vocals.flac"}, {"column": "a", "convert": "folder"})
