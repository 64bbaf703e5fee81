"""Speech recognition as the Open ASR leaderboard scores English: beside `text.WER`, which normalises more of how people write.

Conventions
-----------
- Both sides are normalised by Whisper's English rules as they are (whisper-normalizer): no typographic signs, encodings or invisible
  characters are made equal before.
- Only English is scored. A sample whose normalised reference is empty or "ignore time segment in scoring" is not counted, whatever was
  recognised in it.
- Errors pool over samples: the value is that of the whole corpus.

Metrics
-------
Lower is better; not bounded by 1.

- `OPEN_ASR_WER` (``open_asr_wer``): word error rate of a Levenshtein alignment (jiwer). The leaderboard's until May 2026, and so of its
  published table of March 2026 (``evaluate.load("wer")``).
- `OPEN_ASR_COMPOUND_WER` (``open_asr_compound_wer``): the same by kaldialign's ``batch_error_rate(..., merge_compounds=True)``: "white
  paper" for "whitepaper" is no error. The leaderboard counts so since June 2026, after a normaliser that has since left Whisper's
  (fillers, times, names, acronyms) and is not reproduced here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from model_lab import languages
from model_lab.metrics._base import Components, Metric, rate
from model_lab.types import Transcript

_IGNORED = "ignore time segment in scoring"
"""What Kaldi's recipes write where a stretch of a TED-LIUM talk is not to be scored."""

_NOTHING = {"substitutions": 0.0, "deletions": 0.0, "insertions": 0.0, "words": 0.0}


@cache
def whisper_rules() -> Callable[[str], str]:
    """Whisper's English rules.

    Returns:
        The function from a text to its normal form (whisper-normalizer).
    """
    from whisper_normalizer.english import EnglishTextNormalizer

    rules: Callable[[str], str] = EnglishTextNormalizer()
    return rules


def normalised_pair(reference: Transcript, hypothesis: Transcript) -> tuple[list[str], list[str]] | None:
    """Normalise both sides of a sample.

    Args:
        reference: True transcript, English if its language is "".
        hypothesis: Answered transcript.

    Returns:
        The words of both sides; None if the sample is not counted.

    Examples:
        >>> normalised_pair(Transcript("Mr. Smith can't."), Transcript("mister smith can not"))
        (['mister', 'smith', 'can', 'not'], ['mister', 'smith', 'can', 'not'])
        >>> normalised_pair(Transcript("(uh)"), Transcript("yes")), normalised_pair(Transcript("Ja.", language="de"), Transcript("ja"))
        (None, None)
    """
    if languages.canonical(reference.language or languages.ENGLISH) != languages.ENGLISH:
        return None
    expected = whisper_rules()(reference.text).strip()
    if expected in ("", _IGNORED):
        return None
    return expected.split(), whisper_rules()(hypothesis.text).split()


def word_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the word errors of one sample.

    Args:
        reference: True transcript, English if its language is "".
        hypothesis: Answered transcript.

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: word errors; ``words``: words of the normalised reference. All 0 for a sample
            that is not counted.

    Examples:
        >>> word_components(Transcript("a white paper"), Transcript("the whitepaper"))
        {'substitutions': 2.0, 'deletions': 1.0, 'insertions': 0.0, 'words': 3.0}
    """
    import jiwer

    pair = normalised_pair(reference, hypothesis)
    if pair is None:
        return dict(_NOTHING)
    expected, recognised = (" ".join(words) for words in pair)
    counts = jiwer.process_words(expected, recognised)
    return _components(counts.substitutions, counts.deletions, counts.insertions, len(pair[0]))


def compound_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the word errors of one sample, where words may be joined or split.

    Args:
        reference: True transcript, English if its language is "".
        hypothesis: Answered transcript.

    Returns:
        As `word_components`.

    Examples:
        >>> compound_components(Transcript("a white paper"), Transcript("the whitepaper"))
        {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 0.0, 'words': 3.0}
    """
    from kaldialign import edit_distance

    pair = normalised_pair(reference, hypothesis)
    if pair is None:
        return dict(_NOTHING)
    counts = edit_distance(*pair, merge_compounds=True)
    return _components(counts["sub"], counts["del"], counts["ins"], counts["ref_len"])


def _components(substitutions: int, deletions: int, insertions: int, words: int) -> Components:
    return {
        "substitutions": float(substitutions),
        "deletions": float(deletions),
        "insertions": float(insertions),
        "words": float(words),
    }


def _metric(name: str, title: str, source: str, components: Callable[..., Components], scorer: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=float("inf"),
        version=1,
        source=source,
        components=components,
        value=rate("substitutions", "deletions", "insertions", of="words"),
        evidence=("words",),
        lacking="not English, or no words once normalised",
        scorer=scorer,
    )


OPEN_ASR_WER = _metric(
    "open_asr_wer",
    "word error rate as of the Open ASR leaderboard's table of March 2026, English alone",
    "Srivastav et al. 2023, Open ASR leaderboard: Whisper's English normaliser, jiwer",
    word_components,
    "open-asr-english-1",
)
OPEN_ASR_COMPOUND_WER = _metric(
    "open_asr_compound_wer",
    "the same, where words may be joined or split without an error",
    "Whisper's English normaliser, kaldialign with merge_compounds",
    compound_components,
    "whisper-english-kaldialign-compounds-1",
)
