"""Chapters begin where the subject changes, with an utterance."""

from __future__ import annotations

import numpy as np

from model_lab.pipelines.attribution import utterances
from model_lab.pipelines.chapters import chapters
from model_lab.pipelines.conversation import SpokenWord

SUBJECTS = (
    "garden roses soil watering tulips seeds spade blossom compost hedge",
    "engine pistons gearbox brakes clutch exhaust petrol steering wheels bonnet",
    "violin orchestra melody conductor rehearsal sonata trumpet rhythm cello audience",
)


def _talk(subjects: tuple[str, ...], words: int = 400) -> list[SpokenWord]:
    """A word every half second, with a pause and a new utterance every ten."""
    dice = np.random.default_rng(0)
    said = [str(dice.choice([*subject.split(), "the", "and", "with"])) for subject in subjects for _ in range(words)]
    return [SpokenWord(text=text, start=i / 2 + 3 * (i // 10), end=i / 2 + 3 * (i // 10) + 0.4) for i, text in enumerate(said)]


def test_a_chapter_for_every_subject() -> None:
    words = _talk(SUBJECTS)
    said = utterances(words)
    found = chapters(words, said, 600.0 + 360.0, 60.0)
    assert len(found) == 3
    assert [part.start for part in found[1:]] == [words[400].start, words[800].start]
    assert (found[0].start, found[-1].end) == (0.0, 960.0)
    assert all(set(part.keywords) <= set(subject.split()) for part, subject in zip(found, SUBJECTS, strict=True))
    assert all(part.title == ", ".join(part.keywords) and len(part.keywords) == 4 for part in found)


def test_no_chapter_is_shorter_than_wanted() -> None:
    words = _talk(SUBJECTS)
    found = chapters(words, utterances(words), 1100.0, 400.0)
    assert len(found) == 2
    assert all(part.end - part.start >= 400 for part in found)


def test_one_subject_is_one_chapter_and_nothing_said_is_none() -> None:
    words = _talk(SUBJECTS[:1], words=30)
    [one] = chapters(words, utterances(words), 60.0, 20.0)
    assert (one.start, one.end) == (0.0, 60.0)
    assert chapters((), (), 60.0, 20.0) == ()
    [mute] = chapters(
        [SpokenWord(text="um", start=0.0, end=1.0)], utterances([SpokenWord(text="um", start=0.0, end=1.0)]), 5.0, 1.0
    )
    assert mute.keywords == ()
