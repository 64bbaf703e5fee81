"""Translation: BLEU and chrF against a translation by people, and the length of the translations, as sacrebleu computes them.

Conventions
-----------
- Texts are compared as written: case and punctuation count. BLEU splits them into words by sacrebleu's tokeniser ``13a``, that of NIST's
  mteval-v13a, which is made for English and similar languages.
- Each sample has one reference. Counts are pooled over the corpus, so that the values are those of sacrebleu's corpus functions: neither
  is a mean over sentences.
- An empty translation finds nothing and lowers both. A reference without words is not counted.
- The scorers are sacrebleu's signatures without its version, so that numbers of two versions compare; tests hold them against the installed one.

Metrics
-------
- `BLEU` (``bleu``): 100 BP (p1 p2 p3 p4)^(1/4) with the clipped precisions p of word n-grams and the brevity penalty
  BP = min(1, exp(1 - reference words / translated words)); the k-th precision that would be 0 is 1 / (2^k times its n-grams)
  (smoothing "exp"). 0 to 100, higher is better. Papineni et al. 2002; Post 2018.
- `CHRF` (``chrf``): 100 times F with beta = 2 of the mean precision and mean recall of n-grams of 1 to 6 characters, spaces left out. 0 to
  100, higher is better. Popović 2015.
- `LENGTH_ERROR` (``length_error``): |translated words / reference words - 1| over the corpus; ratio, 0 at best, not bounded. High where a
  model stops early (missing words) or repeats itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from model_lab.metrics._base import Components, Metric, ratio

_WORD_ORDER, _CHARACTER_ORDER = 4, 6
"""Length of the longest n-grams that BLEU and chrF count."""
_BETA = 2


@dataclass(frozen=True)
class TranslationTruth:
    """Reference of speech translation.

    Attributes:
        text: English translation by people, as written, with words.
        language: Canonical code of the language that is spoken; "" if not stated.
        source: What is said, in that language; "" if not known.
    """

    text: str
    language: str = ""
    source: str = ""


@cache
def _bleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)  # of single sentences only the counts are taken, which this does not change


def bleu_components(reference: TranslationTruth, hypothesis: Any) -> Components:
    """Count the n-grams of one translation for corpus BLEU.

    Args:
        reference: Translation by people.
        hypothesis: `model_lab.types.Transcript` with the model's translation.

    Returns:
        ``found_1`` to ``found_4``: word n-grams that are in the reference, each at most as often as there; ``said_1`` to ``said_4``:
            all of the translation; ``words``: words of the translation; ``reference_words``: words of the reference.

    Examples:
        >>> from model_lab.types import Transcript
        >>> counts = bleu_components(TranslationTruth("The cat sat."), Transcript("The dog sat."))
        >>> [counts[f"found_{n}"] for n in (1, 2, 3, 4)], [counts[f"said_{n}"] for n in (1, 2, 3, 4)]
        ([3.0, 1.0, 0.0, 0.0], [4.0, 3.0, 2.0, 1.0])
        >>> counts["words"], counts["reference_words"]
        (4.0, 4.0)
    """
    score = _bleu().sentence_score(hypothesis.text, [reference.text])
    counts: Components = {"words": float(score.sys_len), "reference_words": float(score.ref_len)}
    for order, (found, said) in enumerate(zip(score.counts, score.totals, strict=True), 1):
        counts |= {f"found_{order}": float(found), f"said_{order}": float(said)}
    return counts


def bleu(pooled: Mapping[str, Any]) -> float:
    """Compute corpus BLEU.

    Args:
        pooled: Pooled `bleu_components`.

    Returns:
        BLEU in 0 to 100, higher is better; NaN without reference words.

    Examples:
        >>> counts = {"found_1": 8.0, "found_2": 6.0, "found_3": 4.0, "found_4": 2.0}
        >>> counts |= {"said_1": 8.0, "said_2": 6.0, "said_3": 4.0, "said_4": 2.0, "words": 8.0}
        >>> bleu(counts | {"reference_words": 8.0}), round(bleu(counts | {"reference_words": 16.0}), 2)  # 100 exp(1 - 16 / 8)
        (100.0, 36.79)
    """
    from sacrebleu.metrics.bleu import BLEU

    if not pooled["reference_words"]:
        return math.nan
    found, said = ([int(pooled[f"{kind}_{order}"]) for order in range(1, _WORD_ORDER + 1)] for kind in ("found", "said"))
    score = BLEU.compute_bleu(found, said, int(pooled["words"]), int(pooled["reference_words"]), smooth_method="exp")
    return min(100.0, float(score.score))  # exp(log(100)) is a little more


def chrf_components(reference: TranslationTruth, hypothesis: Any) -> Components:
    """Count the character n-grams of one translation for corpus chrF.

    Args:
        reference: Translation by people.
        hypothesis: `model_lab.types.Transcript` with the model's translation.

    Returns:
        For n = 1 to 6, spaces left out: ``found_n``: n-grams in common; ``said_n``: those of the translation, 0 if the reference has none
            of that length; ``known_n``: those of the reference.

    Examples:
        >>> from model_lab.types import Transcript
        >>> counts = chrf_components(TranslationTruth("a cat"), Transcript("a cut"))
        >>> [(counts[f"found_{n}"], counts[f"said_{n}"], counts[f"known_{n}"]) for n in (1, 2, 5)]
        [(3.0, 4.0, 4.0), (1.0, 3.0, 3.0), (0.0, 0.0, 0.0)]
    """
    from sacrebleu.metrics.helpers import extract_all_char_ngrams

    said, known = (extract_all_char_ngrams(text, _CHARACTER_ORDER, False) for text in (hypothesis.text, reference.text))
    counts: Components = {}
    for order, (ours, theirs) in enumerate(zip(said, known, strict=True), 1):
        common: Counter[str] = ours & theirs
        counts[f"found_{order}"] = float(common.total())
        counts[f"said_{order}"] = float(ours.total()) if theirs else 0.0
        counts[f"known_{order}"] = float(theirs.total())
    return counts


def chrf(pooled: Mapping[str, Any]) -> float:
    """Compute corpus chrF2.

    Args:
        pooled: Pooled `chrf_components`.

    Returns:
        chrF in 0 to 100, higher is better. Lengths of n-grams that one side lacks are left out; 0 if nothing is in common, NaN without
            characters in the references.

    Examples:
        >>> counts = {f"{kind}_{n}": 0.0 for kind in ("found", "said", "known") for n in range(1, 7)}
        >>> round(chrf(counts | {"found_1": 3.0, "said_1": 4.0, "known_1": 6.0}), 2)  # P = 3/4, R = 1/2: 5 P R / (4 P + R)
        53.57
    """
    if not pooled["known_1"]:
        return math.nan
    counts = [[pooled[f"{kind}_{order}"] for kind in ("found", "said", "known")] for order in range(1, _CHARACTER_ORDER + 1)]
    both = [(found / said, found / known) for found, said, known in counts if said and known]
    if not any(precision for precision, _ in both):
        return 0.0
    precision, recall = (sum(side) / len(both) for side in zip(*both, strict=True))
    return float(100 * (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall))


def length_error(pooled: Mapping[str, Any]) -> float:
    """Compute how far the length of all translations is from that of the references.

    Args:
        pooled: Pooled `bleu_components`.

    Returns:
        |words / reference words - 1|, 0 at best; NaN without reference words.

    Examples:
        >>> length_error({"words": 9.0, "reference_words": 12.0}), length_error({"words": 15.0, "reference_words": 12.0})
        (0.25, 0.25)
    """
    return abs(ratio(pooled["words"], pooled["reference_words"]) - 1.0)


_LACKING = "no words in the reference"
BLEU = Metric(
    name="bleu",
    title="BLEU, word n-grams in common with a translation by people, of the corpus",
    unit="of 100",
    higher_is_better=True,
    best=100.0,
    worst=0.0,
    version=1,
    source="Papineni et al. 2002, by sacrebleu (Post 2018)",
    components=bleu_components,
    value=bleu,
    evidence=("reference_words",),
    lacking=_LACKING,
    scorer="sacrebleu-bleu-nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp",
)
CHRF = Metric(
    name="chrf",
    title="chrF2, character n-grams in common with a translation by people, of the corpus",
    unit="of 100",
    higher_is_better=True,
    best=100.0,
    worst=0.0,
    version=1,
    source="Popović 2015, as in sacrebleu",
    components=chrf_components,
    value=chrf,
    evidence=("known_1",),
    lacking=_LACKING,
    scorer="sacrebleu-chrf2-nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no",
)
LENGTH_ERROR = Metric(
    name="length_error",
    title="how far the length of all translations is from that of the references, in words",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=math.inf,
    version=1,
    source="the ratio of lengths that sacrebleu reports with BLEU, as its distance from 1",
    components=bleu_components,
    value=length_error,
    evidence=("reference_words",),
    lacking=_LACKING,
)
