"""The phone recogniser and the forced aligner: how sound is cut, and what they make of real recordings."""

from __future__ import annotations

import numpy as np
import pytest

from model_lab import audio
from model_lab.errors import ModelLabError
from model_lab.models.hama.loader import pieces
from model_lab.types import Audio
from tests.models.test_whisper_weights import clips
from tests.models.workers import loaded

RATE = 16000


def test_short_sound_stays_whole() -> None:
    for frames in (1, RATE, 15 * RATE):
        samples = np.ones(frames, np.float32)
        (piece,) = pieces(samples)
        assert piece is samples


@pytest.mark.parametrize("seconds", [16, 40, 95.5])
def test_long_sound_is_cut_without_loss(seconds: float) -> None:
    samples = np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)
    found = list(pieces(samples))
    assert np.array_equal(np.concatenate(found), samples)
    assert all(7.5 <= len(piece) / RATE <= 15 for piece in found[:-1]) and len(found[-1]) <= 15 * RATE


def test_it_is_cut_in_pauses() -> None:
    samples = np.random.default_rng(0).standard_normal(40 * RATE).astype(np.float32)
    for pause in (9.0, 21.0, 30.0):
        samples[round(pause * RATE) : round((pause + 0.3) * RATE)] *= 0.01
    cuts = np.cumsum([len(piece) for piece in pieces(samples)])[:-1] / RATE
    assert len(cuts) == 3 and all(0 <= cut - pause <= 0.3 for cut, pause in zip(cuts, (9.0, 21.0, 30.0), strict=True))


def test_hama_keeps_the_end_of_long_sound() -> None:
    sounds = [audio.read(path).mono().resample(RATE) for path, _ in clips(6)]
    joined = Audio(np.concatenate([sound.samples for sound in sounds * 3]), RATE)
    assert joined.duration > 45
    model = loaded("hama")
    apart = 3 * sum(len(model.phones(sound).text.split()) for sound in sounds)
    together = len(model.phones(joined).text.split())
    assert model.phones(Audio(np.zeros(RATE, np.float32), RATE)).text == ""
    assert abs(together - apart) < 0.05 * apart


def test_pocketsphinx_places_words_and_names_those_it_does_not_know() -> None:
    ((path, _),) = clips(1)
    model = loaded("pocketsphinx_align")
    with pytest.raises(ModelLabError, match=r"'Xqzt,' is not in its dictionary"):
        model.alignment(path, "hello Xqzt, world")
    assert model.alignment(path, "- ...") == []
    assert model.alignment(Audio(np.zeros(2 * RATE, np.float32), RATE), "hello world") == []
    start = audio.read(path).mono().resample(RATE).samples[:RATE]
    assert model.alignment(Audio(start, RATE), "many more words than one second of sound can ever hold " * 3) == []


def test_the_two_aligners_agree_roughly() -> None:
    differences = []
    sphinx = loaded("pocketsphinx_align")
    whisper = loaded("openai_whisper")
    for path, text in clips(4):
        try:
            placed = sphinx.alignment(path, text)
        except ModelLabError:  # a word that is not in its dictionary
            continue
        theirs = {word.text: word for word in whisper.alignment(path, text)}
        assert [word.text for word in placed] in ([], text.split())
        differences += [abs(word.start - theirs[word.text].start) for word in placed if text.split().count(word.text) == 1]
    assert len(differences) > 10 and np.median(differences) < 0.3
