"""Speech recognition: faults of decoding that a few samples of many show: loops and truncations.

Conventions
-----------
- Words are those of `text.WER` on both sides.
- A value is a share of recordings; lower is better.

Metrics
-------
- `LOOPS` (``looped``): recordings in whose transcript a phrase of up to `LONGEST_PHRASE` words stands `FEWEST_TURNS` or more times in
  a row, and at least twice as often in a row as in the reference. Neural recognisers repeat themselves on noise, music and long silences
  (Radford et al. 2022, section 4.5; Koenecke et al. 2024).
- `TRUNCATIONS` (``truncated``): recordings with speech whose transcript ends early. Of all beginnings of the reference the one that is
  nearest to the transcript in words (Levenshtein; the longest of several) is taken for what was transcribed. What follows is missing:
  it is a truncation if that is at least `FEWEST_MISSING` words and a fifth of the reference, and if at most half of the words before it
  are wrong. An empty transcript is none: the word error rate shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model_lab.metrics import text
from model_lab.metrics._base import Components, rate, share
from model_lab.types import Transcript

LONGEST_PHRASE = 10
"""Longest phrase of a loop, in words."""
FEWEST_TURNS = 4
"""Fewest repetitions in a row of a loop."""
FEWEST_MISSING = 5
"""Fewest words that a truncation lacks."""
_MISSING_SHARE = 0.2


def longest_run(words: Sequence[str], phrase: Sequence[str]) -> int:
    """Count how often a phrase stands in a row.

    Args:
        words: Words of a text.
        phrase: Words of the phrase, at least one.

    Returns:
        The largest number of repetitions without anything between them; 0 if it does not occur.

    Examples:
        >>> longest_run("so so we go we go we go home".split(), ["we", "go"])
        3
    """
    size, best = len(phrase), 0
    wanted = list(phrase)
    for start in range(len(words) - size + 1):
        turns = 0
        while list(words[start + turns * size : start + (turns + 1) * size]) == wanted:
            turns += 1
        best = max(best, turns)
    return best


def repeated(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Find the phrases that stand `FEWEST_TURNS` or more times in a row.

    Args:
        words: Words of a text.

    Returns:
        Phrase of 1 to `LONGEST_PHRASE` words -> its largest number of repetitions in a row.

    Examples:
        >>> repeated("no no no no we go we go".split())
        {('no',): 4}
    """
    found: dict[tuple[str, ...], int] = {}
    for size in range(1, LONGEST_PHRASE + 1):
        same = 0
        for place in range(size, len(words)):
            same = same + 1 if words[place] == words[place - size] else 0
            turns = same // size + 1
            if same % size == 0 and turns >= FEWEST_TURNS and _is_primitive(phrase := tuple(words[place - size + 1 : place + 1])):
                found[phrase] = max(found.get(phrase, 0), turns)
    return found


def _is_primitive(phrase: tuple[str, ...]) -> bool:
    """Whether a phrase is no repetition of a shorter one."""
    size = len(phrase)
    return not any(size % part == 0 and phrase == phrase[:part] * (size // part) for part in range(1, size))


def loop_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Decide whether a transcript loops.

    Args:
        reference: True transcript; may be empty.
        hypothesis: Answered transcript.

    Returns:
        ``looped``: 1.0 if it does, else 0.0; ``recordings``: 1.0.

    Examples:
        >>> loop_components(Transcript("no no we go"), Transcript("no no no no we go"))
        {'looped': 1.0, 'recordings': 1.0}
        >>> loop_components(Transcript("no no no we go"), Transcript("no no no no we go"))
        {'looped': 0.0, 'recordings': 1.0}
    """
    expected, recognised = text.normalised_words(reference, hypothesis)
    looped = any(turns >= 2 * longest_run(expected, phrase) for phrase, turns in repeated(recognised).items())
    return {"looped": float(looped), "recordings": 1.0}


def missing_words(expected: Sequence[str], recognised: Sequence[str]) -> tuple[int, int]:
    """Find where the reference was left.

    Args:
        expected: Words of the reference.
        recognised: Words of the answer.

    Returns:
        The number of words after the beginning of ``expected`` that is nearest to ``recognised``, and its Levenshtein distance.

    Examples:
        >>> missing_words("a b c d e f".split(), "a x c".split())
        (3, 1)
    """
    numbers: dict[str, int] = {}
    ours, theirs = (np.array([numbers.setdefault(word, len(numbers)) for word in side], int) for side in (expected, recognised))
    steps = np.arange(len(ours) + 1)
    row = steps.copy()
    for number, word in enumerate(theirs, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (ours != word))
        row = np.minimum.accumulate(np.concatenate([[number], best]) - steps) + steps
    nearest = int(np.flatnonzero(row == row.min())[-1])
    return len(ours) - nearest, int(row[nearest])


def truncation_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Decide whether a transcript ends early.

    Args:
        reference: True transcript.
        hypothesis: Answered transcript.

    Returns:
        ``truncated``: 1.0 if it does, else 0.0; ``recordings``: 1.0, or 0.0 if nobody speaks.

    Examples:
        >>> spoken = Transcript("she sold the old house near the river in May")
        >>> truncation_components(spoken, Transcript("she sold an old"))
        {'truncated': 1.0, 'recordings': 1.0}
        >>> truncation_components(spoken, Transcript("she sold near the river in May"))
        {'truncated': 0.0, 'recordings': 1.0}
    """
    expected, recognised = text.normalised_words(reference, hypothesis)
    if not expected:
        return {"truncated": 0.0, "recordings": 0.0}
    truncated = False
    if recognised and len(expected) >= FEWEST_MISSING:
        missing, wrong = missing_words(expected, recognised)
        enough = missing >= max(FEWEST_MISSING, _MISSING_SHARE * len(expected))
        truncated = enough and 2 * wrong <= len(expected) - missing
    return {"truncated": float(truncated), "recordings": 1.0}


LOOPS = share(
    "looped",
    "recordings whose transcript repeats itself",
    f"phrases of up to {LONGEST_PHRASE} words, {FEWEST_TURNS} or more times in a row; Koenecke et al. 2024",
    loop_components,
    rate("looped", of="recordings"),
    rising=False,
    evidence=("recordings",),
    lacking="no answer",
)
TRUNCATIONS = share(
    "truncated",
    "recordings whose transcript ends early",
    f"nearest beginning of the reference; at least {FEWEST_MISSING} words and a fifth are missing after it",
    truncation_components,
    rate("truncated", of="recordings"),
    rising=False,
    evidence=("recordings",),
    lacking="no speech",
)
