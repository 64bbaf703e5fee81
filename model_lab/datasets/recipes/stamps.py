"""The stamps of Tux Paint: what is on a picture, said by volunteers in several languages, each with its text."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import spans

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
    told = _told(root, settings["language"])
    lowest, highest = settings["letters_per_second"]
    seen: set[str] = set()
    for path, text in told.items():
        kind = path.relative_to(root).parts[0]
        if len(text.split()) < settings["min_words"] or not _WORDS_ALONE.fullmatch(text) or kind == "symbols":
            continue
        sound = audio.read(path).mono().resample(RATE)
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


def _told(root: Path, language: str) -> dict[Path, str]:
    """Sound -> its text, for sounds that have one text alone, in the order of their paths."""
    texts: dict[str, set[str]] = defaultdict(set)
    told: dict[Path, tuple[str, str]] = {}
    for path in sorted(root.rglob(f"*_desc_{language}.ogg")):
        listing = path.with_name(path.name.removesuffix(f"_desc_{language}.ogg") + ".txt")
        if listing.is_file() and (text := _text(listing, language)):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            texts[content].add(text.casefold())
            told[path] = (content, text)
    return {path: text for path, (content, text) in told.items() if len(texts[content]) == 1}


def _text(listing: Path, language: str) -> str:
    """The text of a language in a stamp's list, ``fr.utf8=Un chat.``; empty if it has none."""
    start = f"{language}.utf8="
    lines = listing.read_text("utf-8", errors="replace").splitlines()
    return next((" ".join(line.removeprefix(start).split()) for line in lines if line.startswith(start)), "")
