from __future__ import annotations

import numpy as np

from model_lab.metrics import intelligibility
from model_lab.metrics.signals import NoisyPair
from model_lab.types import Audio, Transcript

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def test_words_lost_in_the_answer_are_counted():
    pair = NoisyPair(SOUND, SOUND, "Please press one now.")
    assert intelligibility.RECOGNISED_WER.score(pair, SOUND, Transcript("please press now")) == 0.25


def test_only_english_rows_with_a_text_are_judged():
    asks = intelligibility.RECOGNISED_WER.judge.asks
    assert asks({"text": "press one", "language": "en"}) and asks({"text": "press one"})
    assert not asks({"language": "en"}) and not asks({"text": "", "language": "en"})
    assert not asks({"text": "drücken Sie eins", "language": "de"})
