"""Speech recognition: the words that matter (names, keywords) and the times of words, where a manifest has them.

Conventions
-----------
- Terms are texts, of one word or several, that are looked up in both transcripts after the normalisation of `text.WER`.
- Rows without the column, and rows whose terms do not occur, are no evidence.

Metrics
-------
- `ENTITY_WER` (``entity_wer``): word error rate of the named entities alone: substituted and deleted words of entities, and words
  inserted between words of one entity, over the words of entities. Ratio, lower is better. Del Rio et al. 2021, Earnings-21.
- `KEYWORD_PRECISION`, `KEYWORD_RECALL`, `KEYWORD_F1` (``keyword_precision``, ``keyword_recall``, ``keyword_f1``): occurrences of the
  keywords in the transcript that are in the reference as well, over those in the transcript, over those in the reference, and their
  harmonic mean. Ratio in 0 to 1, higher is better. A keyword of the row that is not said can only be a false alarm.
- `WORD_TIME_ERROR` (``word_time_error``): mean absolute error of the starts and ends of the recognised words (aligned and equal, see
  `alignment`), over the words for which both sides have times; ms, 0 is best. It says nothing of words that are not recognised.
"""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.metrics import alignment, text
from model_lab.metrics._base import Components, Metric, rate, ratio, share
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import Transcript


def _terms(reference: ReferenceTranscript, terms: Sequence[str]) -> list[list[str]]:
    """The different terms as normalised words, longer ones first."""
    letters = text.letters_are_words(reference)
    cut = {tuple(text.normalise(term, reference.language or "en", letters).split()) for term in terms}
    return [list(words) for words in sorted(cut, key=lambda words: (-len(words), words)) if words]


def places(words: Sequence[str], term: Sequence[str]) -> list[int]:
    """Find a term in a text.

    Args:
        words: Words of the text.
        term: Words of the term, at least one.

    Returns:
        Indices in ``words`` at which the term begins; those that overlap an earlier one are left out.

    Examples:
        >>> places("new york new york".split(), ["new", "york"]), places("a a a".split(), ["a", "a"])
        ([0, 2], [0])
    """
    found: list[int] = []
    for start in range(len(words) - len(term) + 1):
        if list(words[start : start + len(term)]) == list(term) and (not found or start >= found[-1] + len(term)):
            found.append(start)
    return found


def entity_components(reference: ReferenceTranscript, hypothesis: Transcript) -> Components:
    """Count the word errors within the named entities of one sample.

    Args:
        reference: True transcript and its entities; every occurrence of their texts counts.
        hypothesis: Answered transcript.

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: errors within entities; ``words``: words of entities.

    Examples:
        >>> entity_components(ReferenceTranscript("Ann Lee lives in New York", entities=("Ann Lee", "New York")), Transcript("an Lee lived in York"))
        {'substitutions': 1.0, 'deletions': 1.0, 'insertions': 0.0, 'words': 4.0}
    """
    import jiwer

    substituted = deleted = inserted = 0
    expected, recognised = text.normalised_words(reference, hypothesis)
    owner: dict[int, int] = {}
    for term in _terms(reference, reference.entities):
        for start in places(expected, term):
            for place in range(start, start + len(term)):
                owner.setdefault(place, start)
    chunks = jiwer.process_words(" ".join(expected), " ".join(recognised)).alignments[0] if owner else ()
    for chunk in chunks:
        inside = sum(place in owner for place in range(chunk.ref_start_idx, chunk.ref_end_idx))
        if chunk.type == "substitute":
            substituted += inside
        elif chunk.type == "delete":
            deleted += inside
        elif chunk.type == "insert" and owner.get(chunk.ref_start_idx - 1, -1) == owner.get(chunk.ref_start_idx, -2):
            inserted += chunk.hyp_end_idx - chunk.hyp_start_idx
    return {
        "substitutions": float(substituted),
        "deletions": float(deleted),
        "insertions": float(inserted),
        "words": float(len(owner)),
    }


