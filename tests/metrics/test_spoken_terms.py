"""Names, keywords and times of words against independent counts."""

from __future__ import annotations

import math
import re

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import spoken_terms as terms
from model_lab.metrics._base import pool
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import Transcript, Word

listed = st.lists(st.sampled_from(["a", "b", "c"]), max_size=10)


@given(listed, listed)
def test_a_reference_that_is_one_entity_has_jiwers_word_errors(truth: list[str], answer: list[str]) -> None:
    reference = ReferenceTranscript(" ".join(truth), language="de", entities=(" ".join(truth),))
    parts = terms.entity_components(reference, Transcript(" ".join(answer)))
    assert parts["words"] == len(truth)
    if not truth:
        assert not terms.ENTITY_WER.counts(parts)
        return
    found = jiwer.process_words(" ".join(truth), " ".join(answer))
    assert (parts["substitutions"], parts["deletions"]) == (found.substitutions, found.deletions)
    at_the_ends = sum(
        chunk.hyp_end_idx - chunk.hyp_start_idx
        for chunk in found.alignments[0]
        if chunk.type == "insert" and chunk.ref_start_idx in (0, len(truth))
    )
    assert parts["insertions"] == found.insertions - at_the_ends


def test_errors_outside_entities_do_not_count() -> None:
    reference = ReferenceTranscript("Call Ann Lee in New York now.", entities=("Ann Lee", "New York"))
    perfect = terms.entity_components(reference, Transcript("col ann lee on new york no"))
    assert perfect == {"substitutions": 0, "deletions": 0, "insertions": 0, "words": 4}
    wrong = terms.entity_components(reference, Transcript("call an lee in new big york now"))
    assert wrong == {"substitutions": 1, "deletions": 0, "insertions": 1, "words": 4}
    assert terms.ENTITY_WER.value(pool([perfect, wrong])) == 0.25


def test_entities_that_are_not_in_the_text_are_no_evidence() -> None:
    reference = ReferenceTranscript("Call Ann.", entities=("Bob",))
    assert not terms.ENTITY_WER.counts(terms.ENTITY_WER.components(reference, Transcript("bob")))


@given(listed, listed, st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4))
def test_single_words_are_counted_as_by_a_search(truth: list[str], answer: list[str], keywords: list[str]) -> None:
    spoken, heard = " ".join(truth), " ".join(answer)
    parts = terms.keyword_components(ReferenceTranscript(spoken, language="de", keywords=tuple(keywords)), Transcript(heard))
    each = [(len(re.findall(rf"\b{word}\b", spoken)), len(re.findall(rf"\b{word}\b", heard))) for word in set(keywords)]
    assert parts == {
        "found": sum(map(min, each)),
        "spoken": sum(one for one, _ in each),
        "recognised": sum(other for _, other in each),
    }
    found, said, recognised = parts["found"], parts["spoken"], parts["recognised"]
    if found:
        precision, recall = terms.KEYWORD_PRECISION.value(parts), terms.KEYWORD_RECALL.value(parts)
        assert (precision, recall) == (found / recognised, found / said)
        assert terms.KEYWORD_F1.value(parts) == pytest.approx(2 * precision * recall / (precision + recall))


def test_keywords_are_normalised_as_the_transcripts_are() -> None:
    reference = ReferenceTranscript(
        "Der Straßenname ist Müller-Straße.", language="de", keywords=("MÜLLER STRASSE", "Müller-Straße")
    )
    assert terms.keyword_components(reference, Transcript("müller straße"))["found"] == 1
    chinese = ReferenceTranscript("我在北京。", language="zh", keywords=("北京", "上海"))
    assert terms.keyword_components(chinese, Transcript("我在 北京 上海")) == {"found": 1, "spoken": 1, "recognised": 2}


def test_a_row_without_keywords_says_nothing() -> None:
    for metric in (terms.KEYWORD_F1, terms.KEYWORD_PRECISION, terms.KEYWORD_RECALL):
        assert not metric.counts(metric.components(ReferenceTranscript("a cat"), Transcript("a cat")))


@given(st.lists(st.floats(-0.2, 0.2), min_size=4, max_size=4))
def test_the_time_error_is_the_mean_of_the_shifts(shifts: list[float]) -> None:
    truth = ReferenceTranscript("good day", words=(Word("good", 0.5, 1.0), Word("day", 1.0, 1.5)))
    first, second, third, fourth = shifts
    answer = Transcript("Good day.", words=(Word("Good", 0.5 + first, 1.0 + second), Word("day.", 1.0 + third, 1.5 + fourth)))
    assert terms.WORD_TIME_ERROR.score(truth, answer) == pytest.approx(1000 * np.mean(np.abs(shifts)), abs=1e-6)


def test_answers_without_times_and_words_that_are_wrong_say_nothing() -> None:
    truth = ReferenceTranscript("good day", words=(Word("good", 0.5, 1.0), Word("day", 1.0, 1.5)))
    assert not terms.WORD_TIME_ERROR.counts(terms.WORD_TIME_ERROR.components(truth, Transcript("good day")))
    assert not terms.WORD_TIME_ERROR.counts(
        terms.WORD_TIME_ERROR.components(truth, Transcript("x", words=(Word("x", 0.5, 1.0),)))
    )
    assert math.isnan(terms.WORD_TIME_ERROR.score(ReferenceTranscript("good"), Transcript("good", words=(Word("good", 0, 1),))))
