"""Whisper tiny.en through CTranslate2.

Word times are off by default: asking for them changes the text itself (the tails of some sentences are lost).
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.loader_utils.faster_whisper import transcriber


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
    decoding_options = {name: card.options[name] for name in ("beam_size", "word_timestamps")}
    return Bundle(card, device, {"asr": transcriber(model, "en", **decoding_options)})
