"""The flite program: English speech synthesis."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

from model_lab.contract import ModelCard
from model_lab.deprecation import renamed
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils.speech_program import program, speak
from model_lab.types import Audio


def synthesizer(card: ModelCard) -> Callable[[str], Audio]:
    """A function that synthesizes a text with the card's option ``voice``, mono, at the sample rate of the voice (16 kHz; kal 8 kHz).

    Raises `NotRunnable` without the program, `BadConfig` for an unknown voice.
    """
    flite = program(card.name, "flite", "flite")
    listed = subprocess.run([flite, "-lv"], capture_output=True, text=True, check=False).stdout
    voices = listed.partition(":")[2].split()
    voice = str(card.options["voice"])
    if voice not in voices:
        raise BadConfig(f"{card.name}: flite has no voice {voice!r}{nearest(voice, voices)}; it has: {', '.join(voices)}")
    return lambda text: speak(
        card.name, text, lambda written, spoken: [flite, "-voice", voice, "-f", str(written), "-o", str(spoken)]
    )


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"reader": "synthesizer"})
