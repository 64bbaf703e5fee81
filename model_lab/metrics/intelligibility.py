"""Intelligibility of processed speech, by how well a recogniser still understands it.

Conventions
-----------
- The recogniser's errors on clean speech are part of the value: compare with the unprocessed input, never with 0.

Metrics
-------
- `RECOGNISED_WER` (``recognised_wer``): word error rate of what ``faster_whisper`` recognises in the answer, for English rows with a text; the
  unprocessed input has the same number. 0 is best, not bounded by 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from model_lab import languages
from model_lab.metrics import text
from model_lab.metrics._base import Components, Judge
from model_lab.metrics.signals import NoisyPair
from model_lab.types import Audio, Transcript


def is_recognisable(row: Mapping[str, Any]) -> bool:
    """Decide whether the recogniser of `RECOGNISED_WER` can judge a row.

    Args:
        row: Row of a manifest of enhancement.

    Returns:
        True if it has a text, in English (or without a language).

    Examples:
        >>> is_recognisable({"text": "press one", "language": "en-US"}), is_recognisable({"text": "drücken", "language": "de"})
        (True, False)
    """
    return bool(row.get("text")) and languages.canonical(row.get("language") or languages.ENGLISH) == languages.ENGLISH


def _recognised(reference: NoisyPair, hypothesis: Audio, recognised: Transcript) -> Components:
    return text.WER.components(Transcript(reference.text, language=languages.ENGLISH), recognised)


RECOGNISED_WER = replace(
    text.WER,
    name="recognised_wer",
    title="word error rate of the result, transcribed by whisper tiny.en",
    components=_recognised,
    judge=Judge("faster_whisper", "asr", lambda reference, hypothesis: (hypothesis,), asks=is_recognisable),
    lacking="no English text beside it",
)
