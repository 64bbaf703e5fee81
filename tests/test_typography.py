from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.typography import plain, straight


@pytest.mark.parametrize("apostrophe", "'’‘ʼʻ＇´`′")
def test_an_apostrophe_is_one_however_it_is_typed(apostrophe: str) -> None:
    assert straight(f"It wasn{apostrophe}t") == "It wasn't"


def test_pauses_stay_for_a_synthesiser_and_end_up_on_the_keyboard_for_a_program() -> None:
    assert straight("“Well” — no…") == '"Well" — no…'
    assert plain("“Well” — no…") == '"Well" - no...'


def test_what_scripts_spell_with_stays() -> None:
    for text in ("می\u200cخواهم", "क\u094d\u200dष", "「はい」", "größer", "人々"):
        assert straight(text) == text


@given(st.text())
def test_once_is_enough(text: str) -> None:
    assert straight(straight(text)) == straight(text)
    assert plain(plain(text)) == plain(text)


@given(st.text(st.characters(max_codepoint=127).filter(lambda sign: sign != "`")))
def test_what_a_keyboard_types_is_left_alone(text: str) -> None:
    assert plain(text) == text
