"""SpeechBrain, pyannote.audio, FunASR and Demucs on random checkpoints: our loaders say what those libraries say themselves.

Needs no hub, but the shared environment: ``make test ARGS="-m hub"``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Audio
from model_lab.workers.client import AnswerFailed
from tests import hub

pytestmark = pytest.mark.hub

BEGIN = """
import json, sys, soundfile, torch
folder, other, sound = json.loads(sys.argv[1])
samples = torch.from_numpy(soundfile.read(sound, dtype="float32", always_2d=True)[0].T)
"""

SPEECHBRAIN_ECAPA = """
from speechbrain.inference.speaker import SpeakerRecognition
model = SpeakerRecognition.from_hparams(source=folder, overrides={"pretrained_path": folder})
print(json.dumps(torch.nn.functional.normalize(model.encode_batch(samples).flatten(), dim=0).tolist()))
"""

SPEECHBRAIN_LANGID = """
from speechbrain.inference.classifiers import EncoderClassifier
model = EncoderClassifier.from_hparams(source=folder, overrides={"pretrained_path": folder})
print(json.dumps(dict(zip(["en", "he", "no", "th"], model.classify_batch(samples)[0][0].exp().tolist()))))
"""

SPEECHBRAIN_EMOTION = """
from transformers import Wav2Vec2Config, Wav2Vec2Model
normal = torch.nn.functional.layer_norm
network = Wav2Vec2Model(Wav2Vec2Config.from_pretrained(other)).eval()
weights = torch.load(folder + "/wav2vec2.ckpt")
network.load_state_dict({name.removeprefix("model."): weight for name, weight in weights.items()})
frames = network(normal(samples, samples.shape[1:])).last_hidden_state
heard = normal(frames, frames.shape[1:]).mean(1) @ torch.load(folder + "/model.ckpt")["0.w.weight"].T
print(json.dumps(dict(zip(["neutral", "angry", "happy", "sad"], heard[0].softmax(-1).tolist()))))
"""

EMOTION2VEC = """
from funasr import AutoModel
model = AutoModel(model=folder, hub="hf", device="cpu", disable_update=True, disable_pbar=True, log_level="ERROR")
found = model.generate(samples[0].numpy(), granularity="utterance", extract_embedding=False, disable_pbar=True)[0]
names = ["angry", "disgust", "fear", "happy", "neutral", "other", "sad", "surprise", "unknown"]
print(json.dumps(dict(zip(names, found["scores"]))))
"""

DEMUCS = """
from demucs.api import Separator
stems = Separator(model="hf://htdemucs", device="cpu", progress=False, shifts=0).separate_tensor(samples, 44100)[1]
print(json.dumps({name: stem.mean(0).tolist() for name, stem in stems.items()}))
"""

PYANNOTE = """
from pyannote.audio import Pipeline
found = Pipeline.from_pretrained(folder)({"waveform": samples, "sample_rate": 16000}, num_speakers=2).speaker_diarization
print(json.dumps([[span.start, span.end, name] for span, _, name in found.itertracks(yield_label=True)]))
"""

LOSE_A_WEIGHT = """
import sys, torch
kept = torch.load(sys.argv[1], weights_only=False)
weights = kept.get("state_dict", kept.get("model", kept))
del weights[next(iter(weights))]
torch.save(kept, sys.argv[1])
"""

LOSE_A_TENSOR = """
import sys
from safetensors import safe_open
from safetensors.torch import save_file
with safe_open(sys.argv[1], "pt") as opened:
    metadata, weights = opened.metadata(), {name: opened.get_tensor(name) for name in list(opened.keys())[1:]}
save_file(weights, sys.argv[1], metadata)
"""


def library_says(card: ModelCard, script: str, sound: Audio, folder: Path) -> Any:
    """The library's own answer, on the same checkpoint."""
    audio.write(folder / "sound.wav", sound)
    first, *others = [str(card.repository(role)) for role in card.repositories]
    asked = json.dumps([first, others[0] if others else "", str(folder / "sound.wav")])
    return json.loads(hub.run(card, "-c", BEGIN + script, asked).splitlines()[-1])


