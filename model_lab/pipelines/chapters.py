"""Where the subject of a transcript changes: TextTiling (Hearst 1997, TextTiling: Segmenting Text into Multi-paragraph Subtopic Passages).

The words are taken 20 at a time. At every gap between such sequences the vocabulary of the 10 before is compared with that of the 10
after; where the likeness falls deep below the peaks on both sides, a chapter begins, with the utterance that begins nearest. Deep is
a standard deviation above the mean (Hearst: half of one below it), which suits talk, where words come back less than in print.

A title is the chapter's words of highest tf-idf, the other chapters being the other documents. Words without meaning of their own are
left out for English alone; other languages keep theirs.
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
    """The chapters of a conversation, none shorter than ``shortest_s`` unless all of it is; none without words."""
    if not words:
        return ()
    starts = _starts(words, utterances, duration, shortest_s)
    borders = [0.0, *starts, duration]
    said = [" ".join(word.text for word in words if start <= word.start < end) for start, end in pairwise(borders)]
    return tuple(
        Chapter(start=start, end=end, title=", ".join(keywords) or "…", keywords=tuple(keywords))
        for (start, end), keywords in zip(pairwise(borders), _keywords(said), strict=True)
    )


def _starts(words: Sequence[SpokenWord], utterances: Sequence[Utterance], duration: float, shortest_s: float) -> list[float]:
    """The moments at which a chapter begins, but for the first one, rising."""
    depths = _depths(words)
    if not len(depths):
        return []
    least = max(float(depths.mean() + depths.std()), 1e-9)
    begins = np.array([utterance.start for utterance in utterances])
    found: list[float] = []
    for gap in np.argsort(-depths, kind="stable"):
        moment = float(begins[np.abs(begins - words[(gap + 1) * _SEQUENCE].start).argmin()])
        if depths[gap] >= least and all(abs(moment - other) >= shortest_s for other in (0.0, duration, *found)):
            found.append(moment)
    return sorted(found)


def _depths(words: Sequence[SpokenWord]) -> npt.NDArray[np.float64]:
    """How deep the likeness of what is before and behind falls at every gap between sequences."""
    sequences = [
        " ".join(word.text for word in words[first : first + _SEQUENCE])
        for first in range(0, len(words) - _SEQUENCE + 1, _SEQUENCE)
    ]
    counts = _counts(sequences)
    if counts is None or len(sequences) < 2:
        return np.zeros(0)
    likeness = np.array(
        [
            _cosine(counts[max(0, gap - _BLOCK) : gap].sum(axis=0), counts[gap : gap + _BLOCK].sum(axis=0))
            for gap in range(1, len(sequences))
        ]
    )
    likeness = np.convolve(np.pad(likeness, 1, "edge"), np.full(3, 1 / 3), "valid")
    left = np.array([_climb(likeness[gap::-1]) for gap in range(len(likeness))])
    right = np.array([_climb(likeness[gap:]) for gap in range(len(likeness))])
    return np.asarray(left + right - 2 * likeness)


def _climb(course: npt.NDArray[np.float64]) -> float:
    """The first peak of a course, from its beginning on."""
    fall = np.flatnonzero(np.diff(course) < 0)
    return float(course[fall[0]] if len(fall) else course[-1])


def _cosine(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size else 0.0


def _counts(texts: list[str]) -> npt.NDArray[Any] | None:
    """How often each word of meaning is in each text; None if there are none."""
    from sklearn.feature_extraction.text import CountVectorizer

    try:
        return np.asarray(CountVectorizer(stop_words="english", token_pattern=_WORD).fit_transform(texts).toarray())
    except ValueError:
        return None


def _keywords(texts: list[str]) -> list[list[str]]:
    """The most telling words of each text among the others."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(stop_words="english", token_pattern=_WORD, sublinear_tf=True)
    try:
        weights = vectorizer.fit_transform(texts).toarray()
    except ValueError:  # no word of meaning in any of them
        return [[] for _ in texts]
    names = vectorizer.get_feature_names_out()
    return [[str(names[best]) for best in np.argsort(-row, kind="stable")[:_KEYWORDS] if row[best] > 0] for row in weights]
