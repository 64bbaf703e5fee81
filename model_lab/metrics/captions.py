"""Descriptions of sound against those of people: CIDEr-D, BLEU-4 and ROUGE-L.

Captions are lower-cased and cut into words: runs of letters and digits of any script, apostrophes within them kept, everything else
dropped; in scripts that are written without spaces each letter is a word (see `wording.tokens`).
This stands in for the Penn Treebank tokeniser of the COCO evaluation, which needs Java; numbers made with that differ a little.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_lab.metrics._base import Components, Metric, mean_of, share
from model_lab.wording import tokens

_ORDER = 4
"""Longest n-grams that BLEU and CIDEr-D count."""


@dataclass(frozen=True)
class CaptionTruth:
    """What people wrote about a recording, at least one caption, and which recording it is."""

    captions: tuple[str, ...]
    recording: str


def words(caption: str) -> list[str]:
    """``caption`` as the metrics see it.

    >>> words("A dog's bark -- twice!")
    ['a', "dog's", 'bark', 'twice']
    """
    return tokens(caption, apostrophes=True)


def caption_components(reference: CaptionTruth, hypothesis: str) -> Components:
    """Tokenised captions, words with one space between; which words are rare is seen in the whole pool.

    >>> caption_components(CaptionTruth(("A dog.", "Dog barks"), "d1"), "A cat?")
    {'references': [['a dog', 'dog barks']], 'captions': ['a cat'], 'recordings': ['d1']}
    """
    return {
        "references": [[" ".join(words(caption)) for caption in reference.captions]],
        "captions": [" ".join(words(hypothesis))],
        "recordings": [reference.recording],
    }


def cider_d(pooled: Mapping[str, Any]) -> float:
    """The mean CIDEr-D, 0 to 10: likeness of n-grams, those that few recordings' references have weighing most.

    Each recording is one document, however often the pool holds it (bootstrap). NaN for fewer than two recordings: nothing is
    rare among them. Two-word references have no longer n-grams, so that the caption equal to one gets 5.

    >>> one, other = {"references": [["a dog"]], "recordings": ["1"]}, {"references": [["a cat"]], "recordings": ["2"]}
    >>> both = {"references": [["a dog"], ["a cat"]], "recordings": ["1", "2"]}
    >>> cider_d({**both, "captions": ["a dog", "a cow"]})  # 5 and 0: "a" is in all references and weighs nothing
    2.5
    """
    from pycocoevalcap.cider.cider_scorer import CiderScorer

    place = {name: index for index, name in enumerate(dict.fromkeys(pooled["recordings"]))}
    if len(place) < 2:
        return math.nan
    scorer = CiderScorer(n=_ORDER, sigma=6.0)
    for index in (pooled["recordings"].index(name) for name in place):
        scorer += (pooled["captions"][index], pooled["references"][index])
    _, scores = scorer.compute_score()
    return float(sum(scores[place[name]] for name in pooled["recordings"]) / len(pooled["recordings"]))


def bleu_components(reference: CaptionTruth, hypothesis: str) -> Components:
    """Counts of one caption: n-grams found in a reference (no more often than there), n-grams, words, and reference words.

    The reference words are those of the reference nearest in length, the shorter of two.

    >>> found = bleu_components(CaptionTruth(("A dog barks twice",), "d1"), "a dog barks")
    >>> [found[f"found_{n}"] for n in (1, 2, 3, 4)], found["words"], found["reference_words"]
    ([3.0, 2.0, 1.0, 0.0], 3.0, 4.0)
    """
    answer, truths = words(hypothesis), [words(caption) for caption in reference.captions]
    counts: Components = {
        "words": float(len(answer)),
        "reference_words": float(min((abs(len(truth) - len(answer)), len(truth)) for truth in truths)[1]),
    }
    for order in range(1, _ORDER + 1):
        known: Counter[tuple[str, ...]] = Counter()
        for truth in truths:
            known |= _ngrams(truth, order)
        said = _ngrams(answer, order)
        counts[f"found_{order}"] = float((said & known).total())
        counts[f"said_{order}"] = float(said.total())
    return counts


def bleu(pooled: Mapping[str, Any]) -> float:
    """The geometric mean of the four precisions over the pool, less for captions shorter than the references; 0 if one is 0.

    >>> bleu({f"{kind}_{n}": 2.0 for kind in ("found", "said") for n in (1, 2, 3, 4)} | {"words": 4.0, "reference_words": 8.0})
    0.36787944117144233
    """
    precisions = [(pooled[f"found_{order}"], pooled[f"said_{order}"]) for order in range(1, _ORDER + 1)]
    if not all(found for found, _ in precisions):
        return 0.0
    brevity = min(0.0, 1.0 - pooled["reference_words"] / pooled["words"])
    return math.exp(brevity + sum(math.log(found / said) for found, said in precisions) / _ORDER)


def rouge_l(reference: CaptionTruth, hypothesis: str) -> float:
    """F of the longest common subsequence with the best reference, recall weighing 1.2 times; 0 for an empty caption.

    >>> round(rouge_l(CaptionTruth(("a dog barks twice",), "d1"), "a dog barks"), 4)  # precision 1, recall 3/4
    0.8356
    """
    from pycocoevalcap.rouge.rouge import Rouge

    return float(Rouge().calc_score([" ".join(words(hypothesis))], [" ".join(words(caption)) for caption in reference.captions]))


def _ngrams(said: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(said[start : start + order]) for start in range(len(said) - order + 1))


CIDER_D = Metric(
    name="cider_d",
    title="CIDEr-D, rare words in common with people's captions",
    unit="",
    higher_is_better=True,
    best=10.0,
    worst=0.0,
    version=2,
    source="Vedantam et al. 2015, by pycocoevalcap; own tokenisation",
    components=caption_components,
    value=cider_d,
)
BLEU_4 = share(
    "bleu_4",
    "BLEU-4, n-grams in common",
    "Papineni et al. 2002, of the corpus; own tokenisation",
    bleu_components,
    bleu,
    version=2,
)
ROUGE_L = share(
    "rouge_l", "ROUGE-L, longest common subsequence", "Lin 2004, by pycocoevalcap; own tokenisation", *mean_of(rouge_l), version=2
)
