"""Phone error rate, on phones written in IPA and separated by spaces.

Normalisation, version 1: phones are decomposed (NFD) and rid of stress, length and every diacritic, so that ``ˈiː`` is ``i`` and
``t͡ʃ`` is ``tʃ``; letters that mean one sound are one (g and ɡ, r and ɹ, l and ɫ). `PER` then folds phones that
English recognisers are not asked to tell apart, as Lee and Hon (1989) fold the phones of TIMIT into 39 classes (ʌ ə, ɑ ɔ, ɝ ɚ, ɪ ɨ,
u ʉ, ʃ ʒ, h ɦ), which dictionaries without stress marks need; `PER_NARROW` does not fold. A diphthong or an affricate is one phone.
"""

from __future__ import annotations

import unicodedata
from functools import partial

from model_lab.metrics._base import Components, Metric, rate
from model_lab.types import Transcript

_ONE_LETTER = str.maketrans({"g": "ɡ", "r": "ɹ", "ɫ": "l", "ɐ": "ə", "ɜ": "ɝ", "ɒ": "ɑ", "ʧ": "tʃ", "ʤ": "dʒ"})
_FOLDED = {"ʌ": "ə", "ɔ": "ɑ", "ɝ": "ɚ", "ɨ": "ɪ", "ʉ": "u", "ʒ": "ʃ", "ɦ": "h"}


def normalise(phones: str) -> list[str]:
    """The phones of a text as error rates see them, not folded.

    >>> normalise("t͡ʃ ˈɪ kʰ ɪ n")
    ['tʃ', 'ɪ', 'k', 'ɪ', 'n']
    """
    bare = "".join(c for c in unicodedata.normalize("NFD", phones) if c.isspace() or unicodedata.category(c) in ("Ll", "Lo"))
    return bare.translate(_ONE_LETTER).split()


def fold(phones: list[str]) -> list[str]:
    """Normalised phones in the classes of Lee and Hon (1989).

    >>> fold(["ʌ", "dʒ", "ɔ"])
    ['ə', 'dʒ', 'ɑ']
    """
    return [_FOLDED.get(phone, phone) for phone in phones]


def phone_components(reference: Transcript, hypothesis: Transcript, folded: bool = True) -> Components:
    """Counts of one sample's alignment of phones.

    >>> phone_components(Transcript("h ə l oʊ"), Transcript("h ʌ r oʊ p"))
    {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 1.0, 'phones': 4.0}
    """
    import jiwer

    truth, answer = normalise(reference.text), normalise(hypothesis.text)
    if folded:
        truth, answer = fold(truth), fold(answer)
    if not truth:
        return {"substitutions": 0.0, "deletions": 0.0, "insertions": float(len(answer)), "phones": 0.0}
    counts = jiwer.process_words(" ".join(truth), " ".join(answer))
    return {
        "substitutions": float(counts.substitutions),
        "deletions": float(counts.deletions),
        "insertions": float(counts.insertions),
        "phones": float(len(truth)),
    }


_COMPONENTS = {folded: partial(phone_components, folded=folded) for folded in (True, False)}
"""One function each, so that metrics of the same components align a sample once."""


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

PER = _error_rate("per", "phone error rate, similar phones folded (Lee and Hon)", *_ALL)
PER_NARROW = _error_rate("per_narrow", "phone error rate, no phones folded", *_ALL, folded=False)
SUBSTITUTED = _error_rate("phone_substitution_rate", "substituted phones", "substitutions", worst=1.0)
DELETED = _error_rate("phone_deletion_rate", "deleted phones", "deletions", worst=1.0)
INSERTED = _error_rate("phone_insertion_rate", "inserted phones", "insertions")
