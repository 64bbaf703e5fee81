"""Summarization: ROUGE against a summary by a person, as F1, computed by Google's rouge_score.

Conventions
-----------
- Words are runs of letters and digits of any script, in lower case; in scripts written without spaces each letter is one (see
  `wording.tokens`). Words of a-z and 0-9 are stemmed as rouge_score does (Porter, words longer than 3 letters); others must be equal.
- Each document has its own F1, and the value is their mean, as is the convention for ROUGE. A document whose reference has no words
  (for ROUGE-2, no pair of words) is not counted; an empty summary scores 0.

Metrics
-------
F1 = 2 P R / (P + R) of the units in common; ratio in 0 to 1. Lin 2004, as in rouge_score with its stemmer.

- `ROUGE_1` (``rouge_1``): units are words; higher is better.
- `ROUGE_2` (``rouge_2``): units are pairs of neighbouring words; higher is better.
- `ROUGE_L` (``rouge_l``): the longest common subsequence of words; higher is better.
- `SUMMARY_ERROR` (``summary_error``): 1 - `ROUGE_L`; lower is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.wording import tokens


class _Tokenizer:
    """A tokeniser for rouge_score that handles any script."""

    def __init__(self) -> None:
        from rouge_score.tokenizers import DefaultTokenizer

        self._english = DefaultTokenizer(use_stemmer=True)

    def tokenize(self, text: str) -> list[str]:
        """Split ``text`` into words, those in ASCII stemmed by rouge_score."""
        return [part for word in tokens(text) for part in (self._english.tokenize(word) if word.isascii() else [word])]


@cache
def _scorer(kind: str) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], tokenizer=_Tokenizer())


def rouge_components(kind: str, reference: str, hypothesis: str) -> Components:
    """Compute the ROUGE F1 of one document.

    Args:
        kind: "rouge1" for words, "rouge2" for pairs of words, "rougeL" for the longest common subsequence.
        reference: Summary by a person.
        hypothesis: The model's summary.

    Returns:
        ``sum``: F1 in 0 to 1; ``n``: 1.0. Both are 0 if the reference has nothing to count.

    Examples:
        >>> rouge_components("rougeL", "copy a string", "It copies the string")  # 2 of 3 words and of 4, in order
        {'sum': 0.5714285714285715, 'n': 1.0}
        >>> rouge_components("rouge1", "今天很好", "今天 OK")  # 2 of 4 letters and of 3
        {'sum': 0.5714285714285715, 'n': 1.0}
    """
    scorer = _scorer(kind)
    if not scorer.score(reference, reference)[kind].fmeasure:
        return {"sum": 0.0, "n": 0.0}
    return {"sum": float(scorer.score(reference, hypothesis)[kind].fmeasure), "n": 1.0}


def _mean(pooled: Mapping[str, Any]) -> float:
    return ratio(pooled["sum"], pooled["n"])


def _metric(name: str, title: str, kind: str) -> Metric:
    def components(reference: str, hypothesis: str) -> Components:
        return rouge_components(kind, reference, hypothesis)

    source = "Lin 2004, as in rouge_score with its Porter stemmer"
    return share(name, title, source, components, _mean, version=2, lacking="no words in the reference")


ROUGE_L = _metric("rouge_l", "ROUGE-L, longest common subsequence of words, F1", "rougeL")
ROUGE_1 = _metric("rouge_1", "ROUGE-1, words in common, F1", "rouge1")
ROUGE_2 = _metric("rouge_2", "ROUGE-2, word pairs in common, F1", "rouge2")
SUMMARY_ERROR = share(
    "summary_error",
    "1 - ROUGE-L F1 against a reference summary",
    "Lin 2004, as in rouge_score with its Porter stemmer",
    ROUGE_L.components,
    lambda pooled: 1.0 - _mean(pooled),
    rising=False,
    version=2,
    lacking="no words in the reference",
)
