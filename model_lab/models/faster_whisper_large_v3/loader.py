"""Whisper large-v3 through CTranslate2.

Word times are off by default: asking for them changes the text itself.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils import load_errors
from model_lab.loader_utils.faster_whisper import transcriber

_COMPUTE = {"cpu": "int8", "cuda": "float16"}


def load(card: ModelCard, device: str) -> Bundle:
    from faster_whisper import WhisperModel

    folder = card.repository("model")
    with load_errors.translate(card, folder, RuntimeError):
        model = WhisperModel(
            str(folder), device=device, compute_type=_COMPUTE[device], cpu_threads=threads(), local_files_only=True
        )
    language, languages = card.options["language"], model.supported_languages
    if language and language not in languages:
        raise BadConfig(
            f"{card.name}: option language is {language!r}{nearest(language, languages)}; expected one of: {', '.join(languages)}"
        )
    decoding_options = {name: card.options[name] for name in ("beam_size", "word_timestamps", "max_new_tokens")}
    return Bundle(card, device, {"asr": transcriber(model, language, **decoding_options)})