def noise(seconds: float, rate: int = 16000, channels: int = 1) -> Audio:
    made = 0.1 * np.random.default_rng(0).standard_normal((channels, round(seconds * rate)))
    return Audio((made if channels > 1 else made[0]).astype(np.float32), rate)


def test_ecapa_embeds_as_speechbrain_does_and_refuses_what_it_cannot_hear(
    checkpoint: Callable[[str], ModelCard], tmp_path: Path
) -> None:
    card = checkpoint("speechbrain_ecapa")
    expected = library_says(card, SPEECHBRAIN_ECAPA, noise(2.0), tmp_path)
    with hub.asked(card) as ask:
        found = ask("speaker_embed", noise(2.0))
        assert ask("speaker_verify", noise(2.0), noise(2.0)) == pytest.approx(1.0, abs=1e-5)
        with pytest.raises(AnswerFailed, match="at most 600 s") as refused:
            ask("speaker_embed", noise(600.5, 1000))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert refused.value.clean


@pytest.mark.parametrize(
    ("name", "capability", "script", "near"),
    [
        ("speechbrain_langid", "langid", SPEECHBRAIN_LANGID, 1e-6),
        ("speechbrain_emotion", "emotion", SPEECHBRAIN_EMOTION, 1e-4),  # its pooling adds a little noise
        ("emotion2vec", "emotion", EMOTION2VEC, 1e-6),
    ],
)
def test_scores_and_names_are_those_of_the_library(
    checkpoint: Callable[[str], ModelCard], tmp_path: Path, name: str, capability: str, script: str, near: float
) -> None:
    card = checkpoint(name)
    expected = library_says(card, script, noise(2.0), tmp_path)
    with hub.asked(card) as ask:
        found = ask(capability, noise(2.0))
    assert {label.name: label.score for label in found} == pytest.approx(expected, abs=near)


def test_demucs_separates_as_the_library_does(checkpoint: Callable[[str], ModelCard], tmp_path: Path) -> None:
    card = checkpoint("demucs")
    mixture = noise(3.0, 44100, channels=2)
    expected = library_says(card, DEMUCS, mixture, tmp_path)
    with hub.asked(card) as ask:
        found, slower = ask("separate", mixture), ask("separate", noise(2.5, 22050))
    assert list(found) == ["drums", "bass", "other", "vocals"]
    for name, stem in found.items():
        np.testing.assert_allclose(stem.samples, expected[name], atol=1e-5)
        assert (slower[name].frames, slower[name].sample_rate) == (round(2.5 * 22050), 22050)


def test_community_1_says_what_pyannote_does_and_stays_inside_the_clip(
    checkpoint: Callable[[str], ModelCard], tmp_path: Path
) -> None:
    card = checkpoint("pyannote_community_1")
    card = card.model_copy(update={"options": {**card.options, "num_speakers": 2}})
    sound = noise(12.3)
    expected = library_says(card, PYANNOTE, sound, tmp_path)
    with hub.asked(card) as ask:
        turns = ask("diarization", sound)
    assert [(turn.start, min(turn.end, 12.3), turn.speaker) for turn in turns] == [
        (pytest.approx(max(0.0, start)), pytest.approx(min(end, 12.3)), name) for start, end, name in expected if start < 12.3
    ]
    assert all(0 <= turn.start < turn.end <= 12.3 for turn in turns)


@pytest.mark.parametrize(
    ("name", "file", "script"),
    [
        ("speechbrain_ecapa", "embedding_model.ckpt", LOSE_A_WEIGHT),
        ("speechbrain_emotion", "wav2vec2.ckpt", LOSE_A_WEIGHT),
        ("emotion2vec", "model.pt", LOSE_A_WEIGHT),
        ("wespeaker", "pytorch_model.bin", LOSE_A_WEIGHT),
        ("demucs", "955717e8.safetensors", LOSE_A_TENSOR),
    ],
)
def test_a_checkpoint_that_lacks_a_weight_is_refused(
    checkpoint: Callable[[str], ModelCard], name: str, file: str, script: str
) -> None:
    card = checkpoint(name)
    hub.run(card, "-c", script, str(next(iter(card.repository(role) for role in card.repositories)) / file))
    with pytest.raises(ModelLabError, match=rf"^{name}: .*(1 weights are not in|Missing key)"), hub.asked(card):
        pass
