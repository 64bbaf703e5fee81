"""The game Fish Fillets: lines acted in Czech and Dutch, each with its text and its English translation.

Two fish, small and big, talk in every level; Czech has further roles. The Dutch recordings have a stereo reverberation.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop, dialogues, resampled
from model_lab.datasets.recipes._levels import contrast_db, trimmed
from model_lab.errors import BadConfig
from model_lab.types import Audio

RATE = 16000

FISH = {"font_small": "small", "font_big": "big"}
"""Colour of the subtitles -> role. The other colours are used by several characters."""

LATER = {"cs": frozenset({"fdto", "hanoi", "hole", "keys", "linux", "nowall", "rush"})}
"""Levels that were recorded later than the game, at 44.1 kHz, with other voices for the two fish.

Cosine similarity (Resemblyzer) of the mean of a fish's lines in one of these levels with the mean of its lines in the first ones: 0.57
to 0.73; of any other level: 0.76 to 0.92.
"""

SOUNDLESS = {"nl": frozenset({"elevator1/zd1-m-cesta", "gems/zav-v-sto"})}
"""Files without a single sample."""

BACKGROUND_DB = 25.0
"""Quietest frames (2nd percentile) that are less than this below the loud ones: noise, music or a sound effect lies under the line."""

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(rf"dialogId\({_QUOTED},\s*{_QUOTED},\s*{_QUOTED}\)\s*dialogStr\({_QUOTED}\)")
_WORDS_ALONE = re.compile(r"[A-Za-z\u00c0-\u024f\s.,?!:;'’\"“”„…–—-]+")
"""Texts that are read as they are written: without numbers, placeholders, signs and other scripts."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One recording: what is said in it, the English text, and who says it in which level; ``number`` is its place in the level."""

    level: str
    key: str
    number: int
    role: str
    later: bool
    text: str
    english: str
    language: str
    path: Path

    @property
    def id(self) -> str:
        """Unique over both languages, fit for a file name."""
        return f"{self.language}-{self.level}-{self.key}"

    @property
    def is_fish(self) -> bool:
        """Whether it is one of the two fish, in the voice that it has in the game as it was first published."""
        return self.role in FISH.values() and not self.later

    @property
    def speaker(self) -> str:
        """Who speaks, of the two fish."""
        return f"{self.language}-{self.role}"

    def read(self) -> Audio:
        """The sound: mono, 16 kHz."""
        return resampled.mono(self.path, RATE)


def lines(workshop: Workshop, language: str) -> list[Line]:
    """All lines of a language that are words and nothing else and have a sound, each sound once, in the order of the scripts."""
    scripts = workshop.archive("fillets-ng-data") / "usr/share/games/fillets-ng/script"
    sounds = workshop.archive(f"fillets-ng-data-{language}") / "usr/share/games/fillets-ng/sound"
    found: dict[bytes, Line] = {}
    for script in sorted(scripts.glob(f"*/dialogs_{language}.lua")):
        level = script.parent.name
        for number, (key, colour, english, text) in enumerate(_LINE.findall(script.read_text("utf-8"))):
            path = sounds / level / language / f"{key}.ogg"
            soundless = f"{level}/{key}" in SOUNDLESS.get(language, ())
            if path.is_file() and not soundless and _WORDS_ALONE.fullmatch(text):
                role, later = FISH.get(colour, "other"), level in LATER.get(language, ())
                line = Line(level, key, number, role, later, text.strip(), english.strip(), language, path)
                found.setdefault(hashlib.sha256(path.read_bytes()).digest(), line)
    return list(found.values())


def transcripts(workshop: Workshop) -> Iterator[Row]:
    """Lines of ``language`` with at least ``min_words`` and at most ``max_seconds``."""
    for line, sound in _chosen(workshop, workshop.settings["language"]):
        yield _row(workshop, line, sound) | {"text": line.text}


def translations(workshop: Workshop) -> Iterator[Row]:
    """The same in all ``languages``, with the English text where that is words alone too."""
    for language in workshop.settings["languages"]:
        for line, sound in _chosen(workshop, language):
            if _WORDS_ALONE.fullmatch(line.english):
                yield _row(workshop, line, sound) | {"text": line.text, "translation": line.english}


def languages(workshop: Workshop) -> Iterator[Row]:
    """``per_language`` lines of all ``languages``, of ``shortest`` to ``longest`` s, drawn from ``seed``."""
    settings = workshop.settings
    for place, language in enumerate(settings["languages"]):
        said = lines(workshop, language)
        np.random.default_rng([settings["seed"], place]).shuffle(said)
        fit = ((line, sound) for line in said if settings["shortest"] <= (sound := line.read()).duration <= settings["longest"])
        for line, sound in islice(fit, settings["per_language"]):
            yield _row(workshop, line, sound) | {"languages": settings["languages"]}


