"""Conversations in English put together from sentences of different speakers, with the words of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop, asterisk, sphinx
from model_lab.datasets.recipes._levels import Clip, Span, pink, trimmed
from model_lab.types import Audio

RATE = 16000
SPEECH_RMS = 0.05
ROOM_DB = 30.0
"""The pink noise under all speakers, below speech."""
PAUSE_S = 0.5
"""A pause within a sentence that is at least this long ends one turn and begins the next of the same speaker."""


@dataclass(frozen=True)
class Sentence:
    """What a speaker says, cut to its speech."""

    text: str
    clip: Clip


def dialogues(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``recordings`` of ``turns`` sentences each; how many speak, and who, goes round.

    Nobody speaks twice running or while another does, and no sentence comes twice in a recording. Words have no times of their own:
    each has a share of its sentence's speech, by its letters.
    """
    settings = workshop.settings
    pools = _pools(workshop)
    for number in range(settings["recordings"]):
        rng = np.random.default_rng([settings["seed"], number])
        turn, place = divmod(number, len(settings["speakers"]))
        count = settings["speakers"][place]
        groups = list(combinations(sorted(pools), count))
        present = list(groups[turn % len(groups)])
        name = f"{number:02d}-{count}-speakers"
        yield {"id": name, "stratum": f"{count} speakers", "language": "en"} | _dialogue(workshop, name, rng, pools, present)


def _pools(workshop: Workshop) -> dict[str, list[Sentence]]:
    """Speaker -> what he says, of those who say enough for a recording."""
    pools: dict[str, list[Sentence]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        shelf = replace(workshop, folder=Path(folder), seconds={})
        for row in chain(asterisk.transcripts(shelf), sphinx.transcripts(shelf)):
            clip = trimmed(audio.read(shelf.folder / row["audio"]).resample(RATE), PAUSE_S, SPEECH_RMS)
            pools[row["speaker"]].append(Sentence(row["text"], clip))
    needed = (workshop.settings["turns"] + 1) // 2
    return {speaker: said for speaker, said in pools.items() if len(said) >= needed}


def _dialogue(
    workshop: Workshop, name: str, rng: np.random.Generator, pools: dict[str, list[Sentence]], present: list[str]
) -> dict[str, Any]:
    """A recording's sound, turns and words."""
    left = {speaker: rng.permutation(len(pools[speaker])).tolist() for speaker in present}
    parts, turns, words = list[tuple[int, Clip]](), list[dict[str, Any]](), list[dict[str, Any]]()
    end, speaker = 0.5, ""
    for number in range(workshop.settings["turns"]):
        others = [other for other in present if other != speaker]
        speaker = present[number] if number < len(present) else str(rng.choice(others))
        said = pools[speaker][left[speaker].pop()]
        first = round((end + rng.uniform(0.2, 0.8)) * RATE)
        spans = [(first / RATE + start, first / RATE + stop) for start, stop in said.clip.spans]
        turns += [{"start": round(start, 3), "end": round(stop, 3), "speaker": speaker} for start, stop in spans]
        words += [
            {"text": text, "start": round(start, 3), "end": round(stop, 3), "speaker": speaker}
            for text, start, stop in _timed(said.text, spans)
        ]
        parts.append((first, said.clip))
        end = first / RATE + said.clip.duration
    track = np.float32(SPEECH_RMS * 10 ** (-ROOM_DB / 20)) * pink(rng, round((end + 0.5) * RATE), RATE)
    for first, clip in parts:
        track[first : first + len(clip.samples)] += clip.samples
    return {"audio": workshop.save(name, Audio(track, RATE)), "turns": turns, "words": words}


def _timed(text: str, spans: list[Span]) -> Iterator[tuple[str, float, float]]:
    """Each word with its share of the speech in ``spans``, by its letters.

    >>> list(_timed("one by two", [(0.0, 1.0), (2.0, 3.75)]))
    [('one', 0.0, 1.0), ('by', 1.0, 2.75), ('two', 2.75, 3.75)]
    """
    words = text.split()
    shares = list(accumulate((len(word) + 1 for word in words), initial=0))
    speech = sum(end - start for start, end in spans)
    times = [_moment(spans, speech * share / shares[-1]) for share in shares]
    return zip(words, times, times[1:], strict=False)


def _moment(spans: list[Span], passed: float) -> float:
    """When so much of the speech is over."""
    for start, end in spans:
        if passed <= end - start:
            return start + passed
        passed -= end - start
    return spans[-1][1]
