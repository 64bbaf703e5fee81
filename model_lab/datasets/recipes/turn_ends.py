"""Pauses within and after what one speaker says: the question whether they have finished, asked after the same silence each time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import SpeechClip, pink, trimmed
from model_lab.datasets.recipes._noises import RATE
from model_lab.datasets.recipes._prompts import VOICES, prompts
from model_lab.types import Audio, FloatArray

_SENTENCE = re.compile(r"[^.!?:;]*[.!?]")
"""A text that is one sentence: no end of a sentence before the last."""

_RMS = 0.05
_ROOM_DB = 45.0
"""The faint pink noise under all of it, below speech: a pause made by the recipe sounds as one in the recording."""


def pauses(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Pauses within the one sentence of a prompt, and ends of other prompts of the same speaker that last as long.

    Only prompts of ``languages`` that are one sentence by their text: at a pause of at least ``pause`` s within it (drawn from ``seed``),
    nothing is finished. Each such pause is matched with the end of another prompt, the nearest in length, so that length tells nothing.
    Each sound begins with the prompt and ends ``pause`` s after the speech: what follows cannot be heard.
    """
    settings = workshop.settings
    for number, language in enumerate(settings["languages"]):
        rng = np.random.default_rng([settings["seed"], number])
        whole = {
            prompt.id: clip
            for prompt in prompts(workshop, language)
            if _SENTENCE.fullmatch(prompt.text)
            and (clip := trimmed(prompt.read(), settings["pause"], _RMS)).duration >= settings["shortest"]
        }
        for name, span, ended in _matched(rng, whole, settings["shortest"]):
            sample = f"{name}-{'end' if ended else f'pause-{span + 1}'}"
            yield {
                "id": sample,
                "audio": workshop.save(sample, Audio(_until(rng, whole[name], span, settings["pause"]), RATE)),
                "ended": ended,
                "language": language,
                "speaker": VOICES[language],
                "group": name,
                "stratum": language,
            }


def _matched(rng: np.random.Generator, whole: Mapping[str, SpeechClip], shortest: float) -> Iterator[tuple[str, int, bool]]:
    """(prompt, its span before the pause, whether it is the end): each pause, and the end that is nearest in length and not used yet."""
    paused = [
        (name, span) for name, clip in sorted(whole.items()) for span, (_, end) in enumerate(clip.spans[:-1]) if end >= shortest
    ]
    ends = {name: clip.spans[-1][1] for name, clip in whole.items()}
    rng.shuffle(paused)
    for name, span in paused[: len(ends)]:
        length = whole[name].spans[span][1]
        other = min(ends, key=lambda end: (abs(ends[end] - length), end))
        del ends[other]
        yield name, span, False
        yield other, len(whole[other].spans) - 1, True


def _until(rng: np.random.Generator, clip: SpeechClip, span: int, pause: float) -> FloatArray:
    """The clip up to the end of one of its spans, then silence, with faint noise under all of it."""
    speech = clip.samples[: round(clip.spans[span][1] * RATE)]
    track = np.concatenate([speech, np.zeros(round(pause * RATE), np.float32)])
    return np.asarray(track + _RMS * 10 ** (-_ROOM_DB / 20) * pink(rng, len(track), RATE), np.float32)
