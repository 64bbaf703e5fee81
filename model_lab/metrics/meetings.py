"""Multi-speaker transcription: word error rates with speakers (cpWER, tcpWER), and entities found through speech.

Errors over speakers are counted by meeteval (von Neumann et al. 2023), from the extra ``meetings``.

Conventions
-----------
- Times are in seconds. Words come in order of time with the name of their speaker; names need not agree between reference and
  answer: speakers are paired one to one so that errors are fewest.
- Text is normalised as for word error rates (see `text.normalise`; in languages written without spaces, characters are words), segment
  by segment: a speaker's words without a pause of `PAUSE_S`.
- A word attributed to the wrong speaker is two errors, a deletion here and an insertion there.
- For tcpWER, words match only within `COLLAR_S` of each other; the time of a segment is spread over its normalised words by their
  number of letters.

Metrics
-------
N is the number of reference words; S, D, I are substitutions, deletions and insertions. Lower is better; word error rates are not
bounded by 1.

- `CPWER` (``cpwer``): (S + D + I) / N with all words of each speaker joined and speakers paired. Watanabe et al. 2020 (CHiME-6).
- `TCPWER` (``tcpwer``): the same, words matched within 5 s. von Neumann et al. 2023.
- `ANONYMOUS_WER` (``wer``): word error rate of all words in order of time, ignoring speakers. See `text`.
- `ENTITY_ERROR` (``entity_error``): 1 - F1 of entities = (FP + FN) / (2 TP + FP + FN); an entity is right if its label, its normalised
  text and, within 5 s, its time are. Ratio in 0 to 1. CoNLL-2003 (Tjong Kim Sang and De Meulder), on normalised text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, Protocol

from model_lab.errors import BadManifest, NotRunnable
from model_lab.metrics._base import Components, Metric, ratio
from model_lab.metrics.text import WER, normalise, word_components
from model_lab.types import Segment, Transcript

COLLAR_S = 5.0
"""Largest distance in time, in seconds, at which words (tcpWER) and entities match."""

PAUSE_S = 1.0
"""A pause of at least this many seconds ends a speaker's segment."""

MOST_SPEAKERS = 20
"""Maximum number of speakers: meeteval refuses more. Surplus speakers of an answer count as insertions."""

Stretch = dict[str, Any]
"""What a speaker says without a pause, as a segment of meeteval."""


class Timed(Protocol):
    """A stretch of speech with its text and time."""

    @property
    def text(self) -> str:
        """The text as spoken, before normalisation."""

    @property
    def start(self) -> float:
        """Start in seconds from the start of the recording."""

    @property
    def end(self) -> float:
        """End in seconds, exclusive."""


class Spoken(Timed, Protocol):
    """A word with its speaker."""

    @property
    def speaker(self) -> str:
        """Name of the speaker, unique within the recording; "" if it is unknown."""


class Named(Timed, Protocol):
    """A named entity with its time."""

    @property
    def label(self) -> str:
        """Kind of the entity, such as PERSON."""


@dataclass(frozen=True)
class WordTruth:
    """Reference of multi-speaker transcription.

    Attributes:
        words: All words with speakers and times, rising by start.
        language: Language tag (BCP 47 or ISO 639), which chooses the text normalisation.
    """

    words: tuple[Spoken, ...]
    language: str = "en"


@dataclass(frozen=True)
class EntityTruth:
    """Reference of entities in speech.

    Attributes:
        entities: Entities with label, text and time.
        labels: Annotated labels; empty means all labels.
        language: Language tag, which chooses the text normalisation.
        marked: Annotated regions; empty means the whole recording.
    """

    entities: tuple[Named, ...]
    labels: frozenset[str] = frozenset()
    language: str = "en"
    marked: tuple[Segment, ...] = ()

    def covers(self, answered: Named) -> bool:
        """Decide whether an answered entity would have been annotated if it were right.

        Args:
            answered: The answered entity.

        Returns:
            True if its label was annotated and its middle lies in an annotated region; other entities are not scored.
        """
        middle = (answered.start + answered.end) / 2
        inside = not self.marked or any(part.start <= middle < part.end for part in self.marked)
        return inside and (not self.labels or answered.label in self.labels)


@dataclass(frozen=True)
class Line:
    """A `Spoken` value: the words of a speaker in a stretch of time.

    Attributes:
        text: The words, as spoken.
        start: Start in seconds.
        end: End in seconds, exclusive.
        speaker: Name of the speaker; "" if it is unknown.
    """

    text: str
    start: float
    end: float
    speaker: str


