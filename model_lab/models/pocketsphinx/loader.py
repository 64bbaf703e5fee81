"""PocketSphinx with the English model inside its package.

Its front end carries the cepstral mean of one clip over to the next: it is started afresh for every clip. In digital silence
all words score the same and leftovers of the clip before decide: one bit of dither, always the same, makes it hear nothing.
So an answer does not depend on what was asked before.
"""

from __future__ import annotations

import re

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, Transcript, Word

_RATE = 16000
_SHORTEST = 0.1
"""Seconds below which there is no room for a word: such sound is answered without the decoder, which cannot start on it."""

_PRONUNCIATION = re.compile(r"\(\d+\)$")
_FILLER = ("<", "[", "+")


def load(card: ModelCard, device: str) -> Bundle:
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=_RATE, dither=True, seed=1, loglevel="FATAL")
    frames_per_second = decoder.config["frate"]

    def transcribe(audio: Audio) -> Transcript:
        if audio.duration < _SHORTEST:
            return Transcript("", language="en")
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(audio.mono().resample(_RATE).pcm16().tobytes(), full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return Transcript("", language="en")
        words = tuple(
            Word(
                _PRONUNCIATION.sub("", part.word), part.start_frame / frames_per_second, (part.end_frame + 1) / frames_per_second
            )
            for part in decoder.seg()
            if not part.word.startswith(_FILLER)
        )
        return Transcript(" ".join(word.text for word in words), words, "en")

    return Bundle(card, device, {"asr": transcribe})
