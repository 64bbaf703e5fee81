"""The telephone prompts of Asterisk: one professional speaker per language, each prompt with its text."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.types import Audio

_NOT_WORDS = re.compile(r"[\[\]<>()*#@]")
"""Texts with these describe a tone, a sound or a key, or hold remarks: they are not what is said."""

VOICES = {"en": "allison", "es": "allison", "fr": "june", "it": "carlo", "ru": "ivrvoice"}
"""Language -> speaker. English and Spanish are the same woman."""


@dataclass(frozen=True)
class RecordedPrompt:
    """One recording: ``name`` as in the package, ``text`` as said, ``path`` of the G.722 file (16 kHz mono)."""

    name: str
    text: str
    language: str
    path: Path

    @property
    def id(self) -> str:
        """Unique over all languages, fit for a file name."""
        return f"{self.language}-{self.name.replace('/', '-')}"

    @property
    def speaker(self) -> str:
        """Who speaks."""
        return VOICES[self.language]

    @property
    def duration(self) -> float:
        """Seconds, without decoding: G.722 takes 64 kbit/s."""
        return self.path.stat().st_size / 8000.0

    def read(self) -> Audio:
        """The sound: mono, 16 kHz."""
        return audio.read(self.path)


def prompts(workshop: Workshop, language: str, spelling: Mapping[str, str] | None = None) -> list[RecordedPrompt]:
    """All prompts of a language that are words and nothing else, by name; ``spelling`` corrects slips in the texts."""
    name = f"asterisk-core-sounds-{language}"
    (listing,) = workshop.archive(name).rglob(f"core-sounds-{language}.txt.gz")
    texts = dict(_lines(gzip.decompress(listing.read_bytes()).decode("utf-8-sig")))
    (root,) = (workshop.archive(f"{name}-g722") / "usr/share/asterisk/sounds").iterdir()
    recorded = []
    for path in sorted(root.rglob("*.g722")):
        prompt = str(path.relative_to(root).with_suffix(""))
        text = _text(texts.get(prompt, ""), spelling or {})
        if text and path.stat().st_size and "silence/" not in prompt:
            recorded.append(RecordedPrompt(prompt, text, language, path))
    return recorded


def _lines(listing: str) -> list[tuple[str, str]]:
    """``name: text`` pairs; ``;`` starts a remark."""
    pairs = [line.split(":", 1) for line in listing.splitlines() if ":" in line and not line.startswith(";")]
    return [(name.strip(), text) for name, text in pairs]


def _text(raw: str, spelling: Mapping[str, str]) -> str:
    if _NOT_WORDS.search(raw):
        return ""
    return " ".join(spelling.get(word, word) for word in raw.replace("...", " ").split())
