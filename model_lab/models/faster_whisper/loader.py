"""Whisper tiny.en through CTranslate2.

Word times are off by default: asking for them changes the text itself (the tails of some sentences are lost).
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio, Transcript, Word


def load(card: ModelCard, device: str) -> Bundle:
    from faster_whisper import WhisperModel

    folder = {card.file(name).parent for name in card.weights.files}.pop()
    model = WhisperModel(
        str(folder),
        device=device,
        compute_type=card.options["compute_type"],
        cpu_threads=threads(),
        local_files_only=True,
    )

    def transcribe(audio: Audio) -> Transcript:
        segments, _ = model.transcribe(
            audio.mono().resample(16000).samples,
            language="en",
            beam_size=card.options["beam_size"],
            word_timestamps=card.options["word_timestamps"],
        )
        parts = list(segments)
        words = tuple(Word(word.word.strip(), float(word.start), float(word.end)) for part in parts for word in part.words or ())
        return Transcript("".join(part.text for part in parts).strip(), words, "en")

    return Bundle(card, device, {"asr": transcribe})
