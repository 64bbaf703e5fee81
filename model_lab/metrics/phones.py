"""Phone recognition: phone error rate on phones written in IPA.

Conventions
-----------
- A transcript is phones in IPA separated by spaces. A diphthong or an affricate written without a space is one phone.
- Phones are decomposed (NFD) and stripped of stress, length and all diacritics, so that ``ˈiː`` is ``i`` and ``t͡ʃ`` is ``tʃ``; letters
  for one sound are equal (g and ɡ, r and ɹ, l and ɫ).
- Folding merges phones that English recognisers are not expected to distinguish, as Lee and Hon (1989) fold the phones of TIMIT into 39
  classes: ʌ ə, ɑ ɔ, ɝ ɚ, ɪ ɨ, u ʉ, ʃ ʒ, h ɦ. Dictionaries without stress marks need it.

Metrics
-------
S, D, I are substitutions, deletions and insertions of a Levenshtein alignment (jiwer), N reference phones, all pooled. Lower is
better. Lee and Hon 1989.

- `PER` (``per``): (S + D + I) / N, folded; not bounded by 1.
- `PER_NARROW` (``per_narrow``): the same without folding.
- `SUBSTITUTED`, `DELETED`, `INSERTED` (``phone_substitution_rate``, ``phone_deletion_rate``, ``phone_insertion_rate``): S / N, D / N,
  I / N, folded.
"""

from __future__ import annotations

import unicodedata
from functools import partial

from model_lab.metrics._base import Components, Metric, rate
from model_lab.types import Transcript

_ONE_LETTER = str.maketrans({"g": "ɡ", "r": "ɹ", "ɫ": "l", "ɐ": "ə", "ɜ": "ɝ", "ɒ": "ɑ", "ʧ": "tʃ", "ʤ": "dʒ"})
_FOLDED = {"ʌ": "ə", "ɔ": "ɑ", "ɝ": "ɚ", "ɨ": "ɪ", "ʉ": "u", "ʒ": "ʃ", "ɦ": "h"}


def normalise(phones: str) -> list[str]:
    """Split a transcript into phones without stress, length and diacritics.

    Args:
        phones: IPA phones separated by spaces.

    Returns:
        The phones, not folded.

    Examples:
        >>> normalise("t͡ʃ ˈɪ kʰ ɪ n")
        ['tʃ', 'ɪ', 'k', 'ɪ', 'n']
    """
    bare = "".join(c for c in unicodedata.normalize("NFD", phones) if c.isspace() or unicodedata.category(c) in ("Ll", "Lo"))
    return bare.translate(_ONE_LETTER).split()


def fold(phones: list[str]) -> list[str]:
    """Merge similar phones as Lee and Hon (1989) do.

    Args:
        phones: Normalised phones.

    Returns:
        One class representative per phone, in order.

    Examples:
        >>> fold(["ʌ", "dʒ", "ɔ"])
        ['ə', 'dʒ', 'ɑ']
    """
    return [_FOLDED.get(phone, phone) for phone in phones]


def phone_components(reference: Transcript, hypothesis: Transcript, folded: bool = True) -> Components:
    """Count the phone errors of one sample.

    Args:
        reference: True phones in IPA, separated by spaces.
        hypothesis: Answered phones in IPA, separated by spaces.
        folded: Merge similar phones before alignment.

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: phone errors; ``phones``: reference phones. Of an empty reference, every
            answered phone is an insertion.

    Examples:
        >>> phone_components(Transcript("h ə l oʊ"), Transcript("h ʌ r oʊ p"))
        {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 1.0, 'phones': 4.0}
    """
    import jiwer

    expected, answer = normalise(reference.text), normalise(hypothesis.text)
    if folded:
        expected, answer = fold(expected), fold(answer)
    if not expected:
        return {"substitutions": 0.0, "deletions": 0.0, "insertions": float(len(answer)), "phones": 0.0}
    counts = jiwer.process_words(" ".join(expected), " ".join(answer))
    return {
        "substitutions": float(counts.substitutions),
        "deletions": float(counts.deletions),
        "insertions": float(counts.insertions),
        "phones": float(len(expected)),
    }


_COMPONENTS = {folded: partial(phone_components, folded=folded) for folded in (True, False)}
"""One function object each, so that metrics with the same components align a sample once."""


def _error_rate(name: str, title: str, *kinds: str, folded: bool = True, worst: float = float("inf")) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=worst,
        version=2,
        source="Lee and Hon 1989, Speaker-Independent Phone Recognition Using Hidden Markov Models",
        components=_COMPONENTS[folded],
        value=rate(*kinds, of="phones"),
        evidence=("insertions", "phones") if "insertions" in kinds else ("phones",),
        lacking="no phones",
    )


_ALL = ("substitutions", "deletions", "insertions")

PER = _error_rate("per", "phone error rate, similar phones merged (Lee and Hon)", *_ALL)
PER_NARROW = _error_rate("per_narrow", "phone error rate, without merging", *_ALL, folded=False)
SUBSTITUTED = _error_rate("phone_substitution_rate", "substituted phones", "substitutions", worst=1.0)
DELETED = _error_rate("phone_deletion_rate", "deleted phones", "deletions", worst=1.0)
INSERTED = _error_rate("phone_insertion_rate", "inserted phones", "insertions")
