"""Whisper of two layers, converted to CTranslate2 as Systran does."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from checkpoints import whisper_architecture

OPTIONS: dict[str, Any] = {"max_new_tokens": 8, "beam_size": 2}


def build(folders: dict[str, Path]) -> None:
    from ctranslate2.converters import TransformersConverter

    with TemporaryDirectory() as made:
        original, converted = Path(made) / "original", Path(made) / "converted"
        whisper_architecture.build({"model": original})
        converter = TransformersConverter(str(original), copy_files=["tokenizer.json", "preprocessor_config.json"])
        converter.convert(str(converted), quantization="float16")
        shutil.copytree(converted, folders["model"], dirs_exist_ok=True)
