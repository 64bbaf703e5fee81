"""Forced alignment with PocketSphinx: the English model inside its package, held to the words of a text.

Its search places the words with pauses between them where there are any, and takes whichever pronunciation fits best. Where the
sound does not hold the whole text no word is found. (The package's second pass, over the phones, fails on some clips and can take the
process down with it: it is not used.) The decoder is started afresh for every clip, so that an answer does not depend on what was
asked before.
"""

from __future__ import annotations

import re
from typing import Any

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Audio, Word

_RATE = 16000
_SHORTEST = 0.1
"""Seconds below which there is no room for a word."""

_FILLER = ("<", "[", "+")
_AROUND = re.compile(r"^[^\w]+|[^\w]+$")


def load(card: ModelCard, device: str) -> Bundle:
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=_RATE, dither=True, seed=1, lm=None, loglevel="FATAL")
    frames_per_second = decoder.config["frate"]

    def align(audio: Audio, text: str) -> list[Word]:
        spellings = {index: _spelling(card, decoder, word) for index, word in enumerate(text.split())}
        parts = [(index, part) for index, spelling in spellings.items() for part in spelling]
        if not parts or audio.duration < _SHORTEST:
            return []
        decoder.reinit_feat()
        decoder.set_align_text(" ".join(part for _, part in parts))
        decoder.start_utt()
        decoder.process_raw(audio.mono().resample(_RATE).pcm16().tobytes(), full_utt=True)
        decoder.end_utt()
        segments = decoder.seg() if decoder.hyp() else ()
        word_segments = [part for part in segments if not part.word.startswith(_FILLER)]
        if len(word_segments) < len(parts):  # the sound ended before the text
            return []
        spans: dict[int, tuple[int, int]] = {}
        for (index, _), part in zip(parts, word_segments, strict=True):
            start, _ = spans.get(index, (part.start_frame, 0))
            spans[index] = (start, part.end_frame + 1)
        words = text.split()
        return [Word(words[index], start / frames_per_second, end / frames_per_second) for index, (start, end) in spans.items()]

    return Bundle(card, device, {"alignment": align})


def _spelling(card: ModelCard, decoder: Any, word: str) -> list[str]:
    """A word of the text as the dictionary has it: whole, or in its hyphenated parts; nothing if it is punctuation alone."""
    bare = _AROUND.sub("", word.lower().replace("’", "'"))
    for parts in ([bare], bare.split("-")):
        if all(not part or decoder.lookup_word(part) for part in parts):
            return [part for part in parts if part]
    raise ModelLabError(
        f"{card.name}: {word!r} is not in its dictionary; write numbers in words, leave out text that has other words"
    )
