from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocoevalcap.bleu.bleu_scorer import BleuScorer

from model_lab.metrics import captions
from model_lab.metrics._base import pool

sentences = st.lists(st.sampled_from(["a", "the", "dog", "cat", "barks", "loudly", "twice", "rain"]), min_size=1, max_size=8).map(
    " ".join
)


@st.composite
def corpora(draw):
    """References of several recordings, and a caption of each, now and then a reference itself."""
    size = draw(st.integers(2, 6))
    references = [tuple(draw(st.lists(sentences, min_size=1, max_size=3))) for _ in range(size)]
    answers = [draw(st.one_of(sentences, st.just(""), st.sampled_from(written))) for written in references]
    return [captions.CaptionTruth(written, str(number)) for number, written in enumerate(references)], answers


def pooled(metric, truths, answers):
    return pool(metric.components(truth, answer) for truth, answer in zip(truths, answers, strict=True))


def ngrams(text, order):
    tokens = text.split()
    return Counter(" ".join(tokens[start : start + order]) for start in range(len(tokens) - order + 1))


def cider_d_by_the_formula(truths, answers):
    """Vedantam et al. 2015, equations 1-5, one recording after the other."""
    total = 0.0
    for truth, answer in zip(truths, answers, strict=True):
        for order in range(1, 5):

            def weighed(text, order=order):
                counts = ngrams(text, order)
                documents = {
                    gram: sum(any(gram in ngrams(text, order) for text in other.captions) for other in truths) for gram in counts
                }
                return {gram: count * math.log(len(truths) / max(1, documents[gram])) for gram, count in counts.items()}

            said = weighed(answer)
            for caption in truth.captions:
                known = weighed(caption)
                norm = math.sqrt(sum(v * v for v in said.values())) * math.sqrt(sum(v * v for v in known.values()))
                product = sum(min(value, known[gram]) * known[gram] for gram, value in said.items() if gram in known)
                # as in the authors' code, a caption's length is its number of pairs of words
                longer = max(0, len(answer.split()) - 1) - max(0, len(caption.split()) - 1)
                likeness = product / norm if norm else product
                total += 10 / 4 * likeness * math.exp(-(longer**2) / (2 * 6.0**2)) / len(truth.captions)
    return total / len(truths)


@given(corpora())
def test_cider_d_agrees_with_the_formula(corpus):
    found = captions.cider_d(pooled(captions.CIDER_D, *corpus))
    assert found == pytest.approx(cider_d_by_the_formula(*corpus), abs=1e-9)
    assert -1e-9 <= found <= 10 + 1e-9


@given(corpora())
def test_bleu_agrees_with_pycocoevalcap(corpus):
    truths, answers = corpus
    scorer = BleuScorer(n=4)
    for truth, answer in zip(truths, answers, strict=True):
        scorer += (answer, list(truth.captions))
    counted = pooled(captions.BLEU_4, *corpus)
    if all(counted[f"found_{order}"] for order in range(1, 5)):  # they smooth what is 0
        assert captions.bleu(counted) == pytest.approx(scorer.compute_score(option="closest", verbose=0)[0][3])
    else:
        assert captions.bleu(counted) == 0


@given(corpora())
def test_rouge_l_is_the_f_of_the_best_precision_and_recall(corpus):
    truths, answers = corpus

    def longest(one, other):
        table = np.zeros((len(one) + 1, len(other) + 1), int)
        for i, word in enumerate(one):
            for j, known in enumerate(other):
                table[i + 1, j + 1] = table[i, j] + 1 if word == known else max(table[i, j + 1], table[i + 1, j])
        return table[-1, -1]

    for truth, answer in zip(truths, answers, strict=True):
        said, known = answer.split(), [text.split() for text in truth.captions]
        common = [longest(said, text) for text in known]
        precision = max(common) / len(said) if said else 0
        recall = max(count / len(text) for count, text in zip(common, known, strict=True))
        expected = (1 + 1.44) * precision * recall / (recall + 1.44 * precision) if max(common) else 0
        assert captions.ROUGE_L.score(truth, answer) == pytest.approx(expected)


def test_case_punctuation_and_kinds_of_apostrophe_do_not_matter():
    assert captions.words("A dog’s bark; Größe 2-fach, yum!") == ["a", "dog's", "bark", "größe", "2", "fach", "yum"]
    assert captions.words("...") == []
    assert captions.words("कुत्ता भौंकता है; 犬が吠える") == ["कुत्ता", "भौंकता", "है", *"犬が吠える"]


def test_the_right_captions_score_best():
    truths = [captions.CaptionTruth((f"a {word} makes some noise near the {word}",), word) for word in ("dog", "cat", "car")]
    answers = [truth.captions[0] for truth in truths]
    for metric, best in ((captions.CIDER_D, 10), (captions.BLEU_4, 1), (captions.ROUGE_L, 1)):
        assert metric.value(pooled(metric, truths, answers)) == pytest.approx(best)
        assert metric.value(pooled(metric, truths, [""] * 3)) == 0


def test_two_words_are_worth_half_the_points():
    truths = [captions.CaptionTruth((f"a {word}",), word) for word in ("dog", "cat")]
    assert captions.cider_d(pooled(captions.CIDER_D, truths, ["A dog.", "A cat."])) == pytest.approx(5)


def test_a_recording_drawn_twice_is_one_document_and_counts_twice():
    truths = [captions.CaptionTruth((f"a {word}",), word) for word in ("dog", "cat", "car")]
    answers = ["a dog", "a cow", "a bus"]
    once, twice = pooled(captions.CIDER_D, truths, answers), pooled(captions.CIDER_D, [*truths, truths[0]], [*answers, "a dog"])
    assert captions.cider_d(once) == pytest.approx(5 / 3) and captions.cider_d(twice) == pytest.approx(10 / 4)


@pytest.mark.parametrize("draws", [1, 3])
def test_one_recording_alone_has_no_rare_words(draws):
    part = captions.caption_components(captions.CaptionTruth(("a dog",), "1"), "a dog")
    assert math.isnan(captions.CIDER_D.value(pool([part] * draws)))


def test_the_reference_nearest_in_length_decides_about_brevity():
    counted = captions.bleu_components(
        captions.CaptionTruth(("one two", "one two three four", "one two three four five"), "1"), "a b c"
    )
    assert (counted["words"], counted["reference_words"]) == (3, 2)
