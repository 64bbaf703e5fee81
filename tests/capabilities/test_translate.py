from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.translate import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Transcript, Word
from model_lab.views import SampleContext
from model_lab.views.parts import Remark, Text

SOUND = Audio(np.zeros(16000, np.float32), 16000)
ROW = {
    "audio": "a.wav",
    "translation": "The dog is barking at the cat.",
    "language": "deu",
    "text": "Der Hund bellt die Katze an.",
}


def test_the_reference_is_the_translation_with_what_is_said() -> None:
    reference = CAPABILITY.reference(ROW, None)
    assert (reference.text, reference.language, reference.source) == (ROW["translation"], "de", ROW["text"])
    reference = CAPABILITY.reference({"audio": "a.wav", "translation": "Yes."}, None)
    assert (reference.language, reference.source) == ("", "")


@pytest.mark.parametrize("wrong", ["", "...", 3, ["Yes."]])
def test_a_translation_without_words_is_refused(wrong: object) -> None:
    with pytest.raises(BadManifest, match="column 'translation' is"):
        CAPABILITY.reference({**ROW, "translation": wrong}, None)


def test_the_language_is_a_known_one() -> None:
    with pytest.raises(BadManifest, match="did you mean 'ja'"):
        CAPABILITY.reference({**ROW, "language": "jp"}, None)


def test_the_reference_itself_is_best_and_nothing_is_worst() -> None:
    reference = CAPABILITY.reference(ROW, None)
    for metric in CAPABILITY.metrics:
        assert metric.score(reference, CAPABILITY.ideal(reference, SOUND)) == metric.best
    assert [metric.score(reference, CAPABILITY.null(SOUND)) for metric in CAPABILITY.metrics] == [0, 0, 1]


def test_a_word_outside_the_sound_is_a_problem() -> None:
    assert "outside the 1.00 s" in CAPABILITY.problems(Transcript("Yes", (Word("Yes", 7.0, 8.0),)), SOUND)[0]
    assert CAPABILITY.problems("Yes", SOUND) == ["answer is a str; expected Transcript"]


def test_it_is_shown_beside_the_reference_and_what_was_said() -> None:
    sample = SampleContext(ROW, CAPABILITY.reference(ROW, None), 1.0)
    assert CAPABILITY.view.reference_parts(sample) == [Text(ROW["translation"]), Remark(f"Said: {ROW['text']}")]
    assert CAPABILITY.view.answer_parts(sample, Transcript("A dog.")) == [Text("A dog.")]
    assert CAPABILITY.view.answer_parts(sample, Transcript("")) == [Remark("Empty translation.")]


def test_a_translation_without_times_is_one_subtitle() -> None:
    (cue,) = CAPABILITY.exports["srt"](Transcript("A dog."), 2.0)
    assert (cue.start, cue.end, cue.text) == (0.0, 2.0, "A dog.")
