"""Forced word alignment: how far the answered word boundaries are from the reference boundaries.

A forced aligner is given a recording and its words and answers with the start and end of each word.

Conventions
-----------
- Times are in seconds from the start of the recording; boundary errors are in milliseconds where the name says so.
- A word has two boundaries, its onset and its offset.
- Words are paired by a Levenshtein alignment of their spelling, ignoring case and punctuation (`spelled`); only equal words pair.
- A reference word that the aligner omits counts: neither of its boundaries is within any tolerance, and both have an error of
  the whole recording's length. Extra words in the answer are ignored.

Metrics
-------
Let B be the number of reference boundaries (two per word) and e their absolute errors. All are those of McAuliffe et al. 2017
(Montreal Forced Aligner) and Rousso et al. 2024.

- `WITHIN_25_MS`, `WITHIN_50_MS`, `WITHIN_100_MS` (``boundaries_within_25_ms``, ``boundaries_within_50_ms``,
  ``boundaries_within_100_ms``): #{e <= tolerance} / B; ratio in 0 to 1, higher is better.
- `ONSETS_WITHIN_50_MS` (``onsets_within_50_ms``): the same over onsets alone.
- `MEDIAN_ERROR` (``median_boundary_error``): median of e over all boundaries of the pool; ms, 0 is best.
- `MEAN_ERROR` (``mean_boundary_error``): mean of e; ms, 0 is best.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.types import Word
from model_lab.wording import folded


@dataclass(frozen=True)
class WordTimes:
    """Reference of word alignment: the words of a recording with their times.

    Attributes:
        words: Words in order, times in seconds.
        duration: Length of the recording in seconds, the error charged for an omitted word.
    """

    words: tuple[Word, ...]
    duration: float


def spelled(texts: Iterable[str]) -> list[str]:
    """Reduce words to the spelling that alignment compares.

    Args:
        texts: Words as written, of any script.

    Returns:
        Lower-case words with only their letters, marks, digits and apostrophes; words that have none of these are dropped, so the
            list may be shorter than ``texts``.

    Examples:
        >>> spelled(["Don’t", "stop", "-", "(Ever).", "दिन"])
        ["don't", 'stop', 'ever', 'दिन']
    """
    bare = ("".join(sign for sign in folded(text) if sign == "'" or unicodedata.category(sign)[0] in "LMN") for text in texts)
    return [word for word in bare if word]


def boundary_errors(reference: WordTimes, hypothesis: Sequence[Word]) -> list[tuple[float, float] | None]:
    """Compute the absolute boundary errors of each reference word.

    Args:
        reference: The reference words and times.
        hypothesis: The aligner's words, in order; times in seconds.

    Returns:
        One entry per reference word: ``(onset error, offset error)`` in seconds, or None for a word that the answer omits.

    Examples:
        >>> truth = WordTimes((Word("one", 0.5, 0.9), Word("two", 1.0, 1.5)), duration=2.0)
        >>> boundary_errors(truth, [Word("Two,", 1.125, 1.25)])
        [None, (0.125, 0.25)]
    """
    errors: list[tuple[float, float] | None] = [None] * len(reference.words)
    for index, word in _pairs(reference.words, hypothesis):
        expected = reference.words[index]
        errors[index] = (abs(word.start - expected.start), abs(word.end - expected.end))
    return errors


def _pairs(reference: Sequence[Word], hypothesis: Sequence[Word]) -> Iterator[tuple[int, Word]]:
    """The index of a reference word and the answered word it is paired with."""
    import jiwer

    spoken = [word for word in hypothesis if spelled([word.text])]
    expected, answer = spelled(word.text for word in reference), spelled(word.text for word in spoken)
    if not expected or not answer:
        return
    for chunk in jiwer.process_words(" ".join(expected), " ".join(answer)).alignments[0]:
        if chunk.type == "equal":
            for step in range(chunk.ref_end_idx - chunk.ref_start_idx):
                yield chunk.ref_start_idx + step, spoken[chunk.hyp_start_idx + step]


def within_components(reference: WordTimes, hypothesis: Sequence[Word], tolerance: float, sides: int = 2) -> Components:
    """Count the boundaries of a recording, and those within a tolerance.

    Args:
        reference: The reference words and times.
        hypothesis: The aligner's words, in order; times in seconds.
        tolerance: Largest absolute error that counts as right, in seconds.
        sides: Boundaries per word: 2 for onset and offset, 1 for onsets alone.

    Returns:
        ``within``: number of boundaries with an error of at most ``tolerance``; ``boundaries``: ``sides`` times the number of
            reference words.

    Examples:
        >>> truth = WordTimes((Word("one", 0.5, 0.9), Word("two", 1.0, 1.5)), duration=2.0)
        >>> within_components(truth, [Word("one", 0.55, 0.8)], 0.05)
        {'within': 1.0, 'boundaries': 4.0}
    """
    errors = boundary_errors(reference, hypothesis)
    within = sum(error <= tolerance + 1e-9 for pair in errors if pair for error in pair[:sides])
    return {"within": float(within), "boundaries": float(sides * len(errors))}


def error_components(reference: WordTimes, hypothesis: Sequence[Word]) -> Components:
    """List the absolute errors of all boundaries of a recording.

    Args:
        reference: The reference words and times.
        hypothesis: The aligner's words, in order; times in seconds.

    Returns:
        ``errors_ms``: onset and offset error of each reference word in milliseconds; of an omitted word, the recording's length twice.

    Examples:
        >>> error_components(WordTimes((Word("one", 0.5, 0.875), Word("two", 1, 2)), 2.5), [Word("one", 0.625, 0.75)])
        {'errors_ms': [125.0, 125.0, 2500.0, 2500.0]}
    """
    omitted = (reference.duration, reference.duration)
    return {"errors_ms": [1000.0 * error for pair in boundary_errors(reference, hypothesis) for error in pair or omitted]}


def _share(name: str, title: str, tolerance: float, sides: int = 2) -> Metric:
    return share(
        name,
        title,
        "McAuliffe et al. 2017, Montreal Forced Aligner",
        partial(within_components, tolerance=tolerance, sides=sides),
        lambda pooled: ratio(float(pooled["within"]), float(pooled["boundaries"])),
        version=2,
        lacking="no words",
    )


def _typical(name: str, title: str, typical: Any) -> Metric:
    def value(pooled: Mapping[str, Any]) -> float:
        errors = pooled["errors_ms"]
        return float(typical(errors)) if errors else float("nan")

    return Metric(
        name=name,
        title=title,
        unit="ms",
        higher_is_better=False,
        best=0.0,
        worst=float("inf"),
        version=2,
        source="McAuliffe et al. 2017, Montreal Forced Aligner",
        components=error_components,
        value=value,
        lacking="no words",
    )


WITHIN_50_MS = _share("boundaries_within_50_ms", "word boundaries within 50 ms", 0.05)
ONSETS_WITHIN_50_MS = _share("onsets_within_50_ms", "word onsets within 50 ms", 0.05, sides=1)
WITHIN_25_MS = _share("boundaries_within_25_ms", "word boundaries within 25 ms", 0.025)
WITHIN_100_MS = _share("boundaries_within_100_ms", "word boundaries within 100 ms", 0.1)
MEDIAN_ERROR = _typical("median_boundary_error", "median absolute boundary error", median)
MEAN_ERROR = _typical("mean_boundary_error", "mean absolute boundary error", lambda errors: sum(errors) / len(errors))