def keyword_components(reference: ReferenceTranscript, hypothesis: Transcript) -> Components:
    """Count the keywords of one sample.

    Args:
        reference: True transcript and its keywords.
        hypothesis: Answered transcript.

    Returns:
        ``found``: occurrences in both, counted keyword by keyword; ``spoken``: occurrences in the reference; ``recognised``: those in the
            answer.

    Examples:
        >>> keyword_components(ReferenceTranscript("a cat and a cat", keywords=("cat", "dog")), Transcript("a cat and a dog"))
        {'found': 1.0, 'spoken': 2.0, 'recognised': 2.0}
    """
    expected, recognised = text.normalised_words(reference, hypothesis)
    counts = [(len(places(expected, term)), len(places(recognised, term))) for term in _terms(reference, reference.keywords)]
    return {
        "found": float(sum(map(min, counts))),
        "spoken": float(sum(spoken for spoken, _ in counts)),
        "recognised": float(sum(heard for _, heard in counts)),
    }


def time_components(reference: ReferenceTranscript, hypothesis: Transcript) -> Components:
    """Measure the errors of the times of the recognised words of one sample.

    Args:
        reference: True transcript with times of its words.
        hypothesis: Answered transcript, with times if the recogniser gives any.

    Returns:
        ``seconds``: sum of absolute errors of starts and ends; ``boundaries``: number of starts and ends.

    Examples:
        >>> from model_lab.types import Word
        >>> said = ReferenceTranscript("good day", words=(Word("good", 0.5, 1.0), Word("day", 1.0, 1.5)))
        >>> time_components(said, Transcript("a day", words=(Word("a", 0.5, 1.0), Word("day", 1.25, 1.5))))
        {'seconds': 0.25, 'boundaries': 2.0}
    """
    timed = alignment.WordTimes(reference.words, reference.duration)
    errors = [error for error in alignment.boundary_errors(timed, hypothesis.words) if error is not None]
    return {"seconds": float(sum(start + end for start, end in errors)), "boundaries": 2.0 * len(errors)}


ENTITY_WER = Metric(
    name="entity_wer",
    title="word error rate of named entities",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=1,
    source="Del Rio et al. 2021, Earnings-21; Levenshtein alignment of words (jiwer)",
    components=entity_components,
    value=rate("substitutions", "deletions", "insertions", of="words"),
    evidence=("words",),
    lacking="no entities given",
)
KEYWORD_PRECISION = share(
    "keyword_precision",
    "recognised keywords that were said",
    "occurrences keyword by keyword",
    keyword_components,
    rate("found", of="recognised"),
    evidence=("recognised",),
    lacking="no keyword recognised",
)
KEYWORD_RECALL = share(
    "keyword_recall",
    "keywords said that were recognised",
    "occurrences keyword by keyword",
    keyword_components,
    rate("found", of="spoken"),
    evidence=("spoken",),
    lacking="no keyword said",
)
KEYWORD_F1 = share(
    "keyword_f1",
    "F1 of keywords",
    "occurrences keyword by keyword",
    keyword_components,
    lambda pooled: ratio(2 * pooled["found"], pooled["spoken"] + pooled["recognised"]),
    evidence=("spoken", "recognised"),
    lacking="no keyword said or recognised",
)
WORD_TIME_ERROR = Metric(
    name="word_time_error",
    title="mean error of the times of recognised words",
    unit="ms",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=1,
    source="mean absolute error of starts and ends of aligned words",
    components=time_components,
    value=lambda pooled: ratio(1000 * pooled["seconds"], pooled["boundaries"]),
    evidence=("boundaries",),
    lacking="no recognised word with times on both sides",
)

OF_TEXT = (ENTITY_WER, KEYWORD_F1, KEYWORD_PRECISION, KEYWORD_RECALL)
"""Those that need no times of words."""
METRICS = (*OF_TEXT, WORD_TIME_ERROR)
"""All of them."""
