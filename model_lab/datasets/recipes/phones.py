"""Recordings with the phones that a pronouncing dictionary gives for their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._prompts import prompts
from model_lab.formats import plain
from model_lab.types import Audio

ARPABET = {
    "AA": "ɑ",
    "AE": "æ",
    "AH": "ʌ",
    "AO": "ɔ",
    "AW": "aʊ",
    "AY": "aɪ",
    "B": "b",
    "CH": "tʃ",
    "D": "d",
    "DH": "ð",
    "EH": "ɛ",
    "ER": "ɝ",
    "EY": "eɪ",
    "F": "f",
    "G": "ɡ",
    "HH": "h",
    "IH": "ɪ",
    "IY": "i",
    "JH": "dʒ",
    "K": "k",
    "L": "l",
    "M": "m",
    "N": "n",
    "NG": "ŋ",
    "OW": "oʊ",
    "OY": "ɔɪ",
    "P": "p",
    "R": "ɹ",
    "S": "s",
    "SH": "ʃ",
    "T": "t",
    "TH": "θ",
    "UH": "ʊ",
    "UW": "u",
    "V": "v",
    "W": "w",
    "Y": "j",
    "Z": "z",
    "ZH": "ʒ",
}
"""The 39 phones of the CMU dictionary in IPA. It has no stress, so AH is also the sound of ``a`` in ``about``."""

_DICTIONARY = "usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict"
_SENTENCE = re.compile(r"<s>\s*(?P<text>.*?)\s*</s>\s*\((?P<name>[^)]+)\)")
_ABBREVIATION = re.compile(r"\b[A-Z]{2,}\b|\b[A-Za-z]\.[A-Za-z]\.|\d")

Pronunciations = Mapping[str, str]


def looked_up(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """The English prompts of ``min_words`` and more, and the LibriVox sentences, whose every word is in the dictionary.

    ``spelling`` (phrase -> phrase) fixes errors in the texts; texts with numbers in digits or abbreviations are left out.
    """
    pronunciations = dictionary(workshop.archive("pocketsphinx-en-us") / _DICTIONARY)
    for name, written, speaker, sound in _recordings(workshop):
        text = reduce(lambda text, slip: text.replace(*slip), workshop.settings["spelling"].items(), written)
        if phones := pronounced(text, pronunciations):
            yield {
                "id": name,
                "audio": workshop.save(name, sound),
                "phones": phones,
                "text": text,
                "language": "en",
                "speaker": speaker,
                "stratum": "reading" if name.startswith("librivox") else _length(text),
            }


def dictionary(path: Path) -> Pronunciations:
    """Word -> its first pronunciation in IPA, from a dictionary in the format of CMU Sphinx."""
    entries = (line.split() for _, line in plain.lines(path))
    return {word: " ".join(ARPABET[phone] for phone in phones) for word, *phones in entries if not word.endswith(")")}


def pronounced(text: str, pronunciations: Pronunciations) -> str:
    """The phones of a text in citation form, or nothing if one of its words is not known.

    >>> pronounced("A b, a.", {"a": "ʌ", "b": "b i"})
    'ʌ b i ʌ'
    """
    words = re.findall(r"[a-z']+", text.lower())
    return (
        ""
        if _ABBREVIATION.search(text) or any(word not in pronunciations for word in words)
        else " ".join(pronunciations[word] for word in words)
    )


def _recordings(workshop: Workshop) -> Iterator[tuple[str, str, str, Audio]]:
    """Name, text, speaker and sound."""
    for prompt in prompts(workshop, "en"):
        if len(prompt.text.split()) >= workshop.settings["min_words"]:
            yield prompt.id, prompt.text, prompt.speaker, prompt.read()
    folder = workshop.archive("pocketsphinx-testdata") / "usr/share/pocketsphinx/test/data/librivox"
    for match in _SENTENCE.finditer((folder / "transcription").read_text("utf-8")):
        yield f"librivox-{match['name']}", match["text"], "librivox", audio.read(folder / f"{match['name']}.wav")


def _length(text: str) -> str:
    words = len(text.split())
    return "up to 7 words" if words < 8 else "8-15 words" if words < 16 else "16 words and more"
