"""Who speaks: prompts labelled with their speaker, and pairs of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts


def labelled(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``per_language`` prompts of every language, each with its speaker."""
    for own in _chosen(workshop).values():
        for prompt in own[: workshop.settings["per_language"]]:
            name = workshop.save(prompt.id, prompt.read())
            yield {
                "id": prompt.id,
                "audio": name,
                "speaker": prompt.speaker,
                "language": prompt.language,
                "stratum": prompt.speaker,
            }


def trials(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Pairs of different prompts, ``per_kind`` of every kind: one voice within and across languages, and two voices.

    There are as many kinds with the same speaker as with different ones (`_kinds`), so every tier is balanced.
    """
    chosen = _chosen(workshop)
    rng = np.random.default_rng(workshop.settings["seed"])
    saved: dict[str, str] = {}
    for one, other, same in _kinds(chosen):
        for first, second in _pairs(rng, chosen[one], chosen[other], workshop.settings["per_kind"]):
            for prompt in (first, second):
                if prompt.id not in saved:
                    saved[prompt.id] = workshop.save(prompt.id, prompt.read())
            yield {
                "id": f"{first.id}--{second.id}",
                "audio": saved[first.id],
                "audio_b": saved[second.id],
                "same": same,
                "speaker": first.speaker,
                "group": first.speaker,
                "stratum": f"{one}/{other}",
            }


def _chosen(workshop: Workshop) -> dict[str, list[RecordedPrompt]]:
    """Language -> prompts of ``shortest`` to ``longest`` s with a text of their own, in an order drawn from the seed."""
    settings = workshop.settings
    chosen: dict[str, list[RecordedPrompt]] = {}
    for number, language in enumerate(settings["languages"]):
        texts = {prompt.text.lower(): prompt for prompt in prompts(workshop, language)}
        usable = [prompt for prompt in texts.values() if settings["shortest"] <= prompt.duration <= settings["longest"]]
        np.random.default_rng([settings["seed"], number]).shuffle(usable)
        chosen[language] = usable
    return chosen


def _kinds(chosen: dict[str, list[RecordedPrompt]]) -> list[tuple[str, str, bool]]:
    """Pairs of languages: each with itself, all languages of one speaker, and one language each of two speakers."""
    by_speaker: dict[str, list[str]] = defaultdict(list)
    for language, available in chosen.items():
        by_speaker[available[0].speaker].append(language)
    within = [(language, language, True) for language in chosen]
    across = [(one, other, True) for languages in by_speaker.values() for one, other in combinations(languages, 2)]
    apart = [(one[0], other[0], False) for one, other in combinations(by_speaker.values(), 2)]
    return within + across + apart


def _pairs(
    rng: np.random.Generator, one: list[RecordedPrompt], other: list[RecordedPrompt], count: int
) -> list[tuple[RecordedPrompt, RecordedPrompt]]:
    """``count`` different pairs of prompts with different texts."""
    pairs: dict[frozenset[str], tuple[RecordedPrompt, RecordedPrompt]] = {}
    while len(pairs) < count:
        first, second = one[int(rng.integers(len(one)))], other[int(rng.integers(len(other)))]
        if first.id != second.id:
            pairs.setdefault(frozenset((first.id, second.id)), (first, second))
    return list(pairs.values())