def trials(workshop: Workshop) -> Iterator[Row]:
    """Pairs of lines of ``shortest`` to ``longest`` s of the two fish of one language: the same fish, or one and the other.

    The two lines of a pair are of different levels, and no line is in two pairs. There are as many pairs with one speaker as with two,
    ``pairs`` of each language and kind.
    """
    settings = workshop.settings
    for place, language in enumerate(settings["languages"]):
        rng = np.random.default_rng([settings["seed"], place])
        left = _decks(rng, [line for line in lines(workshop, language) if line.is_fish], settings)
        kinds = [("small", "small"), ("small", "big"), ("big", "big"), ("big", "small")]
        for _ in range(settings["pairs"]):
            for one, other in kinds:
                first, second = _pair(left[one], left[other])
                yield {
                    "id": f"{first.id}--{second.id}",
                    "audio": workshop.save(first.id, first.read()),
                    "audio_b": workshop.save(second.id, second.read()),
                    "same": one == other,
                    "speaker": first.speaker,
                    "language": language,
                    "kind": "one role" if one == other else "two roles",
                    "group": f"{language}-{first.level}",
                    "stratum": f"{language}-{one}-{other}",
                }


def conversations(workshop: Workshop) -> Iterator[Row]:
    """Lines of the two fish as they follow one another in the script, ``shortest`` to ``longest`` lines a recording, one a level.

    Only lines without a background, and no line is left out between two of a recording. Pauses between lines are drawn from ``seed``; a
    level that has no such stretch with both fish has no recording.
    """
    settings = workshop.settings
    for place, language in enumerate(settings["languages"]):
        for number, (level, spoken) in enumerate(groupby(lines(workshop, language), key=lambda line: line.level)):
            chosen = _stretch(list(spoken), settings["shortest"], settings["longest"])
            if chosen:
                rng = np.random.default_rng([settings["seed"], place, number])
                placed = dialogues.in_order(rng, [_sentence(line) for line in chosen])
                name = f"{language}-{level}"
                sound = Audio(dialogues.track(rng, placed), dialogues.RATE)
                about = {"language": language, "level": level, "group": name, "stratum": language}
                yield {"id": name, "audio": workshop.save(name, sound)} | about | dialogues.truth(placed, [])


def _chosen(workshop: Workshop, language: str) -> Iterator[tuple[Line, Audio]]:
    settings = workshop.settings
    for line in lines(workshop, language):
        if len(line.text.split()) >= settings["min_words"] and (sound := line.read()).duration <= settings["max_seconds"]:
            yield line, sound


def _row(workshop: Workshop, line: Line, sound: Audio) -> Row:
    name = workshop.save(line.id, sound)
    return {
        "id": line.id,
        "audio": name,
        "language": line.language,
        "role": line.role,
        "level": line.level,
        "cast": "later" if line.later else "first",
        "background": "audible" if _audible(sound) else "quiet",
        "group": f"{line.language}-{line.level}",
        "stratum": f"{line.language}-{line.level}",
    }


def _audible(sound: Audio) -> bool:
    """Whether something lies under the line; a constant offset, which some lines have, is not heard."""
    return contrast_db(Audio(sound.samples - sound.samples.mean(), RATE)) < BACKGROUND_DB


def _decks(rng: np.random.Generator, spoken: Sequence[Line], settings: Mapping[str, Any]) -> dict[str, list[Line]]:
    """Role -> its lines without a background, in a random order."""
    decks: dict[str, list[Line]] = defaultdict(list)
    for line in spoken:
        sound = line.read()
        if settings["shortest"] <= sound.duration <= settings["longest"] and not _audible(sound):
            decks[line.role].append(line)
    for role in sorted(decks):
        rng.shuffle(decks[role])
    return decks


def _pair(left: list[Line], right: list[Line]) -> tuple[Line, Line]:
    """Takes the last line of ``left``, and the last of ``right`` that is of another level, out of both."""
    first = left.pop() if left else None
    second = next((line for line in reversed(right) if first and line.level != first.level), None)
    if first is None or second is None:
        raise BadConfig("recipe: there are too few lines for the pairs; lower the card's setting pairs")
    right.remove(second)
    return first, second


def _stretch(spoken: Sequence[Line], shortest: int, longest: int) -> list[Line]:
    """The first lines that follow one another in the script, by the two fish alone and by both of them, without a background."""
    fit = [line for line in spoken if line.is_fish and not _audible(line.read())]
    for _, run in groupby(enumerate(fit), key=lambda entry: entry[1].number - entry[0]):
        stretch = [line for _, line in run][:longest]
        if len(stretch) >= shortest and len({line.role for line in stretch}) == 2:
            return stretch
    return []


def _sentence(line: Line) -> dialogues.Sentence:
    clip = trimmed(line.read(), dialogues.PAUSE_S, dialogues.SPEECH_RMS)
    return dialogues.Sentence(line.speaker, line.text, clip, None)
