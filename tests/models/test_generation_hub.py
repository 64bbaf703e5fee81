"""CLAP, AST, MusicGen and AudioLDM 2 on random checkpoints: what the common checks do not ask.

Needs no hub, but the shared environment: ``make test ARGS="-m hub"``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio, hub_cache
from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Audio
from model_lab.workers.client import AnswerFailed
from tests import hub

pytestmark = pytest.mark.hub

PIPELINE = """
import json, sys, soundfile
from transformers import pipeline
folder, sound, labels, prompt = json.loads(sys.argv[1])
found = pipeline("zero-shot-audio-classification", model=folder, device="cpu")(
    soundfile.read(sound, dtype="float32")[0], candidate_labels=labels, hypothesis_template=prompt)
print(json.dumps({one["label"]: one["score"] for one in found}))
"""


def noise(seconds: float, rate: int = 48000, seed: int = 0) -> Audio:
    return Audio((0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32), rate)


def test_clap_scores_as_transformers_pipeline_does_and_hears_all_of_a_long_sound(
    checkpoint: Callable[[str], ModelCard], tmp_path: Path
) -> None:
    card = checkpoint("clap")
    short, long = noise(5.0), noise(25.0)
    otherwise = Audio(np.concatenate([long.samples[: 21 * 48000], 0.01 * noise(4.0, seed=1).samples]), 48000)
    audio.write(tmp_path / "short.wav", short)
    asked = [str(card.repository("model")), str(tmp_path / "short.wav"), card.options["labels"], card.options["prompt"]]
    expected = json.loads(hub.run(card, "-c", PIPELINE, json.dumps(asked)))

    with hub.asked(card) as ask:
        found = {label.name: label.score for label in ask("classify", short)}
        once, again, changed = (ask("embed", sound) for sound in (long, long, otherwise))

    assert found == pytest.approx(expected, abs=1e-6)
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once, changed, atol=1e-4)


def test_ast_hears_all_of_a_long_sound(checkpoint: Callable[[str], ModelCard]) -> None:
    card = checkpoint("ast_audioset")
    long = noise(25.0, 16000)
    otherwise = Audio(np.concatenate([long.samples[: 21 * 16000], np.zeros(4 * 16000, np.float32)]), 16000)
    with hub.asked(card) as ask:
        once, again, changed = (ask("classify", sound) for sound in (long, long, otherwise))
    assert {label.name for label in once} == {"Speech", "Music", "Dog", "Rain", "Chicken, rooster"}
    assert once == again != changed


def test_musicgen_keeps_the_length_asked_for_and_refuses_what_it_was_not_trained_on(
    checkpoint: Callable[[str], ModelCard],
) -> None:
    card = checkpoint("musicgen_small")
    with hub.asked(card) as ask:
        made = ask("music_gen", "calm piano", 1.3)
        with pytest.raises(AnswerFailed, match="at most 30 s") as refused:
            ask("music_gen", "calm piano", 30.5)
    assert (made.frames, made.sample_rate) == (round(1.3 * 32000), 32000)
    assert refused.value.clean


@pytest.mark.parametrize(("name", "file"), [("ast_audioset", "model.safetensors"), ("audioldm2", "unet/*.safetensors")])
def test_a_checkpoint_that_lacks_a_weight_is_refused(checkpoint: Callable[[str], ModelCard], name: str, file: str) -> None:
    card = checkpoint(name)
    (weights,) = card.repository("model").glob(file)
    lose_a_weight(weights)
    with pytest.raises(ModelLabError, match="1 weights are not in"), hub.asked(card):
        pass


def lose_a_weight(weights: Path) -> None:
    """Give the first tensor another name."""
    header: dict[str, Any] | None = hub_cache.header(weights)
    assert header
    first = min(header)
    weights.write_bytes(weights.read_bytes().replace(f'"{first}"'.encode(), f'"{first[:-1]}_"'.encode()))
