"""Whisper, Moonshine, Parakeet and Qwen2-Audio on random checkpoints: what the common checks do not ask.

Needs no hub, but the shared environment: ``make test ARGS="-m hub"``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio, hub_cache
from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError
from model_lab.registry import weight_paths
from model_lab.types import Audio, Transcript
from model_lab.workers.client import AnswerFailed
from tests import hub

pytestmark = pytest.mark.hub

PIPELINE = """
import json, sys, soundfile
from transformers import pipeline
folder, sounds, most = json.loads(sys.argv[1])
whisper = pipeline("automatic-speech-recognition", model=folder, device="cpu")
asked = dict(task="transcribe", num_beams=1, max_new_tokens=most, temperature=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
             compression_ratio_threshold=1.35, logprob_threshold=-1.0, no_speech_threshold=0.6)
for sound in sounds:
    samples, rate = soundfile.read(sound, dtype="float32")
    heard = whisper.feature_extractor(samples, sampling_rate=rate, return_tensors="pt").input_features
    token = whisper.model.detect_language(heard).item()
    text = whisper({"raw": samples, "sampling_rate": rate}, return_timestamps=True, generate_kwargs=asked)["text"]
    print(json.dumps([text.strip(), whisper.tokenizer.convert_ids_to_tokens(token).strip("<|>")]))
"""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ModelCard]]:
    """Builds a model's checkpoint where the hub would have put it, once for all tests."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        yield cache(hub.build)


def noise(seconds: float, seed: int = 0) -> Audio:
    return Audio((0.1 * np.random.default_rng(seed).standard_normal(round(seconds * 16000))).astype(np.float32), 16000)


def test_whisper_says_what_transformers_pipeline_says_and_hears_all_of_a_long_sound(
    ready: Callable[[str], ModelCard], tmp_path: Path
) -> None:
    card = ready("whisper_multilingual")
    sounds = [noise(5.0), noise(45.0)]
    paths = [tmp_path / f"{number}.wav" for number in range(len(sounds))]
    for path, sound in zip(paths, sounds, strict=True):
        audio.write(path, sound)
    asked = [str(card.repository("model")), list(map(str, paths)), card.options["max_new_tokens"]]
    told = hub.run(card, "-c", PIPELINE, json.dumps(asked))

    with hub.asked(card) as ask:
        found: list[Transcript] = [ask("asr", audio.read(path)) for path in paths]

    assert [[one.text, one.language] for one in found] == [json.loads(line) for line in told.splitlines()]
    short, long = (one.text for one in found)
    assert 0 < len(short) <= card.options["max_new_tokens"] < len(long), "a letter is a token, and a window has no more of them"


def test_a_language_that_whisper_does_not_know_is_refused(ready: Callable[[str], ModelCard]) -> None:
    card = ready("whisper_multilingual")
    with (
        pytest.raises(ModelLabError, match="option language is 'english'; expected one of: af, am"),
        hub.asked(card, language="english"),
    ):
        pass


def test_javanese_has_its_iso_code(ready: Callable[[str], ModelCard]) -> None:
    with hub.asked(ready("whisper_multilingual"), language="jv") as ask:
        assert ask("asr", noise(2.0)).language == "jv"


def test_whisper_without_one_of_its_weights_is_refused(
    ready: Callable[[str], ModelCard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = ready("whisper_multilingual")
    shutil.copytree(hub_cache.root(), tmp_path / "hub")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    lost = "model.decoder.layers.1.fc1.weight"
    weights = weight_paths.located(card).repository("model") / "model.safetensors"
    weights.write_bytes(weights.read_bytes().replace(lost.encode(), lost[:-1].encode() + b"_"))
    with pytest.raises(ModelLabError, match=f"1 weights are not in .*{lost}"), hub.asked(card):
        pass


def test_moonshine_hears_all_of_a_long_sound(ready: Callable[[str], ModelCard]) -> None:
    long = noise(45.0)
    silent_in_the_end = Audio(np.concatenate([long.samples[: 35 * 16000], np.zeros(10 * 16000, np.float32)]), 16000)
    with hub.asked(ready("moonshine")) as ask:
        once, again, changed = (ask("asr", sound).text for sound in (long, long, silent_in_the_end))
    assert once == again != changed


def test_parakeet_times_words_where_they_are_in_a_long_sound(ready: Callable[[str], ModelCard]) -> None:
    long = noise(125.0)
    with hub.asked(ready("parakeet")) as ask:
        found = ask("asr", long)
    starts = [word.start for word in found.words]
    assert found.text == " ".join(word.text for word in found.words)
    assert starts == sorted(starts)
    assert all(0 <= word.start < word.end <= 125.0 for word in found.words)
    assert starts[-1] > 120.0


def test_qwen2_audio_refuses_what_it_would_cut(ready: Callable[[str], ModelCard]) -> None:
    with hub.asked(ready("qwen2_audio")) as ask:
        assert isinstance(ask("caption", noise(30.0)), str)
        with pytest.raises(AnswerFailed, match=r"lasts 30\.5 s; expected at most 30 s") as refused:
            ask("caption", noise(30.5))
    assert refused.value.clean
