"""The stamps of Tux Paint: what is on a picture, said by volunteers in several languages, each with its text."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab.datasets.recipes import Workshop, resampled
from model_lab.datasets.recipes._levels import spans
from model_lab.types import Audio

STAMPS = "usr/share/tuxpaint/stamps"
RATE = 16000

_WORDS_ALONE = re.compile(r"(?:[^\W\d_]|[\s.,?!¿¡:;'’\"“”„«»·—–…-])+")
"""Texts that are read as they are written: without numbers, signs, and remarks in brackets."""


def transcripts(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Descriptions in ``language`` of at least ``min_words``, each text and each sound once; names of letters and signs are left out.

    Texts were reworded after they had been recorded. A sound that stands for different texts is left out, and so is one whose
    letters per second of speech are not within ``letters_per_second`` ([lowest, highest]).
    """
    settings = workshop.settings
    root = workshop.archive("tuxpaint-stamps-default") / STAMPS
    lowest, highest = settings["letters_per_second"]
    seen: set[str] = set()
    for path, text, sound in _told(root, settings["language"]):
        kind = path.relative_to(root).parts[0]
        if len(text.split()) < settings["min_words"] or not _WORDS_ALONE.fullmatch(text) or kind == "symbols":
            continue
        speech = spans(sound, pause=0.3) if sound.samples.any() else []
        letters = sum(letter.isalpha() for letter in text)
        spoken = sum(end - start for start, end in speech)
        if speech and lowest <= letters / spoken <= highest and text.casefold() not in seen:
            seen.add(text.casefold())
            name = "-".join(path.relative_to(root).with_suffix("").parts).replace(f"_desc_{settings['language']}", "")
            yield {
                "id": name,
                "audio": workshop.save(name, sound),
                "text": text,
                "language": settings["language"],
                "stratum": kind,
            }


def _told(root: Path, language: str) -> list[tuple[Path, str, Audio]]:
    """Paths, texts and sounds (mono, 16 kHz), in the order of their paths, of the sounds that have one text alone.

    The same sound is there several times, in files that differ.
    """
    texts: dict[bytes, set[str]] = defaultdict(set)
    told: list[tuple[Path, str, Audio]] = []
    for path in sorted(root.rglob(f"*_desc_{language}.ogg")):
        listing = path.with_name(path.name.removesuffix(f"_desc_{language}.ogg") + ".txt")
        if listing.is_file() and (text := _text(listing, language)):
            sound = resampled.mono(path, RATE)
            texts[_digest(sound)].add(text.casefold())
            told.append((path, text, sound))
    return [(path, text, sound) for path, text, sound in told if len(texts[_digest(sound)]) == 1]


def _digest(sound: Audio) -> bytes:
    return hashlib.sha256(sound.samples.tobytes()).digest()


def _text(listing: Path, language: str) -> str:
    """The text of a language in a stamp's list, ``fr.utf8=Un chat.``; empty if it has none."""
    start = f"{language}.utf8="
    lines = listing.read_text("utf-8", errors="replace").splitlines()
    return next((" ".join(line.removeprefix(start).split()) for line in lines if line.startswith(start)), "")
