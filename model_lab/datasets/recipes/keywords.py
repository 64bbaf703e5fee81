"""Keywords at known times between the prompts of telephone systems, which hold none of them.

Every prompt is used once, so that all false alarms are of different speech. Enrolment recordings are of other speakers, or
other synthetic voices, than the one who says the keyword in the recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import SpeechClip, pink, trimmed
from model_lab.datasets.recipes._noises import RATE
from model_lab.datasets.recipes._prompts import VOICES, RecordedPrompt, prompts
from model_lab.errors import BadConfig
from model_lab.loader_utils.speech_program import speak
from model_lab.types import Audio

SPEECH_RMS = 0.05
ROOM_DB = 35.0
"""The pink noise under everything, below speech: no stretch is digital silence."""

PAUSE = 0.3
SHORTEST = 0.4
"""Prompts shorter than this (s) are left out."""

_SPELT = "phonetic/"
"""Where the prompts of the spelling alphabet are; they are keywords, or too like them."""


_PROGRAMS = {"espeak-ng": ("-v", "-w"), "flite": ("-voice", "-o")}
"""Program -> its options before the voice's name and before the file it writes."""


@dataclass(frozen=True)
class KeywordRecording:
    """A keyword as somebody says it, and the paths of each keyword's enrolment recordings by others."""

    keyword: str
    clip: SpeechClip
    enrolled: Mapping[str, Sequence[str]]


