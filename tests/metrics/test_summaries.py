from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from pycocoevalcap.rouge.rouge import my_lcs
from rouge_score.rouge_scorer import RougeScorer

from model_lab.metrics import summaries
from model_lab.metrics._base import pool

METRICS = (summaries.ROUGE_L, summaries.ROUGE_1, summaries.ROUGE_2)
WORDS = ["copy", "copies", "the", "string", "strings", "a", "file", "ran"]
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)


def stems(words):
    stem = PorterStemmer().stem
    return [stem(word) if len(word) > 3 else word for word in words]


def f1(common, hypothesis, reference):
    return 2 * common / (hypothesis + reference) if common else 0.0


@given(sentences, sentences)
def test_rouge_l_agrees_with_the_common_subsequence_of_pycocoevalcap(reference, hypothesis):
    one, other = stems(reference), stems(hypothesis)
    expected = f1(my_lcs(one, other), len(other), len(one))
    assert summaries.ROUGE_L.score(" ".join(reference), " ".join(hypothesis)) == pytest.approx(expected)


@given(sentences.filter(lambda words: len(words) > 1), sentences, st.sampled_from([1, 2]))
def test_rouge_n_agrees_with_counters(reference, hypothesis, size):
    def grams(words):
        return Counter(zip(*(words[start:] for start in range(size)), strict=False))

    one, other = grams(stems(reference)), grams(stems(hypothesis))
    expected = f1((one & other).total(), other.total(), one.total())
    metric = {1: summaries.ROUGE_1, 2: summaries.ROUGE_2}[size]
    assert metric.score(" ".join(reference), " ".join(hypothesis)) == pytest.approx(expected)


@given(sentences.filter(lambda words: len(words) > 1))
def test_the_truth_scores_best_and_nothing_worst(reference):
    text = " ".join(reference)
    for metric in METRICS:
        assert metric.score(text, text) == pytest.approx(metric.best)
        assert metric.score(text, "") == metric.worst == 0


@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=4))
def test_the_value_is_the_mean_over_documents(pairs):
    texts = [(" ".join(reference), " ".join(hypothesis)) for reference, hypothesis in pairs]
    parts = pool(summaries.ROUGE_L.components(*pair) for pair in texts)
    assert summaries.ROUGE_L.value(parts) == pytest.approx(sum(summaries.ROUGE_L.score(*pair) for pair in texts) / len(texts))


def test_case_punctuation_and_line_breaks_do_not_matter():
    assert summaries.ROUGE_L.score("Copy a string.", "copy\nA String!") == 1


def test_a_reference_without_words_counts_for_nothing():
    for reference in ("", "...", "—"):
        assert math.isnan(summaries.ROUGE_L.score(reference, "some words"))
    assert math.isnan(summaries.ROUGE_2.score("one", "one"))  # no pair of words to find


ASCII = st.text(st.characters(max_codepoint=127), max_size=40)


@given(ASCII, ASCII)
def test_ascii_text_scores_as_rouge_score_has_it(reference, hypothesis):
    kinds = {"rougeL": summaries.ROUGE_L, "rouge1": summaries.ROUGE_1, "rouge2": summaries.ROUGE_2}
    expected = RougeScorer(list(kinds), use_stemmer=True)
    if expected.score(reference, reference)["rouge2"].fmeasure:
        scores = expected.score(reference, hypothesis)
        assert {kind: metric.score(reference, hypothesis) for kind, metric in kinds.items()} == {
            kind: pytest.approx(scores[kind].fmeasure) for kind in kinds
        }


def test_words_of_other_scripts_are_words():
    assert summaries.ROUGE_L.score("Собака лает в 2024 году.", "В 2024 кошка спит") == pytest.approx(2 * 2 / (5 + 4))
    assert summaries.ROUGE_L.score("grüße aus köln", "gr e aus k ln") == pytest.approx(2 * 1 / (3 + 5))
    assert summaries.ROUGE_1.score("दिन और रात", "दीन और रात") == pytest.approx(2 / 3)
    assert summaries.ROUGE_1.score("明日は雨", "雨は明日") == 1 > summaries.ROUGE_L.score("明日は雨", "雨は明日") > 0
    assert summaries.ROUGE_L.score("cafe\u0301 İstanbul", "Café istanbul") == 1


@given(sentences, sentences)
def test_the_error_is_what_f1_lacks(reference, hypothesis):
    texts = " ".join(reference), " ".join(hypothesis)
    assert summaries.SUMMARY_ERROR.score(*texts) == pytest.approx(1 - summaries.ROUGE_L.score(*texts))
    assert summaries.SUMMARY_ERROR.best == 0 and not summaries.SUMMARY_ERROR.higher_is_better
