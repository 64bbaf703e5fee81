"""Festival's text2wave with the HTS voice cmu_us_slt_arctic, run once for each text."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.speech_program import program, speak
from model_lab.types import Audio

_VOICE = "(voice_cmu_us_slt_arctic_hts)"


def load(card: ModelCard, device: str) -> Bundle:
    text2wave = program(card.name, "text2wave", "festival")

    def synthesize(text: str) -> Audio:
        return speak(card.name, text, lambda written, wav_path: [text2wave, "-eval", _VOICE, "-o", str(wav_path), str(written)])

    return Bundle(card, device, {"tts": synthesize})
