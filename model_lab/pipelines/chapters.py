"""Divides a transcript into chapters where its subject changes: TextTiling (Hearst 1997, TextTiling: Segmenting Text into Multi-paragraph Subtopic Passages).

The words form sequences of 20. At every gap the vocabulary of the 10 sequences before is compared with that of the 10 after; where the
similarity falls far below the peaks on both sides, a chapter begins at the start of the nearest utterance. The threshold of the depth
is one standard deviation above the mean (Hearst: half of one below it), which suits speech, where words recur less than in print.

The title consists of the words with the highest tf-idf of the chapter among all chapters. Stop words are removed for English only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.pipelines.conversation import Chapter, SpokenWord, Utterance

_SEQUENCE = 20
_BLOCK = 10
_KEYWORDS = 4
_WORD = r"(?u)\b[^\W\d_]{3,}\b"


def chapters(
    words: Sequence[SpokenWord], utterances: Sequence[Utterance], duration: float, shortest_s: float
) -> tuple[Chapter, ...]:
    """The chapters of a conversation, none shorter than ``shortest_s`` unless the whole recording is; empty without words."""
    if not words:
        return ()
    starts = _starts(words, utterances, duration, shortest_s)
    borders = [0.0, *starts, duration]
    texts = [" ".join(word.text for word in words if start <= word.start < end) for start, end in pairwise(borders)]
    return tuple(
        Chapter(start=start, end=end, title=", ".join(keywords) or "…", keywords=tuple(keywords))
        for (start, end), keywords in zip(pairwise(borders), _keywords(texts), strict=True)
    )


def _starts(words: Sequence[SpokenWord], utterances: Sequence[Utterance], duration: float, shortest_s: float) -> list[float]:
    """The start times of the chapters in seconds, ascending, except the first."""
    depths = _depths(words)
    if not len(depths):
        return []
    threshold = max(float(depths.mean() + depths.std()), 1e-9)
    begins = np.array([utterance.start for utterance in utterances])
    starts: list[float] = []
    for gap in np.argsort(-depths, kind="stable"):
        start = float(begins[np.abs(begins - words[(gap + 1) * _SEQUENCE].start).argmin()])
        if depths[gap] >= threshold and all(abs(start - other) >= shortest_s for other in (0.0, duration, *starts)):
            starts.append(start)
    return sorted(starts)


def _depths(words: Sequence[SpokenWord]) -> npt.NDArray[np.float64]:
    """The depth score of the similarity before and after, at every gap between sequences."""
    sequences = [
        " ".join(word.text for word in words[first : first + _SEQUENCE])
        for first in range(0, len(words) - _SEQUENCE + 1, _SEQUENCE)
    ]
    counts = _counts(sequences)
    if counts is None or len(sequences) < 2:
        return np.zeros(0)
    similarity = np.array(
        [
            _cosine(counts[max(0, gap - _BLOCK) : gap].sum(axis=0), counts[gap : gap + _BLOCK].sum(axis=0))
            for gap in range(1, len(sequences))
        ]
    )
    similarity = np.convolve(np.pad(similarity, 1, "edge"), np.full(3, 1 / 3), "valid")
    left = np.array([_first_peak(similarity[gap::-1]) for gap in range(len(similarity))])
    right = np.array([_first_peak(similarity[gap:]) for gap in range(len(similarity))])
    return np.asarray(left + right - 2 * similarity)


def _first_peak(curve: npt.NDArray[np.float64]) -> float:
    """The first peak of a curve, from its beginning."""
    fall = np.flatnonzero(np.diff(curve) < 0)
    return float(curve[fall[0]] if len(fall) else curve[-1])


def _cosine(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size else 0.0


def _counts(texts: list[str]) -> npt.NDArray[Any] | None:
    """The counts of each word except stop words in each text; None if there are no such words."""
    from sklearn.feature_extraction.text import CountVectorizer

    try:
        return np.asarray(CountVectorizer(stop_words="english", token_pattern=_WORD).fit_transform(texts).toarray())
    except ValueError:
        return None


def _keywords(texts: list[str]) -> list[list[str]]:
    """The words with the highest tf-idf of each text."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(stop_words="english", token_pattern=_WORD, sublinear_tf=True)
    try:
        weights = vectorizer.fit_transform(texts).toarray()
    except ValueError:  # stop words only
        return [[] for _ in texts]
    names = vectorizer.get_feature_names_out()
    return [[str(names[best]) for best in np.argsort(-row, kind="stable")[:_KEYWORDS] if row[best] > 0] for row in weights]
