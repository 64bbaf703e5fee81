"""The flite program: a voice that reads English texts aloud."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from model_lab.contract import ModelCard
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils.speech_program import program, speak
from model_lab.types import Audio


def reader(card: ModelCard) -> Callable[[str], Audio]:
    """What reads a text aloud in the voice of the card's option ``voice``, mono, at the voice's own rate (16 kHz; kal 8 kHz).

    Raises `NotRunnable` without the program, `BadConfig` for a voice that it does not have.
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
