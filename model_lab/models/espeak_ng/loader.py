"""The espeak-ng program, run once for each text: its library is GPL and stays outside this process."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from model_lab import audio
from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ModelLabError, NotRunnable
from model_lab.types import Audio


def load(card: ModelCard, device: str) -> Bundle:
    program = shutil.which("espeak-ng")
    if program is None:
        raise NotRunnable(f"{card.name}: the program espeak-ng is not on PATH; run: apt-get install espeak-ng")
    voice, speed, pitch = card.options["voice"], card.options["words_per_minute"], card.options["pitch"]
    if not (80 <= speed <= 450 and 0 <= pitch <= 99):
        raise BadConfig(f"{card.name}: words_per_minute is {speed} and pitch {pitch}; expected 80 to 450 and 0 to 99")
    command = [program, "-v", str(voice), "-s", str(speed), "-p", str(pitch), "-b", "1"]
    if subprocess.run([*command, "-q", "a"], capture_output=True, check=False).returncode:
        raise BadConfig(f"{card.name}: espeak-ng has no voice {voice!r}; see: espeak-ng --voices")

    def synthesize(text: str) -> Audio:
        if not any(character.isalnum() for character in text):
            raise ModelLabError(f"{card.name}: there is nothing to pronounce in {text[:60]!r}; expected words or numbers")
        with tempfile.TemporaryDirectory() as folder:
            wav_path = Path(folder, "speech.wav")
            done = subprocess.run(
                [*command, "--stdin", "-w", str(wav_path)],
                input=text.replace("\0", " ").encode(),
                capture_output=True,
                check=False,
            )
            if done.returncode or not wav_path.exists():
                message = " ".join(done.stderr.decode(errors="replace").split()) or "no message"
                raise ModelLabError(
                    f"{card.name}: espeak-ng ended with {done.returncode} and no sound ({message[-200:]}); try the text alone"
                )
            return audio.read(wav_path)

    return Bundle(card, device, {"tts": synthesize})
