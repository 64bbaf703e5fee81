"""Telephone prompts with their texts: what was said (asr, asr_stream), and texts with a human reading (tts)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import spans
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts

_SENTENCE = re.compile(r"[A-Z][^:]*[.!?]")


def transcripts(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Every prompt of ``language`` with at least ``min_words`` and at most ``max_seconds``; ``spelling`` fixes errors in the texts.

    Where speech begins and ends is taken from the clip's own energy.
    """
    for prompt in _chosen(workshop):
        if prompt.duration <= workshop.settings["max_seconds"]:
            speech = spans(prompt.read(), pause=0.3)
            times = {"speech_start": speech[0][0], "speech_end": speech[-1][1]}
            yield _row(workshop, prompt) | {"text": prompt.text, "stratum": _length(prompt)} | times


def readings(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Texts of whole sentences, ``min_words`` to ``max_words`` long, each once, with the human reading as ``audio``."""
    seen: set[str] = set()
    for prompt in _chosen(workshop):
        long = len(prompt.text.split()) > workshop.settings["max_words"]
        if not long and prompt.text.lower() not in seen and _SENTENCE.fullmatch(prompt.text):
            seen.add(prompt.text.lower())
            yield {"text": prompt.text, "stratum": _length(prompt)} | _row(workshop, prompt)


def _chosen(workshop: Workshop) -> list[RecordedPrompt]:
    settings = workshop.settings
    available = prompts(workshop, settings["language"], settings["spelling"])
    return [prompt for prompt in available if len(prompt.text.split()) >= settings["min_words"]]


def _row(workshop: Workshop, prompt: RecordedPrompt) -> dict[str, Any]:
    name = workshop.save(prompt.id, prompt.read())
    return {"id": prompt.id, "audio": name, "language": prompt.language, "speaker": prompt.speaker, "group": prompt.id}


def _length(prompt: RecordedPrompt) -> str:
    words = len(prompt.text.split())
    return "4-7 words" if words < 8 else "8-15 words" if words < 16 else "16 words and more"
