"""Word alignment: how far the words' boundaries lie from where they are.

A word has two boundaries, its onset and its offset. Shares within a tolerance and the mean absolute error are what the
forced-alignment literature reports (McAuliffe et al. 2017, Montreal Forced Aligner; Rousso et al. 2024). Words are paired in their
order by spelling, without case and punctuation. A word that the aligner leaves out counts: neither of its boundaries is within
any tolerance, and both are charged an error of the recording's whole length.
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
    """The words of a recording of ``duration`` seconds, in order."""

    words: tuple[Word, ...]
    duration: float


def spelled(texts: Iterable[str]) -> list[str]:
    """Words as alignment compares them: small letters with their marks, digits and apostrophes; what has none is no word.

    >>> spelled(["Don’t", "stop", "-", "(Ever).", "दिन"])
    ["don't", 'stop', 'ever', 'दिन']
    """
    bare = ("".join(sign for sign in folded(text) if sign == "'" or unicodedata.category(sign)[0] in "LMN") for text in texts)
    return [word for word in bare if word]


def boundary_errors(reference: WordTimes, hypothesis: Sequence[Word]) -> list[tuple[float, float] | None]:
    """The absolute errors in seconds of each reference word's onset and offset; None for a word that was left out.

    >>> truth = WordTimes((Word("one", 0.5, 0.9), Word("two", 1.0, 1.5)), duration=2.0)
    >>> boundary_errors(truth, [Word("Two,", 1.125, 1.25)])
    [None, (0.125, 0.25)]
    """
    errors: list[tuple[float, float] | None] = [None] * len(reference.words)
    for index, word in _pairs(reference.words, hypothesis):
        truth = reference.words[index]
        errors[index] = (abs(word.start - truth.start), abs(word.end - truth.end))
    return errors


def _pairs(reference: Sequence[Word], hypothesis: Sequence[Word]) -> Iterator[tuple[int, Word]]:
    """The index of a reference word and the answered word it is paired with."""
    import jiwer

    answered = [word for word in hypothesis if spelled([word.text])]
    truth, answer = spelled(word.text for word in reference), spelled(word.text for word in answered)
    if not truth or not answer:
        return
    for chunk in jiwer.process_words(" ".join(truth), " ".join(answer)).alignments[0]:
        if chunk.type == "equal":
            for step in range(chunk.ref_end_idx - chunk.ref_start_idx):
                yield chunk.ref_start_idx + step, answered[chunk.hyp_start_idx + step]


def within_components(reference: WordTimes, hypothesis: Sequence[Word], tolerance: float, sides: int = 2) -> Components:
    """How many boundaries there are, and how many of them are at most ``tolerance`` seconds off; ``sides`` = 1: onsets alone.

    >>> truth = WordTimes((Word("one", 0.5, 0.9), Word("two", 1.0, 1.5)), duration=2.0)
    >>> within_components(truth, [Word("one", 0.55, 0.8)], 0.05)
    {'within': 1.0, 'boundaries': 4.0}
    """
    errors = boundary_errors(reference, hypothesis)
    within = sum(error <= tolerance + 1e-9 for pair in errors if pair for error in pair[:sides])
    return {"within": float(within), "boundaries": float(sides * len(errors))}


def error_components(reference: WordTimes, hypothesis: Sequence[Word]) -> Components:
    """The absolute errors of all boundaries in milliseconds.

    >>> error_components(WordTimes((Word("one", 0.5, 0.875), Word("two", 1, 2)), 2.5), [Word("one", 0.625, 0.75)])
    {'errors_ms': [125.0, 125.0, 2500.0, 2500.0]}
    """
    left_out = (reference.duration, reference.duration)
    return {"errors_ms": [1000.0 * error for pair in boundary_errors(reference, hypothesis) for error in pair or left_out]}


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


WITHIN_50_MS = _share("boundaries_within_50_ms", "word boundaries at most 50 ms off", 0.05)
ONSETS_WITHIN_50_MS = _share("onsets_within_50_ms", "word onsets at most 50 ms off", 0.05, sides=1)
WITHIN_25_MS = _share("boundaries_within_25_ms", "word boundaries at most 25 ms off", 0.025)
WITHIN_100_MS = _share("boundaries_within_100_ms", "word boundaries at most 100 ms off", 0.1)
MEDIAN_ERROR = _typical("median_boundary_error", "median absolute boundary error", median)
MEAN_ERROR = _typical("mean_boundary_error", "mean absolute boundary error", lambda errors: sum(errors) / len(errors))
