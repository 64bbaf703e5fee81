"""Audio captioning: descriptions of a recording against human captions, by CIDEr-D, BLEU-4 and ROUGE-L.

Conventions
-----------
- A recording has one or more reference captions; a model answers with one caption.
- Captions are lower-cased and split into words: runs of letters and digits of any script, apostrophes within them kept,
  everything else dropped; in scripts written without spaces each letter is a word (see `wording.tokens`). This replaces the Penn
  Treebank tokeniser of the COCO evaluation, which needs Java: values differ a little from those computed with it.
- n-grams go up to n = 4.

Metrics
-------
- `CIDER_D` (``cider_d``): 10 times the cosine of TF-IDF weighted n-grams, clipped to the reference's counts and weighted by a
  Gaussian of the difference in length (sigma 6), mean over n, references and recordings; document frequencies are those of the pool.
  0 to 10, higher is better. Vedantam et al. 2015, computed by pycocoevalcap.
- `BLEU_4` (``bleu_4``): min(1, exp(1 - r / c)) (p1 p2 p3 p4)^(1/4) with the corpus's clipped n-gram precisions p, c words answered
  and r words of the references nearest in length. Ratio in 0 to 1, higher is better. Papineni et al. 2002.
- `ROUGE_L` (``rouge_l``): F of the longest common subsequence with beta = 1.2, from the best precision and the best recall over the
  references, mean over recordings. Ratio in 0 to 1, higher is better. Lin 2004, computed by pycocoevalcap.
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
"""Length of the longest n-grams that BLEU and CIDEr-D count."""


@dataclass(frozen=True)
class CaptionTruth:
    """Reference of captioning: the human captions of one recording.

    Attributes:
        captions: Reference captions, at least one, as written.
        recording: Identifier of the recording; document frequencies count each recording once.
    """

    captions: tuple[str, ...]
    recording: str


def words(caption: str) -> list[str]:
    """Split a caption into the words that the metrics compare.

    Args:
        caption: Text as written, of any script.

    Returns:
        Lower-case words in order.

    Examples:
        >>> words("A dog's bark -- twice!")
        ['a', "dog's", 'bark', 'twice']
    """
    return tokens(caption, apostrophes=True)


def caption_components(reference: CaptionTruth, hypothesis: str) -> Components:
    """Tokenise one sample's captions for `cider_d`, whose word weights depend on the whole pool.

    Args:
        reference: The human captions.
        hypothesis: The model's caption.

    Returns:
        ``references``: one list of captions; ``captions``: one caption; ``recordings``: one identifier. Captions are words joined by
            single spaces.

    Examples:
        >>> caption_components(CaptionTruth(("A dog.", "Dog barks"), "d1"), "A cat?")
        {'references': [['a dog', 'dog barks']], 'captions': ['a cat'], 'recordings': ['d1']}
    """
    return {
        "references": [[" ".join(words(caption)) for caption in reference.captions]],
        "captions": [" ".join(words(hypothesis))],
        "recordings": [reference.recording],
    }


def cider_d(pooled: Mapping[str, Any]) -> float:
    """Compute the mean CIDEr-D of a pool.

    Each recording is one document, however often a bootstrap draw holds it. A reference of two words has no n-grams longer than 2,
    so the caption that equals it scores 5.

    Args:
        pooled: Pooled `caption_components`.

    Returns:
        Mean CIDEr-D over samples, 0 to 10, higher is better. NaN for fewer than two different recordings, among which no word is rarer than
            another.

    Examples:
        >>> one, other = {"references": [["a dog"]], "recordings": ["1"]}, {"references": [["a cat"]], "recordings": ["2"]}
        >>> both = {"references": [["a dog"], ["a cat"]], "recordings": ["1", "2"]}
        >>> cider_d({**both, "captions": ["a dog", "a cow"]})  # 5 and 0: "a" is in all references and has weight 0
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
    """Count the n-grams of one caption for corpus BLEU.

    Args:
        reference: The human captions.
        hypothesis: The model's caption.

    Returns:
        ``found_1`` to ``found_4``: n-grams of the answer that are in a reference, each at most as often as in the reference that has
            it most often; ``said_1`` to ``said_4``: n-grams of the answer; ``words``: words of the answer; ``reference_words``: words of
            the reference nearest in length, the shorter one of two.

    Examples:
        >>> counts = bleu_components(CaptionTruth(("A dog barks twice",), "d1"), "a dog barks")
        >>> [counts[f"found_{n}"] for n in (1, 2, 3, 4)], counts["words"], counts["reference_words"]
        ([3.0, 2.0, 1.0, 0.0], 3.0, 4.0)
    """
    answer, references = words(hypothesis), [words(caption) for caption in reference.captions]
    counts: Components = {
        "words": float(len(answer)),
        "reference_words": float(min((abs(len(caption) - len(answer)), len(caption)) for caption in references)[1]),
    }
    for order in range(1, _ORDER + 1):
        counted: Counter[tuple[str, ...]] = Counter()
        for caption in references:
            counted |= _ngrams(caption, order)
        ngrams = _ngrams(answer, order)
        counts[f"found_{order}"] = float((ngrams & counted).total())
        counts[f"said_{order}"] = float(ngrams.total())
    return counts


def bleu(pooled: Mapping[str, Any]) -> float:
    """Compute corpus BLEU-4 with its brevity penalty.

    Args:
        pooled: Pooled `bleu_components`.

    Returns:
        BLEU-4 in 0 to 1, higher is better; 0 if one of the four precisions is 0 (no smoothing).

    Examples:
        >>> bleu({f"{kind}_{n}": 2.0 for kind in ("found", "said") for n in (1, 2, 3, 4)} | {"words": 4.0, "reference_words": 8.0})
        0.36787944117144233
    """
    precisions = [(pooled[f"found_{order}"], pooled[f"said_{order}"]) for order in range(1, _ORDER + 1)]
    if not all(matched for matched, _ in precisions):
        return 0.0
    brevity = min(0.0, 1.0 - pooled["reference_words"] / pooled["words"])
    return math.exp(brevity + sum(math.log(matched / total) for matched, total in precisions) / _ORDER)


def rouge_l(reference: CaptionTruth, hypothesis: str) -> float:
    """Compute ROUGE-L of one caption.

    Args:
        reference: The human captions.
        hypothesis: The model's caption.

    Returns:
        F with beta = 1.2 of the longest common subsequence, 0 to 1, higher is better; 0 for an empty caption.

    Examples:
        >>> round(rouge_l(CaptionTruth(("a dog barks twice",), "d1"), "a dog barks"), 4)  # precision 1, recall 3/4
        0.8356
    """
    from pycocoevalcap.rouge.rouge import Rouge

    return float(Rouge().calc_score([" ".join(words(hypothesis))], [" ".join(words(caption)) for caption in reference.captions]))


def _ngrams(sequence: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(sequence[start : start + order]) for start in range(len(sequence) - order + 1))


CIDER_D = Metric(
    name="cider_d",
    title="CIDEr-D, TF-IDF weighted n-grams in common with human captions",
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
