"""Voices of several chunks told apart and recognised."""

from __future__ import annotations

import numpy as np
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
