"""The separators' own algorithms, and what they do with made and real music (skipped without the model or the pack)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from model_lab.capabilities import capability
from model_lab.errors import ModelLabError
from model_lab.metrics._base import pool
from model_lab.metrics.signals import Mixture
from model_lab.models.nmf.loader import percussive, upper_group
from model_lab.types import Audio
from tests.conftest import SHARED
from tests.models.workers import loaded

SEPARATE = capability("separate")
NAMES = ("hpss", "nmf", "repet_sim")


def test_struck_components_are_told_from_held_ones() -> None:
    bins, blocks = np.arange(200), np.arange(100)
    held = np.exp(-(((bins[:, None] - [40, 80]) / 1.5) ** 2)), np.stack([np.ones(100), np.linspace(1, 0.5, 100)])
    struck = np.ones((200, 2)), np.stack([(blocks % 20 == 0) * 1.0, (blocks % 33 == 5) * 1.0])
    found = percussive(np.hstack([held[0], struck[0]]), np.vstack([held[1], struck[1]]))
    assert found.tolist() == [False, False, True, True]


def test_the_parting_leaves_the_least_variance() -> None:
    values = np.random.default_rng(0).standard_normal(12)
    found = upper_group(values)
    within = [
        sum(len(part) * part.var() for part in (values[values < cut], values[values >= cut])) for cut in np.sort(values)[1:]
    ]
    assert sum(len(part) * part.var() for part in (values[found], values[~found])) == pytest.approx(min(within))
    assert upper_group(np.ones(3)).all()


@pytest.mark.parametrize("name", NAMES)
def test_stems_add_up_to_the_mixture(name: str) -> None:
    (mixture,) = SEPARATE.example().inputs
    model = loaded(name)
    stems = model.separate(mixture)
    assert len(stems) == 2
    np.testing.assert_allclose(sum(stem.samples for stem in stems.values()), mixture.samples, atol=1e-4)


@pytest.mark.parametrize("name", ["hpss", "nmf"])
def test_a_chord_and_clicks_are_parted(name: str) -> None:
    example = SEPARATE.example()
    model = loaded(name)
    assert SEPARATE.primary.score(example.reference, model.separate(*example.inputs)) > 8


def test_a_voice_is_parted_from_a_loop() -> None:
    """Two bars of noise that come back again and again, under a tone that never does."""
    rate, rng = 16000, np.random.default_rng(0)
    loop = np.tile(0.1 * rng.standard_normal(rate) * np.repeat(rng.random(8), rate // 8), 8)
    time = np.arange(len(loop)) / rate
    voice = 0.1 * np.sin(2 * np.pi * (300 * time + 60 * time**2))
    stems = {name: Audio(samples.astype(np.float32), rate) for name, samples in (("foreground", voice), ("background", loop))}
    truth = Mixture(Audio((voice + loop).astype(np.float32), rate), stems)
    model = loaded("repet_sim")
    assert SEPARATE.primary.score(truth, model.separate(truth.sound)) > 5


def test_repetition_needs_time() -> None:
    (mixture,) = SEPARATE.example().inputs
    model = loaded("repet_sim")
    with pytest.raises(ModelLabError, match=r"lasts 2.00 s; it finds repetition in sound of at least 3 s"):
        model.separate(Audio(mixture.samples[:32000], 16000))


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
def test_drums_come_out_of_real_music() -> None:
    folder = SHARED / "separation"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    parts = []
    model = loaded("hpss")
    for row in [row for row in rows if "drums" in row["stems"]][:3]:
        truth = SEPARATE.reference(row, lambda path: folder / path)
        drums = {"drums": model.separate(truth.sound)["percussive"]}
        parts.append(SEPARATE.primary.components(Mixture(truth.sound, {"drums": truth.stems["drums"]}), drums))
    assert SEPARATE.primary.value(pool(parts)) > 0