def spelling_alphabet(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Real voices: ``keywords`` (keyword -> prompt of the spelling alphabet) in prompts of the same speaker, per language."""
    settings = workshop.settings
    spelt = {
        language: {prompt.name: prompt for prompt in prompts(workshop, language) if prompt.name.startswith(_SPELT)}
        for language in settings["languages"]
    }
    spoken = {
        language: {keyword: named[f"{_SPELT}{name}"] for keyword, name in settings["keywords"].items()}
        for language, named in spelt.items()
    }
    saved = {
        language: {keyword: workshop.save(f"enrolled/{prompt.id}", prompt.read()) for keyword, prompt in by_keyword.items()}
        for language, by_keyword in spoken.items()
    }
    words = {}
    for language, by_keyword in spoken.items():
        others = [other for other in spoken if VOICES[other] != VOICES[language]]
        enrolled = {keyword: [saved[other][keyword] for other in others] for keyword in by_keyword}
        words[language] = [KeywordRecording(keyword, _clip(prompt.read()), enrolled) for keyword, prompt in by_keyword.items()]
    banned = {prompt.text.casefold() for named in spelt.values() for prompt in named.values()}
    yield from _recordings(workshop, words, banned)


def wake_words(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Synthetic voices: ``keywords`` by every one of ``voices`` in real prompts; ``enrolled`` voices are kept for enrolment."""
    settings = workshop.settings
    if shared := set(settings["voices"]) & set(settings["enrolled"]):
        raise BadConfig(f"recipe: {', '.join(sorted(shared))} would be enrolled and tested; give each voice one use")
    enrolled = {
        keyword: [
            workshop.save(f"enrolled/{keyword.replace(' ', '-')}-{_file_name(voice)}", _spoken(voice, keyword))
            for voice in settings["enrolled"]
        ]
        for keyword in settings["keywords"]
    }
    words = [
        KeywordRecording(keyword, _clip(_spoken(voice, keyword)), enrolled)
        for voice in settings["voices"]
        for keyword in settings["keywords"]
    ]
    banned = {keyword.casefold() for keyword in settings["keywords"]}
    yield from _recordings(workshop, dict.fromkeys(settings["languages"], words), banned)


def _recordings(
    workshop: Workshop, words: Mapping[str, Sequence[KeywordRecording]], banned: set[str]
) -> Iterator[dict[str, Any]]:
    """Recordings of ``seconds`` s or a little more, ``per_recording`` keywords in each, until a language's prompts are used up."""
    settings = workshop.settings
    for number, language in enumerate(words):
        rng = np.random.default_rng([settings["seed"], number])
        speech = [prompt for prompt in prompts(workshop, language) if _is_speech(prompt, banned)]
        rng.shuffle(speech)
        turns = _in_turn(rng, words[language])
        for count, chosen in enumerate(_portions(speech, settings["seconds"], settings["per_recording"])):
            keywords = [next(turns) for _ in range(settings["per_recording"])]
            track, spoken = _recording(rng, [_clip(prompt.read()) for prompt in chosen], keywords)
            name = f"{language}-{count:03d}"
            yield {
                "id": name,
                "audio": workshop.save(name, track),
                "keywords": keywords[0].enrolled,
                "spoken": spoken,
                "language": language,
                "speaker": VOICES[language],
                "stratum": language,
            }


def _is_speech(prompt: RecordedPrompt, banned: set[str]) -> bool:
    padded = " ".join(["", *re.findall(r"[\w-]+", prompt.text.casefold()), ""])
    held = any(f" {phrase} " in padded for phrase in banned)
    return not held and not prompt.name.startswith(_SPELT) and prompt.duration >= SHORTEST


def _in_turn(rng: np.random.Generator, words: Sequence[KeywordRecording]) -> Iterator[KeywordRecording]:
    """All words in a random order, then all in another, and so on."""
    while True:
        for index in rng.permutation(len(words)):
            yield words[index]


def _portions(speech: Sequence[RecordedPrompt], seconds: float, fewest: int) -> Iterator[list[RecordedPrompt]]:
    """Prompts in their order, in lots of at least ``seconds`` and ``fewest`` prompts; what is left over at the end stays out."""
    lot: list[RecordedPrompt] = []
    for prompt in speech:
        lot.append(prompt)
        if len(lot) >= fewest and sum(one.duration for one in lot) >= seconds:
            yield lot
            lot = []


def _recording(
    rng: np.random.Generator, speech: Sequence[SpeechClip], keywords: Sequence[KeywordRecording]
) -> tuple[Audio, list[list[Any]]]:
    """The clips one after another with pauses, each word in a gap of its own, and ``[keyword, start, end]`` of every word."""
    gaps = dict(zip(rng.permutation(len(speech))[: len(keywords)].tolist(), keywords, strict=True))
    parts, spoken, at = [np.zeros(RATE // 2, np.float32)], list[list[Any]](), 0.5
    for number, clip in enumerate(speech):
        word = gaps.get(number)
        for part in (clip,) if word is None else (clip, word.clip):
            if word is not None and part is word.clip:
                spoken.append([word.keyword, round(at + part.spans[0][0], 3), round(at + part.spans[-1][1], 3)])
            silence = np.zeros(round(rng.uniform(0.25, 0.7) * RATE), np.float32)
            parts += [part.samples, silence]
            at += part.duration + len(silence) / RATE
    track = np.concatenate(parts)
    room = np.float32(SPEECH_RMS * 10 ** (-ROOM_DB / 20)) * pink(rng, len(track), RATE)
    return Audio(track + room, RATE), spoken


def _clip(sound: Audio) -> SpeechClip:
    return trimmed(sound, PAUSE, SPEECH_RMS)


def _spoken(voice: str, text: str) -> Audio:
    """``text`` by ``PROGRAM VOICE``, 16 kHz mono; raises `ModelLabError` if the program refuses, `BadConfig` for another program."""
    program, name = voice.split()
    if program not in _PROGRAMS:
        raise BadConfig(f"recipe: there is no program {program!r} to speak; expected one of {', '.join(_PROGRAMS)}")
    voiced, into = _PROGRAMS[program]
    clip = speak("recipe", text, lambda written, spoken: [program, voiced, name, "-f", str(written), into, str(spoken)])
    return clip.resample(RATE)


def _file_name(voice: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", voice.lower())
