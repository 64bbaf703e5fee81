"""SpeechT5's synthesis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints import speecht5_architecture

OPTIONS: dict[str, Any] = {"max_length_ratio": 4.0}


def build(folders: dict[str, Path]) -> None:
    speecht5_architecture.build(folders, "SpeechT5ForTextToSpeech")
