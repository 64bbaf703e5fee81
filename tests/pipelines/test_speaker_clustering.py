"""Voices of several chunks told apart and recognised."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.pipelines.speaker_clustering import ChunkSpeaker, linked


def _voice(chunk: int, speaker: int, spread: float = 0.1, sure: bool = True, seed: int = 0) -> ChunkSpeaker:
    vector = np.eye(8)[speaker] + spread * np.random.default_rng([chunk, speaker, seed]).standard_normal(8)
    return ChunkSpeaker(chunk, (vector / np.linalg.norm(vector)).astype(np.float32), sure)


@given(st.lists(st.sets(st.integers(0, 5), max_size=4), max_size=6))
def test_speakers_who_sound_unlike_are_found_again(chunks: list[set[int]]) -> None:
    who = [(chunk, speaker) for chunk, present in enumerate(chunks) for speaker in sorted(present)]
    found = linked([_voice(chunk, speaker) for chunk, speaker in who], 0.7)
    seen: dict[int, int] = {}
    assert found == [seen.setdefault(speaker, len(seen)) for _, speaker in who]


def test_voices_of_one_chunk_stay_apart_however_alike() -> None:
    assert linked([_voice(0, 1, seed=1), _voice(0, 1, seed=2), _voice(1, 1)], 0.5) in ([0, 1, 0], [0, 1, 1])


def test_a_voice_hardly_heard_makes_no_speaker_of_its_own() -> None:
    voices = [_voice(0, 1), _voice(0, 2), _voice(1, 1), _voice(1, 5, sure=False)]
    assert linked(voices, 0.7) == [0, 1, 0, 1]
    assert linked([_voice(0, 1, sure=False)], 0.7) == [0]


def test_a_mean_cosine_at_the_threshold_is_one_speaker() -> None:
    """The cosine of (1, 0) and (0.6, 0.8) is 0.6."""
    voices = [ChunkSpeaker(0, np.array([1.0, 0.0])), ChunkSpeaker(1, np.array([0.6, 0.8]))]
    assert linked(voices, 0.6) == [0, 0]
    assert linked(voices, 0.6 + 1e-9) == [0, 1]


def _greedily(voices: list[ChunkSpeaker], same_voice: float) -> list[int]:
    """The rule as it is documented, step by step: all pairs of groups are compared after every merger."""

    def likeness(one: list[int], other: list[int]) -> float:
        if {voices[place].chunk for place in one} & {voices[place].chunk for place in other}:
            return -np.inf
        return float(np.mean([voices[a].vector @ voices[b].vector for a in one for b in other]))

    groups = [[place] for place, voice in enumerate(voices) if voice.sure]
    while len(groups) > 1:
        one, other = max(combinations(groups, 2), key=lambda pair: likeness(*pair))
        if likeness(one, other) < same_voice:
            break
        one.extend(other)
        groups.remove(other)
    for place in (place for place, voice in enumerate(voices) if not voice.sure):
        best = max(groups, key=lambda group: np.mean([_apart(voices, place, member) for member in group]), default=None)
        if best is None or voices[place].chunk in {voices[member].chunk for member in best}:
            groups.append([place])
        else:
            best.append(place)
    names = {place: name for name, group in enumerate(sorted(groups, key=min)) for place in group}
    return [names[place] for place in range(len(voices))]


def _apart(voices: list[ChunkSpeaker], one: int, other: int) -> float:
    return -np.inf if voices[one].chunk == voices[other].chunk else float(voices[one].vector @ voices[other].vector)


@pytest.mark.parametrize("seed", range(300))
def test_the_groups_are_those_of_the_rule_step_by_step(seed: int) -> None:
    """Up to 8 chunks with up to 4 voices each, among 1 to 5 speakers, from clear to hopelessly alike."""
    rng = np.random.default_rng(seed)
    spread, speakers = rng.uniform(0.05, 1.0), int(rng.integers(1, 6))
    voices = []
    for chunk in range(int(rng.integers(1, 9))):
        for _ in range(int(rng.integers(0, 5))):
            vector = np.eye(8)[rng.integers(speakers)] + spread * rng.standard_normal(8)
            voices.append(ChunkSpeaker(chunk, (vector / np.linalg.norm(vector)).astype(np.float32), bool(rng.random() < 0.8)))
    threshold = float(rng.uniform(0.0, 0.9))
    assert linked(voices, threshold) == _greedily(voices, threshold)
