"""Speech recognition: punctuation and capitals, which the word error rate ignores. Scorer routes of `model-lab rescore`.

Conventions
-----------
- Both sides are cut into words and marks. Marks are ``. , ? !`` and what stands for them in other scripts (。 ، ؟ । ...); other signs
  are ignored. Words are compared without case.
- Only samples whose reference has a mark (a small letter and a capital) say anything about marks (capitals): a reference that is written
  without them is no evidence.

Metrics
-------
- `PUNCTUATION_ERROR_RATE` (``punctuation_error_rate``): words and marks are aligned (Levenshtein, all marks equal); C, S, D, I are the
  marks that are right, another mark, missing and extra; (S + D + I) / (C + S + D + I). Ratio in 0 to 1, lower is better. Meister et al.
  2023, LibriSpeech-PC.
- `CAPITALISATION_F1` (``capitalisation_f1``): over the words that are recognised (aligned and equal without case), F1 of those with a
  capital: TP are written the same, FN is a word with a capital in the reference that is written in another way, FP the same seen from
  the answer; 2 TP / (2 TP + FP + FN). Ratio in 0 to 1, higher is better.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from model_lab import typography, wording
from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.types import Transcript

_MARKS = {
    ".": ".。．｡।۔։።",
    ",": ",，、､،፣",
    "?": "?？؟፧",
    "!": "!！",
}
"""A mark -> the signs that stand for it."""
_MARK_OF = {sign: mark for mark, signs in _MARKS.items() for sign in signs}
_ANY_MARK = "."


def words_and_marks(text: str) -> list[str]:
    """Cut a text into words and marks.

    Args:
        text: Text as written.

    Returns:
        Words as written, without signs around them, and marks as one of ``. , ? !``, in order. Letters of scripts written without spaces
            are words. A mark within a word (3.5, e.g) belongs to it; of several in a row (...) the first counts.

    Examples:
        >>> words_and_marks("Well, it's 3.5 m... Really?!"), words_and_marks("好。")
        (['Well', ',', "it's", '3.5', 'm', '.', 'Really', '?'], ['好', '.'])
    """
    plain = wording.apart(unicodedata.normalize("NFC", typography.straight(text)))
    return [part for run in plain.split() for part in _parts(run)]


def _parts(run: str) -> Iterator[str]:
    """The word in a run of signs without spaces, and the marks around it."""
    inside = [place for place, sign in enumerate(run) if unicodedata.category(sign)[0] in "LMN"]
    first, last = (inside[0], inside[-1] + 1) if inside else (len(run), len(run))
    yield from _first_mark(run[:first])
    if inside:
        yield run[first:last]
    yield from _first_mark(run[last:])


def _first_mark(signs: str) -> list[str]:
    return [_MARK_OF[sign] for sign in signs if sign in _MARK_OF][:1]


def _is_mark(token: str) -> bool:
    return token in _MARKS


def _aligned(expected: Sequence[str], recognised: Sequence[str], key: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Pairs of a Levenshtein alignment of what ``key`` makes of the tokens; "" on the side that has none."""
    from rapidfuzz.distance import Levenshtein

    for edit in Levenshtein.opcodes(list(map(key, expected)), list(map(key, recognised))):
        ours, theirs = expected[edit.src_start : edit.src_end], recognised[edit.dest_start : edit.dest_end]
        for place in range(max(len(ours), len(theirs))):
            yield ours[place] if place < len(ours) else "", theirs[place] if place < len(theirs) else ""


def punctuation_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the marks of one sample that are right and wrong.

    Args:
        reference: True transcript with punctuation.
        hypothesis: Answered transcript.

    Returns:
        ``correct``, ``substitutions``, ``deletions``, ``insertions``: marks; ``marks``: marks of the reference. All 0 if it has none.

    Examples:
        >>> punctuation_components(Transcript("Yes, I do. Do you?"), Transcript("Yes I do, do, you?"))
        {'correct': 1.0, 'substitutions': 1.0, 'deletions': 1.0, 'insertions': 1.0, 'marks': 3.0}
    """
    expected, recognised = words_and_marks(reference.text), words_and_marks(hypothesis.text)
    counts = dict.fromkeys(("correct", "substitutions", "deletions", "insertions"), 0)
    marks = sum(map(_is_mark, expected))
    for ours, theirs in _aligned(expected, recognised, _without_kind) if marks else ():
        if _is_mark(ours) and _is_mark(theirs):
            counts["correct" if ours == theirs else "substitutions"] += 1
        else:
            counts["deletions"] += _is_mark(ours)
            counts["insertions"] += _is_mark(theirs)
    return {**{kind: float(count) for kind, count in counts.items()}, "marks": float(marks)}


def _without_kind(token: str) -> str:
    return _ANY_MARK if _is_mark(token) else token.casefold()


def capital_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the recognised words of one sample whose capitals are right and wrong.

    Args:
        reference: True transcript in normal spelling.
        hypothesis: Answered transcript.

    Returns:
        ``right``: words with a capital that are written the same; ``missed``: words with a capital in the reference that are written in
            another way; ``extra``: words with a capital in the answer that are written in another way. All 0 if the reference does not
            have both small letters and capitals.

    Examples:
        >>> capital_components(Transcript("She met Ann in Rome"), Transcript("she met Ann In rom"))
        {'right': 1.0, 'missed': 1.0, 'extra': 1.0}
    """
    right = missed = extra = 0
    cased = any(map(str.islower, reference.text)) and _has_capital(reference.text)
    expected, recognised = (
        [word for word in words_and_marks(side.text) if not _is_mark(word)] for side in (reference, hypothesis)
    )
    for ours, theirs in _aligned(expected, recognised, str.casefold) if cased else ():
        if ours.casefold() == theirs.casefold():
            right += ours == theirs and _has_capital(ours)
            missed += ours != theirs and _has_capital(ours)
            extra += ours != theirs and _has_capital(theirs)
    return {"right": float(right), "missed": float(missed), "extra": float(extra)}


def _has_capital(text: str) -> bool:
    return any(map(str.isupper, text))


def _punctuation_value(pooled: Mapping[str, Any]) -> float:
    wrong = pooled["substitutions"] + pooled["deletions"] + pooled["insertions"]
    return ratio(wrong, pooled["correct"] + wrong)


def _capitals_value(pooled: Mapping[str, Any]) -> float:
    return ratio(2 * pooled["right"], 2 * pooled["right"] + pooled["missed"] + pooled["extra"])


PUNCTUATION_ERROR_RATE = share(
    "punctuation_error_rate",
    "punctuation error rate",
    "Meister et al. 2023, LibriSpeech-PC: marks of a Levenshtein alignment",
    punctuation_components,
    _punctuation_value,
    rising=False,
    evidence=("marks",),
    lacking="no punctuation in the reference",
    scorer="punctuation-error-rate-1",
)
CAPITALISATION_F1 = share(
    "capitalisation_f1",
    "F1 of capitals on recognised words",
    "F1 of words with a capital, aligned without case",
    capital_components,
    _capitals_value,
    evidence=("right", "missed", "extra"),
    lacking="no recognised words with capitals, or a reference without case",
    scorer="capitalisation-f1-1",
)


SCORERS: tuple[Metric, ...] = (PUNCTUATION_ERROR_RATE, CAPITALISATION_F1)
"""All of them."""
