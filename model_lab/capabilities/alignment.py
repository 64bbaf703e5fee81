"""Word alignment: the time of each word of a given text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import alignment
from model_lab.types import Audio, Word
from model_lab.views.words import WORDS


def _reference(row: Row, resolve: Resolve) -> alignment.WordTimes:
    values = columns.items(row, "words", "[[word, start, end], ...] in seconds")
    words = tuple(_word(value, f"words[{place}]") for place, value in enumerate(values))
    duration = sound.read(resolve(row["audio"])).duration
    for word in words:
        if not 0 <= word.start < word.end <= duration + 0.1 or len(alignment.spelled([word.text])) != 1:
            raise BadManifest(
                f"words has [{word.text!r}, {word.start}, {word.end}]; expected a word and 0 <= start < end <= {duration:.3f} s"
            )
    if late := next((pair for pair in pairwise(words) if pair[1].start < pair[0].start), None):
        raise BadManifest(
            f"words has {late[1].text!r} at {late[1].start:g} s after {late[0].text!r} at {late[0].start:g} s; expected rising times"
        )
    spoken, timed = (alignment.spelled(texts) for texts in (columns.text(row, "text").split(), (word.text for word in words)))
    if spoken != timed:
        raise BadManifest(
            f"words spells {' '.join(timed)[:60]!r}, text {' '.join(spoken)[:60]!r}; expected the words of the text"
        )
    return alignment.WordTimes(words, duration)


def _word(value: object, what: str) -> Word:
    text, start, end = columns.as_list(value, 3, what, "[word, start, end]")
    return Word(columns.as_text(text, what), *columns.span(start, end, what))


def _problems(answer: object, audio: Audio, text: str) -> list[str]:
    if not isinstance(answer, (list, tuple)):
        return [f"answer is a {type(answer).__name__}; expected a list of Word"]
    if wrong := [word for word in answer if not isinstance(word, Word)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected Word"]
    outside = [
        f"word {word.text!r} at {word.start:.3f}-{word.end:.3f} s is not inside 0-{audio.duration:.3f} s with start <= end"
        for word in answer
        if not -0.1 <= word.start <= word.end <= audio.duration + 0.1
    ]
    back = [
        f"word {later.text!r} starts at {later.start:.3f} s, before {earlier.text!r} at {earlier.start:.3f} s; expected rising"
        for earlier, later in pairwise(answer)
        if later.start < earlier.start - 1e-6
    ]
    left = iter(text.split())
    strange = [
        f"word {word.text!r} is not in the text, or not in its order; expected the text's own words"
        for word in answer
        if word.text not in left
    ]
    return [*outside, *back, *strange][:3]


def _example() -> Example:
    """Two bursts of noise, which are not words: only the form of the answer is checked."""
    noise = np.random.default_rng(0).standard_normal(32000).astype(np.float32) * np.float32(0.1)
    noise[:4000] = noise[12000:20000] = noise[28000:] = 0.0
    reference = alignment.WordTimes((Word("one", 0.25, 0.75), Word("two", 1.25, 1.75)), 2.0)
    return Example((Audio(noise, 16000), "one two"), reference)


def _spread(edges: list[float], text: str) -> list[Word]:
    return [Word(word, start, end) for word, (start, end) in zip(text.split(), pairwise(edges), strict=True)]


def _chance(rng: np.random.Generator, audio: Audio, text: str) -> list[Word]:
    """The words of the text in their order, one after the other, at random times."""
    return _spread(sorted(rng.uniform(0.0, audio.duration, size=len(text.split()) + 1).tolist()), text)


def _ideal(reference: alignment.WordTimes, audio: Audio, text: str) -> list[Word]:
    spoken = [word for word in text.split() if alignment.spelled([word])]
    return [Word(word, timed.start, timed.end) for word, timed in zip(spoken, reference.words, strict=True)]


def _at_speed(reference: alignment.WordTimes, factor: float) -> alignment.WordTimes:
    return alignment.WordTimes(at_speed.spans(reference.words, factor), at_speed.time(reference.duration, factor))


CAPABILITY = Capability(
    name="alignment",
    title="Word alignment",
    in_words="{in_100} word boundaries are placed within 50 ms of the true ones",
    call="align(audio: Audio, text: str) -> list[Word]",
    answer="list[Word]: the words of the text as they stand between its spaces, in order; those not found are left out",
    view=WORDS,
    inputs=(("audio", "audio"), ("text", "text")),
    columns=(
        columns.AUDIO,
        Column("text", "what is said in it, word for word", aliases=("transcript", "transcription", "sentence")),
        Column("words", "[[word, start, end], ...] of every word of the text, in seconds"),
    ),
    metrics=(
        alignment.WITHIN_50_MS.with_margin(0.02, "a choice: one word boundary in fifty that a person has to move"),
        alignment.ONSETS_WITHIN_50_MS,
        alignment.WITHIN_25_MS,
        alignment.WITHIN_100_MS,
        alignment.MEDIAN_ERROR,
        alignment.MEAN_ERROR,
    ),
    grading=Grading(
        (0.95, 0.85, 0.75, 0.5),
        reason=(
            "Boundaries are used for subtitles and for cutting, where 50 ms is the tolerance. Two people who mark the same "
            "speech agree on about 94 % of boundaries within 20 ms, so A is what people reach; at D every second boundary "
            "is unusable."
        ),
        source=(
            "Hosom 2009, Speaker-independent phoneme alignment using transition-dependent states (agreement of people); "
            "steps from B on are a convention of this bench"
        ),
    ),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio, text: [],
    chance=_chance,
    ideal=_ideal,
    exports=_exports.WORDS,
)
