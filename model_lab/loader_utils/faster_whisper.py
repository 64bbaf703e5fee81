"""Whisper through faster-whisper (CTranslate2), in windows of 30 s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_lab.types import Audio, Transcript, Word

RATE = 16000


def transcriber(model: Any, language: str = "", **settings: Any) -> Callable[[Audio], Transcript]:
    """A function that transcribes with a ``WhisperModel``; ``settings`` go to its ``transcribe``. Without a ``language`` it is detected."""

    def transcribe(audio: Audio) -> Transcript:
        segments, info = model.transcribe(audio.mono().resample(RATE).samples, language=language or None, **settings)
        parts = list(segments)
        words = tuple(Word(word.word.strip(), float(word.start), float(word.end)) for part in parts for word in part.words or ())
        return Transcript("".join(part.text for part in parts).strip(), words, info.language)

    return transcribe
