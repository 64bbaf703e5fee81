"""Prosody by rule: a synthesiser set to speak higher, faster or louder, without real emotion."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.errors import NotRunnable
from model_lab.types import Audio


def by_rule(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Every text in every voice of espeak-ng under every rule: ``rules`` is label -> SSML prosody (pitch, range, rate, volume)."""
    settings = workshop.settings
    classes = {label: [label] for label in settings["rules"]}
    for voice in settings["voices"]:
        for number, text in enumerate(settings["texts"]):
            for label, prosody in settings["rules"].items():
                name = f"{voice.replace('+', '-')}-{number}-{label}"
                yield {
                    "id": name,
                    "audio": workshop.save(name, _spoken(text, voice, prosody)),
                    "label": label,
                    "classes": classes,
                    "stratum": label,
                    "group": f"{voice}-{number}",
                }


def _spoken(text: str, voice: str, prosody: dict[str, str]) -> Audio:
    attributes = " ".join(f'{name}="{value}"' for name, value in sorted(prosody.items()))
    document = (
        f"<speak><prosody {attributes}>{escape(text)}</prosody></speak>" if attributes else f"<speak>{escape(text)}</speak>"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        command = ["espeak-ng", "-m", "-b", "1", "-v", voice, "--stdin", "-w", str(path)]
        done = subprocess.run(command, input=document.encode(), capture_output=True, check=False)
        if done.returncode or not path.exists():
            message = done.stderr.decode(errors="replace").strip() or "no message"
            raise NotRunnable(
                f"espeak-ng ended with {done.returncode} ({message[-200:]}); expected it to speak with voice {voice}"
            )
        return audio.read(path)
