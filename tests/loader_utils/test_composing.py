"""Composition by rule: in its key, on its beats, the same for the same dice."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.loader_utils import composing
from model_lab.loader_utils.composing import (
    Key,
    bars,
    bass,
    block_chords,
    broken_chords,
    drifting,
    drums,
    humanize,
    melody,
    steady,
)

keys = st.builds(Key, st.integers(0, 11), st.sampled_from(["major", "minor"]))
seeds = st.integers(0, 1000)


def song(key: Key, seed: int, metre: int = 4, tempo: float = 120.0, count: int = 8):
    return bars(np.random.default_rng(seed), key, steady(tempo, 0.5, 0.5 + (count * metre + 0.5) * 60 / tempo), metre)


@given(keys)
def test_triads_are_those_of_the_key(key: Key) -> None:
    tonic = key.triad(1)
    assert tonic[0] == key.tonic and (tonic[1] - tonic[0]) % 12 == (4 if key.mode == "major" else 3)
    dominant = key.triad(5)
    assert (dominant[0] - key.tonic) % 12 == 7 and (dominant[1] - dominant[0]) % 12 == 4  # major in both modes
    for degree in range(1, 7):
        assert set(key.triad(degree)) <= set(key.scale(degree))


def test_a_minor_key_by_hand() -> None:
    key = Key(9, "minor")
    assert key.name == "A minor"
    assert key.triad(1) == (9, 0, 4) and key.triad(4) == (2, 5, 9) and key.triad(5) == (4, 8, 11)
    assert key.scale(1) == (9, 11, 0, 2, 4, 5, 7) and key.scale(5) == (9, 11, 0, 2, 4, 5, 8)


@given(keys, seeds, st.sampled_from([3, 4]), st.integers(2, 9))
def test_songs_begin_and_end_on_the_tonic(key: Key, seed: int, metre: int, count: int) -> None:
    found = song(key, seed, metre, count=count)
    assert len(found) == count and found[0].degree == found[-1].degree == 1
    assert all(len(bar.beats) == metre + 1 for bar in found)
    assert all(one.beats[-1] == other.beats[0] for one, other in pairwise(found))


@given(keys, seeds)
def test_all_parts_stay_in_the_key_and_inside_the_song(key: Key, seed: int) -> None:
    found, rng = song(key, seed), np.random.default_rng(seed)
    parts = [
        melody(rng, found, 64, 0.5),
        block_chords(found, 50, (0, 2)),
        broken_chords(found, 47, 2),
        bass(found, (0, 2)),
    ]
    allowed = {pitch for degree in range(1, 8) for pitch in key.scale(degree)}
    for strikes in parts:
        assert {strike.key % 12 for strike in strikes} <= allowed
        assert all(found[0].beats[0] <= strike.onset < strike.offset <= found[-1].beats[-1] for strike in strikes)
        assert all(1 <= strike.velocity <= 127 for strike in strikes)
    assert parts[0][-1].key % 12 == key.tonic
    assert all(64 <= strike.key <= 82 for strike in parts[0])


def test_chords_hold_all_three_tones_of_their_bar() -> None:
    found = song(Key(0, "major"), 3)
    for bar in found:
        sounding = {strike.key % 12 for strike in block_chords([bar], 50, (0,))}
        assert sounding == set(bar.key.triad(bar.degree)) == {strike.key % 12 for strike in broken_chords([bar], 47, 2)}


def test_drums_fall_where_the_pattern_says() -> None:
    found = song(Key(0, "major"), 0, tempo=60.0, count=2)
    onsets = [(strike.onset, strike.key) for strike in drums(found, {36: (0, 2.5)})]
    assert onsets == [(0.5, 36), (3.0, 36), (4.5, 36), (7.0, 36)]


@given(seeds, st.floats(0, 0.03), st.integers(0, 30))
def test_players_stay_within_their_jitter(seed: int, jitter: float, accent: int) -> None:
    exact = melody(np.random.default_rng(seed), song(Key(0, "major"), seed), 64, 0.5)
    for before, after in zip(exact, humanize(np.random.default_rng(seed), exact, jitter, accent), strict=True):
        assert abs(after.onset - before.onset) <= jitter + 1e-9 and after.key == before.key
        assert after.onset < after.offset and 1 <= after.velocity <= 127
        assert abs(after.velocity - before.velocity) <= accent


def test_steady_beats() -> None:
    np.testing.assert_allclose(steady(120.0, 0.5, 2.0), [0.5, 1.0, 1.5, 2.0])


@given(seeds, st.floats(60, 180))
def test_a_wandering_tempo_comes_back(seed: int, tempo: float) -> None:
    beats = drifting(np.random.default_rng(seed), tempo, 0.3, 20.0, 0.004)
    assert beats[0] == 0.3 and beats[-1] <= 20.0 and 20.0 - beats[-1] < 2 * 60 / tempo
    periods = np.diff(beats) * tempo / 60
    assert np.abs(periods - 1).max() < 0.06
    assert np.median(periods) == pytest.approx(1, abs=0.03)


def test_the_same_dice_write_the_same_song() -> None:
    first, second = (melody(np.random.default_rng(4), song(Key(2, "minor"), 4), 64, 0.5) for _ in range(2))
    assert first == second != melody(np.random.default_rng(5), song(Key(2, "minor"), 4), 64, 0.5)
    assert composing.TONICS[3] == "Eb"
