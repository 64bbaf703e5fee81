"""PocketSphinx as a keyword spotter: the phrase's phones against a loop of all phones (hidden Markov models, no language model).

The score is the decimal logarithm of the likelihood ratio of the phrase to the loop, the scale on which PocketSphinx sets its
thresholds (``1e-20`` is -20). A word must be in the English dictionary of the package or in the option ``pronunciations``; a
phrase with any other word cannot be detected.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable
from typing import Any

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ModelLabError
from model_lab.loader_utils.spotting import RATE
from model_lab.types import Audio, Detection

_SHORTEST = 0.1
"""Seconds below which there is no room for a word: such sound is answered without the decoder, which cannot start on it."""

_BASE = math.log(1.0001)
_SHIFT, _OFFSET = 1024, 1500
"""A detection's "probability" is exp(_BASE * (ratio / _SHIFT - _OFFSET)), the ratio being a logarithm to the base 1.0001."""


def load(card: ModelCard, device: str) -> Bundle:
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=RATE, lm=None, dither=True, seed=1, loglevel="FATAL")
    for word, phones in card.options["pronunciations"].items():
        try:
            decoder.add_word(word, phones, True)
        except RuntimeError:
            raise BadConfig(
                f"{card.name}: pronunciation {phones!r} of {word!r} is invalid; expected CMUdict phones for a word that is not in the dictionary"
            ) from None
    threshold, floor = card.options["threshold"], card.options["floor"]

    def spot(audio: Audio, keywords: dict[str, list[Audio]]) -> list[Detection]:
        phrases = {" ".join(keyword.lower().replace("_", " ").split()): keyword for keyword in keywords}
        detectable = [phrase for phrase in phrases if phrase and all(decoder.lookup_word(word) for word in phrase.split())]
        if not detectable:
            raise ModelLabError(
                f"{card.name}: has no pronunciation for any of {', '.join(map(repr, keywords)) or 'no keywords'}; "
                "add one to the option pronunciations"
            )
        if audio.duration < _SHORTEST:
            return []
        _listen_for(decoder, detectable, floor)
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(audio.mono().resample(RATE).pcm16().tobytes(), full_utt=True)
        decoder.end_utt()
        detections = [
            (phrases[part.word.strip()], part.start_frame, part.end_frame + 1, _ratio(part.prob)) for part in decoder.seg() or ()
        ]
        return [
            Detection(keyword, start / 100, min(end / 100, audio.duration), score, score >= threshold)
            for keyword, start, end, score in sorted(detections, key=lambda entry: (entry[1], entry[0]))
            if start / 100 < audio.duration
        ]

    return Bundle(card, device, {"kws": spot})


def _listen_for(decoder: Any, phrases: Iterable[str], floor: float) -> None:
    """Make the decoder report these phrases, down to a likelihood ratio of 10 to the power of ``floor``."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
        listing.writelines(f"{phrase} /1e{floor:g}/\n" for phrase in phrases)
        listing.flush()
        decoder.add_kws("keywords", listing.name)
    decoder.activate_search("keywords")


def _ratio(probability: float) -> float:
    return (math.log(probability) / _BASE + _OFFSET) * _SHIFT * _BASE / math.log(10)
