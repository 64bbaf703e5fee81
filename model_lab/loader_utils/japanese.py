"""Checks of Japanese text."""

from __future__ import annotations

import re

from model_lab.errors import ModelLabError

_KANA_OR_KANJI = re.compile(r"[\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9d]")


def require_japanese(model: str, text: str) -> None:
    """Raise `ModelLabError` unless ``text`` contains kana or kanji.

    >>> require_japanese("voice", "東京 3")
    """
    if not _KANA_OR_KANJI.search(text):
        raise ModelLabError(f"{model}: no kana or kanji in {text[:60]!r}; this model only speaks Japanese")