def speaker_components(reference: WordTruth, hypothesis: Sequence[Spoken], collar: float | None = None) -> Components:
    """Count word errors with each speaker's words compared to those of the speaker they are paired with.

    Args:
        reference: True words with speakers; at most `MOST_SPEAKERS` speakers.
        hypothesis: Answered words with speakers, rising in time.
        collar: Largest distance in seconds at which words match (tcpWER); None to ignore times (cpWER).

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: word errors; ``words``: reference words; ``missed_speakers`` and
            ``false_speakers``: speakers without a partner in the answer and in the reference.

    Raises:
        NotRunnable: If meeteval is not installed.
        BadManifest: If the reference has more than `MOST_SPEAKERS` speakers.

    Examples:
        >>> truth = WordTruth((Line("hello there", 0, 1, "ann"), Line("good day", 1, 2, "bob")))
        >>> speaker_components(truth, [Line("Hello there, good", 0, 1.5, "1"), Line("day", 1.5, 2, "2")])
        {'substitutions': 0.0, 'deletions': 1.0, 'insertions': 1.0, 'words': 4.0, 'missed_speakers': 0.0, 'false_speakers': 0.0}
    """
    count = _counter(collar)
    expected, answered = (list(_segments(words, reference.language)) for words in (reference.words, hypothesis))
    if (count_of_speakers := len(_by_speaker(expected))) > MOST_SPEAKERS:
        raise BadManifest(
            f"the reference has {count_of_speakers} speakers; expected at most {MOST_SPEAKERS}: evaluate the recording in parts"
        )
    speakers = {segment["speaker"] for segment in answered}
    paired = _paired(expected, answered, count) if len(speakers) > MOST_SPEAKERS else speakers
    errors = count(expected, [segment for segment in answered if segment["speaker"] in paired])
    beyond = sum(_size(segment) for segment in answered if segment["speaker"] not in paired)
    return {
        "substitutions": float(errors.substitutions),
        "deletions": float(errors.deletions),
        "insertions": float(errors.insertions + beyond),
        "words": float(errors.length),
        "missed_speakers": float(errors.missed_speaker),
        "false_speakers": float(errors.falarm_speaker + len(speakers - paired)),
    }


def anonymous_components(reference: WordTruth, hypothesis: Sequence[Spoken]) -> Components:
    """Count word errors of all words in order of time, ignoring speakers.

    Args:
        reference: True words.
        hypothesis: Answered words, rising in time.

    Returns:
        The counts of `text.word_components`.

    Examples:
        >>> anonymous_components(WordTruth((Line("good day", 0, 1, "ann"),)), [Line("good", 0, 1, "1"), Line("day", 1, 2, "2")])
        {'substitutions': 0.0, 'deletions': 0.0, 'insertions': 0.0, 'words': 2.0}
    """
    expected, answered = (" ".join(word.text for word in words) for words in (reference.words, hypothesis))
    return word_components(Transcript(expected, language=reference.language), Transcript(answered))


def entity_components(reference: EntityTruth, hypothesis: Iterable[Named]) -> Components:
    """Match the entities of an answer to those of the reference.

    An entity is found if one with the same label and the same normalised text is within `COLLAR_S` of it. Each counts once; several with
    one label and text are matched in order of time.

    Args:
        reference: True entities, and what was annotated.
        hypothesis: Answered entities, in any order; those that `EntityTruth.judges` rejects are ignored.

    Returns:
        ``true_positives``: reference entities found; ``false_positives``: answered entities left over; ``false_negatives``:
            reference entities not found.
    """
    left = sorted(filter(reference.covers, hypothesis), key=lambda entity: (entity.start, entity.end))
    missed = 0
    for expected in sorted(reference.entities, key=lambda entity: (entity.start, entity.end)):
        match = next((entity for entity in left if _same(expected, entity, reference.language)), None)
        if match is None:
            missed += 1
        else:
            left.remove(match)
    return {
        "true_positives": float(len(reference.entities) - missed),
        "false_positives": float(len(left)),
        "false_negatives": float(missed),
    }


def within_collar(first: Timed, second: Timed) -> bool:
    """Decide whether two stretches are close enough in time to match.

    Args:
        first: One stretch.
        second: The other.

    Returns:
        True if they overlap or are at most `COLLAR_S` apart.
    """
    return first.start <= second.end + COLLAR_S and second.start <= first.end + COLLAR_S


