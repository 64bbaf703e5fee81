"""Who said which words: error rates over speakers (cpWER, tcpWER), and entities found through speech.

cpWER (Watanabe et al. 2020, CHiME-6) joins all words of each speaker and pairs speakers one to one so that the errors are fewest: a
word given to the wrong speaker is an error twice, missed here and too much there. tcpWER (von Neumann et al. 2023) also asks that
words paired lie within `COLLAR_S` of each other. Both are computed by meeteval, from the extra ``meetings``.

Text is normalised as for word error rates (see `text`: characters are words in languages without spaces), stretch by stretch: a speaker's words without a pause of `PAUSE_S`. tcpWER
spreads a stretch's normalised words over its time by their letters.
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
PAUSE_S = 1.0
MOST_SPEAKERS = 20
"""meeteval takes more for a mistake; of more, those that are paired with nobody are counted as inserted before it is asked."""

Stretch = dict[str, Any]
"""What a speaker says without a pause, as meeteval has it."""


class Timed(Protocol):
    """Something said, ``[start, end)`` in seconds."""

    @property
    def text(self) -> str:
        """As it was said."""

    @property
    def start(self) -> float:
        """When it begins."""

    @property
    def end(self) -> float:
        """When it ends."""


class Spoken(Timed, Protocol):
    """A word of a speaker; an empty name where nobody is known to have said it."""

    @property
    def speaker(self) -> str:
        """Unique within the recording."""


class Named(Timed, Protocol):
    """An entity where it was said."""

    @property
    def label(self) -> str:
        """What it is."""


@dataclass(frozen=True)
class WordTruth:
    """Who said which words in a recording, rising in time; ``language`` is a tag that `languages` knows."""

    words: tuple[Spoken, ...]
    language: str = "en"


@dataclass(frozen=True)
class EntityTruth:
    """The entities named in a recording. ``labels``: those that were looked for when it was marked; empty = all there are.

    ``marked``: the stretches in which they were looked for; empty = everywhere.
    """

    entities: tuple[Named, ...]
    labels: frozenset[str] = frozenset()
    language: str = "en"
    marked: tuple[Segment, ...] = ()

    def judges(self, found: Named) -> bool:
        """Whether it would have been marked had it been an entity: its label was looked for, and its middle lies where that was done."""
        middle = (found.start + found.end) / 2
        inside = not self.marked or any(part.start <= middle < part.end for part in self.marked)
        return inside and (not self.labels or found.label in self.labels)


@dataclass(frozen=True)
class Line:
    """What a speaker says in a stretch: a `Spoken`, for examples."""

    text: str
    start: float
    end: float
    speaker: str


def speaker_components(reference: WordTruth, hypothesis: Sequence[Spoken], collar: float | None = None) -> Components:
    """Word errors with each speaker's words against his own, and how many speakers are missed or made up.

    Speakers are paired one to one so that errors are fewest; with a ``collar`` (s) words match within it alone. Raises `NotRunnable`
    without meeteval, `BadManifest` for more than `MOST_SPEAKERS` in the reference.

    >>> truth = WordTruth((Line("hello there", 0, 1, "ann"), Line("good day", 1, 2, "bob")))
    >>> speaker_components(truth, [Line("Hello there, good", 0, 1.5, "1"), Line("day", 1.5, 2, "2")])
    {'substitutions': 0.0, 'deletions': 1.0, 'insertions': 1.0, 'words': 4.0, 'missed_speakers': 0.0, 'false_speakers': 0.0}
    """
    count = _counter(collar)
    truth, answer = (list(_segments(words, reference.language)) for words in (reference.words, hypothesis))
    if (true := len(_by_speaker(truth))) > MOST_SPEAKERS:
        raise BadManifest(f"{true} speakers are in the truth; expected at most {MOST_SPEAKERS}: judge the recording in parts")
    speakers = {segment["speaker"] for segment in answer}
    paired = _paired(truth, answer, count) if len(speakers) > MOST_SPEAKERS else speakers
    found = count(truth, [segment for segment in answer if segment["speaker"] in paired])
    beyond = sum(_size(segment) for segment in answer if segment["speaker"] not in paired)
    return {
        "substitutions": float(found.substitutions),
        "deletions": float(found.deletions),
        "insertions": float(found.insertions + beyond),
        "words": float(found.length),
        "missed_speakers": float(found.missed_speaker),
        "false_speakers": float(found.falarm_speaker + len(speakers - paired)),
    }


def anonymous_components(reference: WordTruth, hypothesis: Sequence[Spoken]) -> Components:
    """Word errors of all that is said in order of time, whoever said it.

    >>> anonymous_components(WordTruth((Line("good day", 0, 1, "ann"),)), [Line("good", 0, 1, "1"), Line("day", 1, 2, "2")])
    {'substitutions': 0.0, 'deletions': 0.0, 'insertions': 0.0, 'words': 2.0}
    """
    truth, answer = (" ".join(word.text for word in words) for words in (reference.words, hypothesis))
    return word_components(Transcript(truth, language=reference.language), Transcript(answer))


def entity_components(reference: EntityTruth, hypothesis: Iterable[Named]) -> Components:
    """Entities found where they were said, in the same words; those found that were not; and those not found.

    An entity is found if one of the same label and the same normalised text lies within `COLLAR_S` of it; each counts once, and
    those of one label and text are paired in order of time.
    """
    left = sorted(filter(reference.judges, hypothesis), key=lambda entity: (entity.start, entity.end))
    missed = 0
    for truth in sorted(reference.entities, key=lambda entity: (entity.start, entity.end)):
        found = next((entity for entity in left if _same(truth, entity, reference.language)), None)
        if found is None:
            missed += 1
        else:
            left.remove(found)
    return {
        "true_positives": float(len(reference.entities) - missed),
        "false_positives": float(len(left)),
        "false_negatives": float(missed),
    }


def within_collar(first: Timed, second: Timed) -> bool:
    """Whether two stretches overlap, or are at most `COLLAR_S` apart."""
    return first.start <= second.end + COLLAR_S and second.start <= first.end + COLLAR_S


def library() -> ModuleType:
    """What counts errors over speakers: meeteval. Raises `NotRunnable` without it."""
    try:
        import meeteval
    except ImportError:
        raise NotRunnable(
            "errors over speakers are counted by meeteval, which is not installed; run: pip install 'model-lab[meetings]'"
        ) from None
    logging.getLogger("preprocess").setLevel(logging.ERROR)  # it takes a word of 5 s for a mistake in units
    return meeteval  # type: ignore[no-any-return]


def _counter(collar: float | None) -> Callable[[list[Stretch], list[Stretch]], Any]:
    """What counts the errors between two lists of stretches."""
    meeteval = library()

    def count(truth: list[Stretch], answer: list[Stretch]) -> Any:
        sides = meeteval.io.SegLST(truth), meeteval.io.SegLST(answer)
        if collar is None:
            return meeteval.wer.cp_word_error_rate(*sides)
        return meeteval.wer.time_constrained_minimum_permutation_word_error_rate(*sides, collar=collar)

    return count


def _paired(truth: list[Stretch], answer: list[Stretch], count: Callable[[list[Stretch], list[Stretch]], Any]) -> set[str]:
    """The speakers of the answer with whom those of the truth are paired so that errors are fewest, if there are more of the answer."""
    from scipy.optimize import linear_sum_assignment

    true, found = _by_speaker(truth), _by_speaker(answer)
    names = list(found)
    saved = [[count(mine, found[name]).errors - sum(map(_size, found[name])) for name in names] for mine in true.values()]
    return {names[place] for place in linear_sum_assignment(saved)[1]} if saved else set()


def _by_speaker(stretches: Iterable[Stretch]) -> dict[str, list[Stretch]]:
    found: dict[str, list[Stretch]] = {}
    for stretch in stretches:
        found.setdefault(stretch["speaker"], []).append(stretch)
    return found


def _size(stretch: Stretch) -> int:
    return len(stretch["words"].split())


def _same(truth: Named, answer: Named, language: str) -> bool:
    same_text = normalise(truth.text, language) == normalise(answer.text, language)
    return truth.label == answer.label and same_text and within_collar(truth, answer)


def _segments(words: Iterable[Spoken], language: str) -> Iterator[Stretch]:
    """Every stretch of a speaker, normalised, as meeteval has it; those that are no words then are left out."""
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
    """Each speaker's words between two of his pauses; ``words`` rise in time."""
    under_way: dict[str, list[Spoken]] = {}
    silent: dict[str, float] = {}
    for word in words:
        said = under_way.setdefault(word.speaker, [])
        if said and word.start - silent[word.speaker] >= PAUSE_S:
            yield said
            said = under_way[word.speaker] = []
        said.append(word)
        silent[word.speaker] = max(silent.get(word.speaker, 0.0), word.end)
    yield from under_way.values()


def _entity_error(pooled: Mapping[str, Any]) -> float:
    wrong = pooled["false_positives"] + pooled["false_negatives"]
    return ratio(wrong, 2 * pooled["true_positives"] + wrong)


CPWER = replace(
    WER,
    name="cpwer",
    title="word error rate, each speaker against his own words",
    source="Watanabe et al. 2020",
    components=speaker_components,
)
TCPWER = replace(
    WER,
    name="tcpwer",
    title=f"the same, words matched within {COLLAR_S:g} s",
    source="von Neumann et al. 2023 (meeteval)",
    components=partial(speaker_components, collar=COLLAR_S),
)
ANONYMOUS_WER = replace(WER, title="word error rate whoever speaks", components=anonymous_components)
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
