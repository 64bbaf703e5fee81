"""Silero VAD from the copy inside faster-whisper."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig
from model_lab.types import Audio, Segment

_RATE = 16000


def load(card: ModelCard, device: str) -> Bundle:
    from faster_whisper.vad import VadOptions, get_speech_timestamps, get_vad_model

    options = card.options
    if not 0 < options["threshold"] < 1:
        raise BadConfig(f"{card.name}: option threshold is {options['threshold']!r}; expected a probability between 0 and 1")
    chosen = VadOptions(
        threshold=options["threshold"],
        min_speech_duration_ms=1000 * options["min_speech"],
        min_silence_duration_ms=1000 * options["min_silence"],
        speech_pad_ms=1000 * options["padding"],
    )
    get_vad_model()

    def detect(audio: Audio) -> list[Segment]:
        spans = get_speech_timestamps(audio.mono().resample(_RATE).samples, chosen)
        return [Segment(span["start"] / _RATE, min(span["end"] / _RATE, audio.duration)) for span in spans]

    return Bundle(card, device, {"vad": detect})