def library() -> ModuleType:
    """Import meeteval, which counts errors over speakers.

    Returns:
        The module.

    Raises:
        NotRunnable: If meeteval is not installed.
    """
    try:
        import meeteval
    except ImportError:
        raise NotRunnable(
            "multi-speaker word error rates need meeteval, which is not installed; run: pip install 'model-lab[meetings]'"
        ) from None
    logging.getLogger("preprocess").setLevel(logging.ERROR)  # it warns of words of 5 s, as of a mistake in units
    return meeteval  # type: ignore[no-any-return]


def _counter(collar: float | None) -> Callable[[list[Stretch], list[Stretch]], Any]:
    """Function that counts the errors between two lists of stretches."""
    meeteval = library()

    def count(expected: list[Stretch], answer: list[Stretch]) -> Any:
        sides = meeteval.io.SegLST(expected), meeteval.io.SegLST(answer)
        if collar is None:
            return meeteval.wer.cp_word_error_rate(*sides)
        return meeteval.wer.time_constrained_minimum_permutation_word_error_rate(*sides, collar=collar)

    return count


def _paired(expected: list[Stretch], answer: list[Stretch], count: Callable[[list[Stretch], list[Stretch]], Any]) -> set[str]:
    """The speakers of the answer that are paired with those of the reference so that errors are fewest, if the answer has more."""
    from scipy.optimize import linear_sum_assignment

    expected_speakers, answered_speakers = _by_speaker(expected), _by_speaker(answer)
    names = list(answered_speakers)
    saved = [
        [count(stretches, answered_speakers[name]).errors - sum(map(_size, answered_speakers[name])) for name in names]
        for stretches in expected_speakers.values()
    ]
    return {names[place] for place in linear_sum_assignment(saved)[1]} if saved else set()


def _by_speaker(stretches: Iterable[Stretch]) -> dict[str, list[Stretch]]:
    speakers: dict[str, list[Stretch]] = {}
    for stretch in stretches:
        speakers.setdefault(stretch["speaker"], []).append(stretch)
    return speakers


def _size(stretch: Stretch) -> int:
    return len(stretch["words"].split())


def _same(expected: Named, answer: Named, language: str) -> bool:
    same_text = normalise(expected.text, language) == normalise(answer.text, language)
    return expected.label == answer.label and same_text and within_collar(expected, answer)


def _segments(words: Iterable[Spoken], language: str) -> Iterator[Stretch]:
    """Every stretch of a speaker, normalised, as a segment of meeteval; stretches without words after that are left out."""
    for stretch in _stretches(words):
        if text := normalise(" ".join(word.text for word in stretch), language):
            yield {
                "session_id": "",
                "speaker": stretch[0].speaker,
                "words": text,
                "start_time": stretch[0].start,
                "end_time": max(word.end for word in stretch),
            }


def _stretches(words: Iterable[Spoken]) -> Iterator[list[Spoken]]:
    """Each speaker's words between two of their pauses; ``words`` rise in time."""
    open_stretches: dict[str, list[Spoken]] = {}
    silent: dict[str, float] = {}
    for word in words:
        stretch = open_stretches.setdefault(word.speaker, [])
        if stretch and word.start - silent[word.speaker] >= PAUSE_S:
            yield stretch
            stretch = open_stretches[word.speaker] = []
        stretch.append(word)
        silent[word.speaker] = max(silent.get(word.speaker, 0.0), word.end)
    yield from open_stretches.values()


def _entity_error(pooled: Mapping[str, Any]) -> float:
    wrong = pooled["false_positives"] + pooled["false_negatives"]
    return ratio(wrong, 2 * pooled["true_positives"] + wrong)


CPWER = replace(
    WER,
    name="cpwer",
    title="word error rate of each speaker's words (concatenated, minimum permutation)",
    source="Watanabe et al. 2020",
    components=speaker_components,
)
TCPWER = replace(
    WER,
    name="tcpwer",
    title=f"cpWER with words matched within {COLLAR_S:g} s",
    source="von Neumann et al. 2023 (meeteval)",
    components=partial(speaker_components, collar=COLLAR_S),
)
ANONYMOUS_WER = replace(WER, title="word error rate regardless of speaker", components=anonymous_components)
ENTITY_ERROR = Metric(
    name="entity_error",
    title="1 - F1 of entities through speech: label, normalised text and time",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=1.0,
    version=2,
    source="CoNLL-2003 (Tjong Kim Sang and De Meulder), on normalised text",
    components=entity_components,
    value=_entity_error,
    lacking="no entities",
)
