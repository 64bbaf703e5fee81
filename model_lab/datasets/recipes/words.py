"""Words at known times: sentences put together from recordings of single words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import FRAME, Span, frame_db, pink
from model_lab.datasets.recipes._noises import RATE
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts
from model_lab.types import Audio, FloatArray

BELOW_DB = 40.0
"""A word lasts while its energy (10 ms frames) is at most this far below its loud frames (95th percentile)."""

MARGIN = 0.02
"""Seconds of the recording that are kept before and after the word; those of neighbours may overlap."""

ROOM_DB = 45.0
"""The faint pink noise under everything, below speech: it hides the seams."""

_PLAIN = re.compile(r"[a-z'-]+")


def spelled_out(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``copies`` recordings for each of ``pauses`` (name -> [shortest, longest] in s), of ``words`` ([fewest, most]) words each.

    The words are the one-word prompts whose names match one of the patterns ``names``; ``spelling`` fixes errors in their texts.
    """
    settings, pool = workshop.settings, _pool(workshop)
    fewest, most = settings["words"]
    for number, (kind, pauses) in enumerate(settings["pauses"].items()):
        for copy in range(settings["copies"]):
            rng = np.random.default_rng([settings["seed"], number, copy])
            chosen = [pool[index] for index in rng.choice(len(pool), size=rng.integers(fewest, most + 1), replace=False)]
            track, spans = _spoken(rng, chosen, pauses)
            name = f"{kind.replace(' ', '-')}-{copy:02d}"
            yield {
                "id": name,
                "audio": workshop.save(name, Audio(track, RATE)),
                "text": " ".join(_word(prompt) for prompt in chosen),
                "words": [[_word(prompt), *span] for prompt, span in zip(chosen, spans, strict=True)],
                "language": "en",
                "speaker": chosen[0].speaker,
                "stratum": kind,
            }


def extent(samples: FloatArray, sample_rate: int) -> Span:
    """Where the one word in a clean recording begins and ends, in seconds, to 10 ms."""
    level = frame_db(samples, sample_rate)
    (active,) = np.nonzero(level > np.percentile(level, 95) - BELOW_DB)
    return float(active[0]) * FRAME, float(active[-1] + 1) * FRAME


def _pool(workshop: Workshop) -> list[RecordedPrompt]:
    """One prompt for each word."""
    by_text: dict[str, RecordedPrompt] = {}
    for prompt in prompts(workshop, "en", workshop.settings["spelling"]):
        matches = any(fnmatch(prompt.name, pattern) for pattern in workshop.settings["names"])
        if matches and _PLAIN.fullmatch(_word(prompt)):
            by_text.setdefault(_word(prompt), prompt)
    return list(by_text.values())


def _word(prompt: RecordedPrompt) -> str:
    return prompt.text.lower().rstrip(".")


def _spoken(rng: np.random.Generator, chosen: list[RecordedPrompt], pauses: list[float]) -> tuple[FloatArray, list[Span]]:
    """A track with these words and pauses of random length (log-uniform) between them, and when each word is said."""
    placed, at = [], float(rng.uniform(0.3, 0.8))
    for prompt in chosen:
        samples = prompt.read().samples
        start, end = extent(samples, RATE)
        placed.append((samples, start, end, round(at, 3)))
        at += end - start + float(np.exp(rng.uniform(*np.log(pauses))))
    track = np.zeros(round((at + 0.5) * RATE), np.float32)
    spans = []
    for samples, start, end, moment in placed:
        first = round(max(0.0, start - MARGIN) * RATE)
        piece = samples[first : round((end + MARGIN) * RATE)]
        here = round(moment * RATE) - round(start * RATE) + first
        track[here : here + len(piece)] += piece
        spans.append((moment, round(moment + end - start, 3)))
    speech = float(np.sqrt(np.mean(np.square(track[track != 0], dtype=np.float64))))
    noise = np.float32(speech * 10 ** (-ROOM_DB / 20)) * pink(rng, len(track), RATE)
    mixed = track + noise
    return (mixed * np.float32(min(1.0, 0.99 / np.abs(mixed).max()))).astype(np.float32), spans
