"""Multilingual Whisper base through CTranslate2: the text in its own language, the language, or the text in English.

The language is detected in the first 30 s unless the option names it. Word times are off by default, as in ``faster_whisper``; a
translation has none. Texts are decoded at temperature 0 alone: Whisper's other temperatures, tried where a text repeats itself or is
improbable, are random, so that the same sound would have several answers. Against repetition, no sequence of
``no_repeat_ngram_size`` tokens is written twice in a window.
"""

from __future__ import annotations

from dataclasses import replace

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils.faster_whisper import RATE, transcriber
from model_lab.loader_utils.spoken_language import identifier
from model_lab.types import Audio, FloatArray, Transcript

_ISO = {"jw": "jv"}
"""Whisper's code that differs from ISO 639-1."""


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
    language = str(card.options["language"])
    own = {_ISO.get(code, code): code for code in model.supported_languages if _ISO.get(code, code) in card.languages}
    if language and language not in own:
        raise BadConfig(
            f"{card.name}: option language is {language!r}{nearest(language, own)}; expected one of: {', '.join(card.languages)}"
        )
    decoding_options = {"temperature": 0.0, **{name: card.options[name] for name in ("beam_size", "no_repeat_ngram_size")}}
    recognise = transcriber(model, own.get(language, ""), word_timestamps=card.options["word_timestamps"], **decoding_options)
    translated = transcriber(model, own.get(language, ""), task="translate", **decoding_options)

    def transcribe(audio: Audio) -> Transcript:
        transcript = recognise(audio)
        return replace(transcript, language=_ISO.get(transcript.language, transcript.language))

    def translate(audio: Audio) -> Transcript:
        return replace(translated(audio), language="en")

    def probabilities(samples: FloatArray) -> dict[str, float]:
        _, _, of_all = model.detect_language(samples)
        return {_ISO.get(code, code): float(probability) for code, probability in of_all}

    identify = identifier(card.name, probabilities, RATE, model.feature_extractor.n_samples)
    return Bundle(card, device, {"asr": transcribe, "langid": identify, "translate": translate})
