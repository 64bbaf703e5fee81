"""SALMONN 13B on a random checkpoint, against the same parts put together another way: BERT as a decoder for the Q-Former.

Needs no hub, but the shared environment: ``make test ARGS="-m hub"``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio, hub_cache
from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError
from model_lab.registry import weight_paths
from model_lab.types import Audio
from model_lab.workers.client import AnswerFailed
from tests import hub

pytestmark = pytest.mark.hub

BY_HAND = """
import json, sys, soundfile, torch
from speechbrain.lobes.models.beats import BEATs
from transformers import BertConfig, BertModel, LlamaForCausalLM, WhisperFeatureExtractor, WhisperModel
from sentencepiece import SentencePieceProcessor
folders, sounds, most = json.loads(sys.argv[1])
torch.set_grad_enabled(False)
own = torch.load(folders["model"] + "/salmonn_v1.pth", weights_only=True)["model"]
whisper = WhisperModel.from_pretrained(folders["whisper"], dtype=torch.bfloat16).eval().encoder
features = WhisperFeatureExtractor.from_pretrained(folders["whisper"])
beats = BEATs(folders["beats"] + "/BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt")
vicuna = LlamaForCausalLM.from_pretrained(folders["vicuna"], dtype=torch.bfloat16).eval()
for number, layer in enumerate(vicuna.model.layers):
    for name in ("q_proj", "v_proj"):
        place = f"llama_model.base_model.model.model.layers.{number}.self_attn.{name}.lora_"
        down, up = (own[f"{place}{which}.default.weight"].bfloat16() for which in "AB")
        linear = getattr(layer.self_attn, name)
        linear.forward = lambda x, w=linear.weight, a=down, b=up: x @ w.T + 4 * ((x @ a.T) @ b.T)
bert = BertModel(BertConfig(num_hidden_layers=2, is_decoder=True, add_cross_attention=True), add_pooling_layer=False).eval()
for layer in bert.encoder.layer:
    layer.crossattention.self.key = torch.nn.Linear(48, 768)
    layer.crossattention.self.value = torch.nn.Linear(48, 768)
names = {name: name.removeprefix("speech_Qformer.bert.").replace("_query.", ".") for name in own if "Qformer" in name}
told = bert.load_state_dict({here: own[name] for name, here in names.items() if "position_ids" not in name}, strict=False)
embedded = [f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")]
assert not told.unexpected_keys and told.missing_keys == embedded, told
for name in embedded:
    bert.get_parameter(name).zero_()
def normalised(x, name):
    return torch.nn.functional.layer_norm(x, x.shape[-1:], own[f"{name}.weight"], own[f"{name}.bias"])
tokens = SentencePieceProcessor(model_file=folders["vicuna"] + "/tokenizer.model")
left, right = "USER: <Speech><SpeechHere></Speech> Please describe the audio.\\nASSISTANT:".split("<SpeechHere>")
embed = vicuna.model.embed_tokens
for path in sounds:
    samples = torch.from_numpy(soundfile.read(path, dtype="float32")[0])
    samples = torch.nn.functional.pad(samples, (0, max(0, 16000 - len(samples))))
    mel = features(samples.numpy(), sampling_rate=16000, return_tensors="pt").input_features.bfloat16()
    speech = normalised(whisper(mel).last_hidden_state.float(), "ln_speech")
    sound = normalised(beats.extract_features(samples[None], torch.ones(1))[0], "ln_audio")
    sound = torch.cat([sound, torch.zeros(1, 1500 - sound.shape[1], 16)], 1)
    both = torch.cat([speech, sound], -1)
    parts = torch.nn.functional.unfold(both.transpose(1, 2).unsqueeze(2), (1, 17), stride=(1, 17))
    parts = parts.view(48, 17, 88).permute(2, 1, 0)
    heard = bert(inputs_embeds=own["speech_query_tokens"].expand(88, -1, -1), encoder_hidden_states=parts).last_hidden_state
    heard = heard[:, 0] @ own["speech_llama_proj.weight"].T + own["speech_llama_proj.bias"]
    asked = [embed(torch.tensor([1, *tokens.encode(left)])), heard.bfloat16(), embed(torch.tensor(tokens.encode(right)))]
    asked = torch.cat(asked)[None]
    mask = torch.ones(asked.shape[:2], dtype=torch.long)
    ends = dict(eos_token_id=2, pad_token_id=2)
    found = vicuna.generate(inputs_embeds=asked, attention_mask=mask, max_new_tokens=most, num_beams=4, do_sample=False, **ends)
    print(json.dumps(tokens.decode([number for number in found[0].tolist() if number > 2]).strip()))
"""


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelCard]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        yield hub.build("salmonn_13b")


def noise(seconds: float, seed: int = 0) -> Audio:
    return Audio((0.1 * np.random.default_rng(seed).standard_normal(round(seconds * 16000))).astype(np.float32), 16000)


def test_it_says_what_its_parts_say_that_are_put_together_by_hand(card: ModelCard, tmp_path: Path) -> None:
    sounds = [noise(0.3), noise(4.0, 1), noise(30.0, 2)]
    paths = [tmp_path / f"{number}.wav" for number in range(len(sounds))]
    for path, sound in zip(paths, sounds, strict=True):
        audio.write(path, sound)
    folders = {role: str(card.repository(role)) for role in card.repositories}
    told = hub.run(card, "-c", BY_HAND, json.dumps([folders, list(map(str, paths)), card.options["max_new_tokens"]]))
    with hub.asked(card) as ask:
        found = [ask("caption", audio.read(path)) for path in paths]
    assert found == [json.loads(line) for line in told.splitlines()]
    assert len(set(found)) > 1, "it hears the difference"


def test_a_sound_that_it_would_cut_is_refused(card: ModelCard) -> None:
    with hub.asked(card) as ask, pytest.raises(AnswerFailed, match=r"lasts 30\.5 s; expected at most 30 s"):
        ask("caption", noise(30.5))


@pytest.mark.parametrize(
    ("role", "name", "lost", "told"),
    [
        (
            "model",
            "salmonn_v1.pth",
            "llama_model.base_model.model.model.layers.2.self_attn.v_proj.lora_B.default.weight",
            "lora.2.v_proj.lora_B.weight",
        ),
        (
            "model",
            "salmonn_v1.pth",
            "speech_Qformer.bert.encoder.layer.1.crossattention.self.key.bias",
            "speech_Qformer.encoder.layer.1.crossattention.attention.key.bias",
        ),
        (
            "beats",
            "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt",
            "encoder.layers.1.fc1.weight",
            "encoder.layers.1.fc1.weight",
        ),
    ],
)
def test_one_weight_too_few_is_refused(
    card: ModelCard, role: str, name: str, lost: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(hub_cache.root(), tmp_path / "hub")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    program = "import sys, torch; kept = torch.load(sys.argv[1]); del kept['model'][sys.argv[2]]; torch.save(kept, sys.argv[1])"
    hub.run(card, "-c", program, str(weight_paths.located(card).repository(role) / name), lost)
    with pytest.raises(ModelLabError, match=f"salmonn_13b: .*{name}.*{told}"), hub.asked(card):
        pass


def test_a_file_of_something_else_is_refused(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(hub_cache.root(), tmp_path / "hub")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    file = str(weight_paths.located(card).repository("model") / "salmonn_v1.pth")
    hub.run(card, "-c", "import sys, torch; torch.save({'weights': torch.ones(2)}, sys.argv[1])", file)
    with pytest.raises(ModelLabError, match="holds no weights under 'model'"), hub.asked(card):
        pass
