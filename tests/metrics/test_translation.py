"""BLEU, chrF and the length of translations, against sacrebleu's functions for corpora."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model_lab.metrics import Metric, pool, translation
from model_lab.metrics.translation import TranslationTruth
from model_lab.types import Transcript

FEW_WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "Cat", ",", "3.5", "don't"]), min_size=1, max_size=9)
SENTENCES = FEW_WORDS.map(lambda words: " ".join(words) + ".") | st.text(min_size=1, max_size=30).filter(
    lambda text: text.strip() != ""
)
CORPORA = st.lists(st.tuples(SENTENCES, SENTENCES | st.just("")), min_size=1, max_size=8)


def value(metric: Metric, corpus: list[tuple[str, str]]) -> float:
    """The metric of (reference, translation) pairs."""
    return metric.value(pool(metric.components(TranslationTruth(known), Transcript(said)) for known, said in corpus))


@given(CORPORA)
def test_pooled_counts_give_the_bleu_of_the_corpus(corpus: list[tuple[str, str]]) -> None:
    theirs = sacrebleu.corpus_bleu([said for _, said in corpus], [[known for known, _ in corpus]])
    if theirs.ref_len:
        assert value(translation.BLEU, corpus) == pytest.approx(theirs.score)
        assert value(translation.LENGTH_ERROR, corpus) == pytest.approx(abs(theirs.sys_len / theirs.ref_len - 1))


@given(CORPORA)
def test_pooled_counts_give_the_chrf_of_the_corpus(corpus: list[tuple[str, str]]) -> None:
    theirs = sacrebleu.corpus_chrf([said for _, said in corpus], [[known for known, _ in corpus]])
    assert value(translation.CHRF, corpus) == pytest.approx(theirs.score)


@pytest.mark.parametrize(("metric", "theirs"), [(translation.BLEU, BLEU()), (translation.CHRF, CHRF())])
def test_the_scorer_is_the_signature(metric: Metric, theirs: Any) -> None:
    theirs.corpus_score(["a"], [["a"]])
    signature = str(theirs.get_signature()).rpartition("|version:")[0]
    assert metric.scorer == f"sacrebleu-{ {'bleu': 'bleu', 'chrf': 'chrf2'}[metric.name] }-{signature}"


def test_known_numbers() -> None:
    corpus = [("the cat sat on the mat", "the cat sat on a mat")]
    # words 5/6, pairs 3/5, triples 2/4, fours 1/3: the fourth root of their product
    assert value(translation.BLEU, corpus) == pytest.approx(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert value(translation.LENGTH_ERROR, corpus) == 0


def test_a_model_that_stops_early_and_one_that_loops_have_wrong_lengths() -> None:
    known = "one two three four"
    assert value(translation.LENGTH_ERROR, [(known, "one")]) == pytest.approx(0.75)
    assert value(translation.LENGTH_ERROR, [(known, " ".join([known] * 3))]) == pytest.approx(2)


def test_an_empty_translation_scores_0_and_lowers_the_others() -> None:
    good = ("The cat sat on the mat.", "The cat sat on the mat.")
    for metric in (translation.BLEU, translation.CHRF):
        assert value(metric, [good]) == 100
        assert value(metric, [(good[0], "")]) == 0
        assert 0 < value(metric, [good, (good[0], "")]) < 100


def test_a_reference_without_words_is_no_evidence() -> None:
    for metric in (translation.BLEU, translation.CHRF, translation.LENGTH_ERROR):
        counted = metric.components(TranslationTruth(" "), Transcript("something"))
        assert not metric.counts(counted) and math.isnan(metric.value(counted))
