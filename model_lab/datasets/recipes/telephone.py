"""Telephone prompts in five languages (16 kHz), with their English originals, and by seven professional speakers (8 kHz, GSM)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets import codecs
from model_lab.datasets.recipes import Workshop, resampled
from model_lab.datasets.recipes._levels import spans
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts
from model_lab.errors import BadConfig
from model_lab.types import Audio

FURTHER = {
    "asterisk-prompt-es-co": ("es", "*.gsm"),
    "asterisk-prompt-fr-armelle": ("fr", "*.gsm"),
    "asterisk-prompt-it-menardi-wav": ("it", "*.wav"),
}
"""Package -> language of its one speaker, files. These have no texts."""

_NOT_SPEECH = re.compile(r"silence|beep|tone|ring|dtmf|music", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")

Row = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """A prompt of one of the seven speakers."""

    id: str
    speaker: str
    language: str
    path: Path

    def read(self) -> Audio:
        """The sound at 8 kHz as it comes out of a GSM telephone, mono."""
        return resampled.within_full_scale(codecs.gsm(resampled.mono(self.path, codecs.NARROW)))


def transcripts(workshop: Workshop) -> Iterator[Row]:
    """Prompts of ``language`` whose text has at least ``min_words`` and no numbers in digits, of at most ``max_seconds``.

    Faster than ``letters_per_second`` nobody speaks: such texts describe a sound, or hold the text of the next prompt too.
    ``spelling`` (wrong -> right, words or phrases in small letters) corrects the texts.
    """
    for prompt, text in _said(workshop, workshop.settings["language"]):
        yield _row(workshop, prompt) | {"text": text}


def translations(workshop: Workshop) -> Iterator[Row]:
    """The same in all ``languages``, each with the English prompt of the same name; ``spelling`` holds one table a language.

    Where one text has more than ``times`` as many words as the other, it says something else, and the prompt is left out.
    """
    settings = workshop.settings
    tables: Mapping[str, Mapping[str, str]] = settings["spelling"]
    english = {prompt.name: _spelled(prompt.text, tables.get("en", {})) for prompt in prompts(workshop, "en")}
    for language in settings["languages"]:
        for prompt, text in _said(workshop, language, tables.get(language, {})):
            translation = english.get(prompt.name, "")
            ratio = len(translation.split()) / len(text.split())
            if 1 / settings["times"] <= ratio <= settings["times"] and not re.search(r"\d", translation):
                named = {"group": prompt.name, "stratum": language}
                yield _row(workshop, prompt) | {"text": text, "translation": translation} | named


def languages(workshop: Workshop) -> Iterator[Row]:
    """``per_voice`` prompts of ``shortest`` to ``longest`` s by each of seven speakers, one of whom speaks two languages."""
    settings = workshop.settings
    voices = _voices(workshop)
    spoken = sorted({language for _, language in voices})
    for (speaker, language), own in voices.items():
        for recording in own[: settings["per_voice"]]:
            about = {"language": language, "languages": spoken, "speaker": speaker, "stratum": f"{speaker}-{language}"}
            yield {"id": recording.id, "audio": workshop.save(recording.id, recording.read())} | about


def trials(workshop: Workshop) -> Iterator[Row]:
    """Pairs of different prompts of ``shortest`` to ``longest`` s of four kinds, spread over the speakers; ``per_kind`` says how many of each.

    The kinds: "one speaker, one language", "one speaker, two languages", "two speakers, one language", "two speakers, two languages".
    """
    voices = _voices(workshop)
    rng = np.random.default_rng(workshop.settings["seed"])
    saved: dict[str, str] = {}
    for kind, cells in _kinds(list(voices)).items():
        used: set[frozenset[str]] = set()
        while len(used) < workshop.settings["per_kind"][kind]:
            one, other = cells[len(used) % len(cells)] if rng.random() < 0.5 else cells[len(used) % len(cells)][::-1]
            first, second = (own[int(rng.integers(len(own)))] for own in (voices[one], voices[other]))
            pair = frozenset((first.id, second.id))
            if len(pair) < 2 or pair in used:
                continue
            used.add(pair)
            for recording in (first, second):
                if recording.id not in saved:
                    saved[recording.id] = workshop.save(recording.id, recording.read())
            yield {
                "id": f"{first.id}--{second.id}",
                "audio": saved[first.id],
                "audio_b": saved[second.id],
                "same": first.speaker == second.speaker,
                "speaker": first.speaker,
                "language": first.language,
                "kind": kind,
                "group": first.speaker,
                "stratum": f"{kind}: {first.speaker}",
            }


def _kinds(voices: Sequence[tuple[str, str]]) -> dict[str, list[tuple[tuple[str, str], tuple[str, str]]]]:
    """Kind of trial -> pairs of (speaker, language)."""
    kinds: dict[str, list[tuple[tuple[str, str], tuple[str, str]]]] = defaultdict(list)
    kinds["one speaker, one language"] = [(voice, voice) for voice in voices]
    for one, other in combinations(voices, 2):
        speakers = "one speaker" if one[0] == other[0] else "two speakers"
        kinds[f"{speakers}, {'one language' if one[1] == other[1] else 'two languages'}"].append((one, other))
    return kinds


def _voices(workshop: Workshop) -> dict[tuple[str, str], list[Recording]]:
    """(Speaker, language) -> prompts of ``shortest`` to ``longest`` s, each text or sound once, in an order drawn from ``seed``."""
    settings = workshop.settings
    found: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for language in settings["languages"]:
        once = {prompt.text.casefold(): prompt for prompt in prompts(workshop, language)}
        for prompt in once.values():
            found[prompt.speaker, language].append(Recording(prompt.id, prompt.speaker, language, prompt.path))
    for package, (language, pattern) in FURTHER.items():
        speaker = package.removeprefix("asterisk-prompt-").removesuffix("-wav")
        contents: set[bytes] = set()
        for path in sorted((workshop.archive(package) / "usr/share/asterisk/sounds").rglob(pattern)):
            if not _NOT_SPEECH.search(path.name) and (content := path.read_bytes()) not in contents:
                contents.add(content)
                name = f"{speaker}-{'-'.join(path.relative_to(path.parents[1]).with_suffix('').parts)}"
                found[speaker, language].append(Recording(name, speaker, language, path))
    for number, (voice, own) in enumerate(found.items()):
        fit = [each for each in own if _fits(audio.read(each.path).mono(), settings["shortest"], settings["longest"])]
        if len(fit) < 2:
            raise BadConfig(
                f"recipe: {voice[0]} has {len(fit)} prompts of {settings['shortest']} to {settings['longest']} s; expected 2"
            )
        np.random.default_rng([settings["seed"], number]).shuffle(fit)
        found[voice] = fit
    return found


def _fits(sound: Audio, shortest: float, longest: float) -> bool:
    """Whether it is of this length (s) and somebody speaks in it for a second: some files of the packages are silent."""
    if not shortest <= sound.duration <= longest or np.abs(sound.samples).max() < 0.02:
        return False
    return sum(end - start for start, end in spans(sound, pause=0.3)) >= 1.0


def _said(workshop: Workshop, language: str, spelling: Mapping[str, str] | None = None) -> Iterator[tuple[RecordedPrompt, str]]:
    settings = workshop.settings
    table = settings["spelling"] if spelling is None else spelling
    for prompt in prompts(workshop, language):
        letters = sum(letter.isalpha() for letter in prompt.text)
        enough = len(_WORD.findall(prompt.text)) >= settings["min_words"] and not re.search(r"\d", prompt.text)
        if enough and prompt.duration <= settings["max_seconds"] and letters <= settings["letters_per_second"] * prompt.duration:
            yield prompt, _spelled(prompt.text, table)


def _spelled(text: str, spelling: Mapping[str, str]) -> str:
    """The text with words and phrases replaced, capitals kept at their beginning.

    >>> _spelled("Esta en la linea.", {"esta en": "está en", "linea": "línea"})
    'Está en la línea.'
    """
    if not spelling:
        return text
    wrong = "|".join(re.escape(phrase) for phrase in sorted(spelling, key=len, reverse=True))

    def right(match: re.Match[str]) -> str:
        found = spelling[match[0].lower()]
        return found[0].upper() + found[1:] if match[0][0].isupper() else found

    return re.sub(rf"(?<!\w)(?:{wrong})(?!\w)", right, text, flags=re.IGNORECASE)


def _row(workshop: Workshop, prompt: RecordedPrompt) -> Row:
    name = workshop.save(prompt.id, prompt.read())
    return {"id": prompt.id, "audio": name, "language": prompt.language, "speaker": prompt.speaker, "group": prompt.id}
