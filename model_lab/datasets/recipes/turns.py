"""Conversations put together from prompts of different speakers, with exact turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import contrast_db, pink, trimmed
from model_lab.datasets.recipes._noises import RATE
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts
from model_lab.errors import BadManifest
from model_lab.types import Audio, FloatArray

SPEECH_RMS = 0.05
ROOM_DB = 30.0
"""The pink noise under all speakers, below speech: it hides the noise floors of their recordings."""

PAUSE = 0.5
"""A pause within a prompt that is at least this long (s) ends one turn and begins the next of the same speaker."""


def conversations(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``recordings`` of about ``seconds`` s; the number of speakers goes round ``speakers``, ``overlap`` of changes overlap."""
    settings = workshop.settings
    pools = _pools(workshop)
    for number in range(settings["recordings"]):
        rng = np.random.default_rng([settings["seed"], number])
        count = settings["speakers"][number % len(settings["speakers"])]
        present = sorted(rng.choice(sorted(pools), size=count, replace=False).tolist())
        track, turns = _conversation(rng, {name: pools[name] for name in present}, settings["seconds"], settings["overlap"])
        track = track + np.float32(SPEECH_RMS * 10 ** (-ROOM_DB / 20)) * pink(rng, len(track), RATE)
        name = f"{number:02d}-{count}-speakers"
        yield {
            "id": name,
            "audio": workshop.save(name, Audio(track, RATE)),
            "turns": turns,
            "stratum": f"{count} speakers",
        }


def _pools(workshop: Workshop) -> dict[str, list[RecordedPrompt]]:
    """Speaker -> clean prompts of 1.2 to 5 s in any of their languages, in an order drawn from the seed."""
    pools: dict[str, list[RecordedPrompt]] = defaultdict(list)
    for language in workshop.settings["languages"]:
        for prompt in prompts(workshop, language):
            if 1.2 <= prompt.duration <= 5.0 and contrast_db(prompt.read()) >= 38.0:
                pools[prompt.speaker].append(prompt)
    for number, name in enumerate(sorted(pools)):
        np.random.default_rng([workshop.settings["seed"], 1000 + number]).shuffle(pools[name])
    return pools


def _conversation(
    rng: np.random.Generator, pools: dict[str, list[RecordedPrompt]], seconds: float, overlap: float
) -> tuple[FloatArray, list[dict[str, Any]]]:
    """One track and its turns; every prompt is taken from the end of its pool, so it is used once, and who has none left is silent."""
    track, turns = np.zeros(round((seconds + 8.0) * RATE), np.float32), list[dict[str, Any]]()
    names, speaker, end = sorted(pools), "", 0.5
    waiting = rng.permutation(names).tolist()  # so that everybody speaks
    while end < seconds:
        others = [name for name in names if name != speaker and pools[name]]
        if not others:
            raise BadManifest(
                f"the prompts of {', '.join(names)} last for {end:.0f} s; the card's setting seconds is {seconds:g}"
            )
        speaker = waiting.pop() if waiting else str(rng.choice(others))
        clip = trimmed(pools[speaker].pop().read(), PAUSE, SPEECH_RMS)
        early = bool(turns) and rng.random() < overlap
        at = end - min(rng.uniform(0.4, 1.5), clip.duration / 2) if early else end + rng.uniform(0.1, 0.8)
        first = round(at * RATE)
        track[first : first + len(clip.samples)] += clip.samples
        turns += [{"start": round(at + start, 3), "end": round(at + stop, 3), "speaker": speaker} for start, stop in clip.spans]
        end = max(end, at + clip.duration)
    return track[: round((end + 0.5) * RATE)], sorted(turns, key=lambda turn: (turn["start"], turn["speaker"]))
