"""SALMONN 13B, put together out of libraries as its authors' model.py does it: transformers, SpeechBrain's BEATs, sentencepiece.

Whisper's and BEATs' encoders hear the sound; a Q-Former makes one input of Vicuna out of every third of a second of theirs,
and Vicuna, changed by LoRA in its queries and values, answers a question about it. SALMONN's own weights, all except the two
encoders and Vicuna, are in one file. As published: 30 s at most, silence added up to 1 s, four beams, no sampling.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.loader_utils import load_errors, state_dict
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.speech_windows import speech
from model_lab.types import Audio, FloatArray

_RATE = 16000
_LONGEST_S, _SHORTEST_S = 30, 1
_WINDOW = 17
"""Frames of Whisper's encoder, 50 in a second, that make one input of Vicuna: the published 0.333333 s, rounded."""

_LAYERS, _RANK, _SCALE = 2, 8, 32 / 8
"""Layers of the Q-Former, which otherwise has the sizes of BERT base; rank of LoRA, and its alpha over its rank."""

_BEAMS = 4
_OWN = "salmonn_v1.pth"
_NAMES = {
    "speech_Qformer.bert.embeddings.LayerNorm.": "speech_Qformer.layernorm.",
    "speech_Qformer.bert.": "speech_Qformer.",
    ".self.": ".attention.",
    "llama_model.base_model.model.model.layers.": "lora.",
    ".self_attn.": ".",
    ".default.": ".",
}
"""Parts of the names of weights: in SALMONN's file (of LAVIS and of peft 0.3) -> here."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from sentencepiece import SentencePieceProcessor
    from transformers import LlamaForCausalLM

    folder = card.repository("vicuna")
    vicuna = pretrained(card, device, LlamaForCausalLM, folder)
    tokens = SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    listen, lora = _ears(card, device, vicuna.config)
    for layer, learnt in zip(vicuna.model.layers, lora.to(vicuna.dtype), strict=True):
        for name, change in learnt.items():
            getattr(layer.self_attn, name).register_forward_hook(_changed_by(change))

    def embedded(numbers: list[int]) -> Any:
        return vicuna.get_input_embeddings()(torch.tensor([numbers], device=device))

    def caption(audio: Audio) -> str:
        samples = speech(card, audio, _RATE)
        if len(samples) > _LONGEST_S * _RATE:
            raise ModelLabError(
                f"{card.name}: the sound lasts {audio.duration:.1f} s; expected at most {_LONGEST_S} s: cut it into parts"
            )
        before = embedded([tokens.bos_id(), *tokens.encode("USER: <Speech>")])
        after = embedded(tokens.encode(f"</Speech> {card.options['question']}\nASSISTANT:"))
        input_embeddings = torch.cat([before, listen(samples).to(vicuna.dtype), after], dim=1)
        output = vicuna.generate(
            inputs_embeds=input_embeddings,
            attention_mask=torch.ones(input_embeddings.shape[:2], dtype=torch.long, device=device),
            max_new_tokens=card.options["max_new_tokens"],
            num_beams=_BEAMS,
            do_sample=False,
            eos_token_id=tokens.eos_id(),
            pad_token_id=tokens.eos_id(),
        )
        words = [number for number in output[0].tolist() if not (tokens.is_control(number) or tokens.is_unknown(number))]
        return str(tokens.decode(words)).strip()

    return Bundle(card, device, {"caption": torch.inference_mode()(caption)})


def _ears(card: ModelCard, device: str, vicuna: Any) -> tuple[Callable[[FloatArray], Any], Any]:
    """What makes inputs of Vicuna, shape (1, windows, width), out of samples; and what LoRA changes in each of its layers."""
    import torch
    from transformers import WhisperFeatureExtractor, WhisperModel

    folder = card.repository("whisper")
    features = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)
    whisper = pretrained(card, device, WhisperModel, folder).get_encoder()
    beats = _beats(card).to(device)
    own = _own(card, whisper.config.d_model, beats.cfg.encoder_embed_dim, vicuna).to(device)

    def listen(samples: FloatArray) -> Any:
        samples = np.pad(samples, (0, max(0, _SHORTEST_S * _RATE - len(samples))))
        mel = features(samples, sampling_rate=_RATE, return_tensors="pt").input_features
        speech = own["ln_speech"](whisper(mel.to(device, whisper.dtype)).last_hidden_state.float())
        whole = torch.ones(1, device=device)
        sound = own["ln_audio"](beats.extract_features(torch.from_numpy(samples)[None].to(device), whole)[0])
        sound = torch.nn.functional.pad(sound, (0, 0, 0, speech.shape[1] - sound.shape[1]))
        frames = torch.cat([speech, sound], dim=-1)[0]
        count = len(frames) // _WINDOW
        windows = frames[: count * _WINDOW].reshape(count, _WINDOW, -1)
        queries = own.speech_query_tokens.expand(count, -1, -1)
        query_outputs = own["speech_Qformer"](query_embeds=queries, encoder_hidden_states=windows).last_hidden_state
        return own["speech_llama_proj"](query_outputs).transpose(0, 1)

    return listen, own["lora"]


def _beats(card: ModelCard) -> Any:
    """BEATs with its weights, in float32. SpeechBrain reads its sizes out of the same file, and refuses one that is not whole."""
    from speechbrain.lobes.models.beats import BEATs

    file = card.repository("beats") / "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
    with load_errors.translate(card, file, RuntimeError, OSError, EOFError, UnpicklingError, KeyError):
        return BEATs(str(file))


def _own(card: ModelCard, speech: int, sound: int, vicuna: Any) -> Any:
    """What SALMONN learnt itself, in float32; ``speech`` and ``sound`` are the widths of the two encoders."""
    from torch import zeros
    from torch.nn import LayerNorm, Linear, ModuleDict, ModuleList, Parameter
    from transformers import Blip2QFormerConfig, Blip2QFormerModel

    config = Blip2QFormerConfig(num_hidden_layers=_LAYERS, cross_attention_frequency=1, encoder_hidden_size=speech + sound)
    width = vicuna.hidden_size
    of_keys = vicuna.num_key_value_heads * (width // vicuna.num_attention_heads)

    def change(out: int) -> ModuleDict:
        return ModuleDict({"lora_A": Linear(width, _RANK, bias=False), "lora_B": Linear(_RANK, out, bias=False)})

    own = ModuleDict(
        {
            "ln_speech": LayerNorm(speech),
            "ln_audio": LayerNorm(sound),
            "speech_Qformer": Blip2QFormerModel(config),
            "speech_llama_proj": Linear(config.hidden_size, width),
            "lora": ModuleList(
                ModuleDict({"q_proj": change(width), "v_proj": change(of_keys)}) for _ in range(vicuna.num_hidden_layers)
            ),
        }
    )
    file = card.repository("model") / _OWN
    own.register_parameter("speech_query_tokens", Parameter(zeros(1, 1, config.hidden_size)))
    state_dict.fill(card, own, _weights(card, file), file)
    return own.eval()


def _weights(card: ModelCard, file: Path) -> dict[str, Any]:
    """The weights in SALMONN's file, which also holds the state of the optimizer, under the names they have here."""
    checkpoint = state_dict.read(card, file)
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("model"), dict):
        raise NotRunnable(f"{card.name}: {file} holds no weights under 'model'; expected SALMONN's: it holds another model")
    return {_renamed(name): weight for name, weight in checkpoint["model"].items()}


def _renamed(name: str) -> str:
    for theirs, here in _NAMES.items():
        name = name.replace(theirs, here)
    return name


def _changed_by(change: Any) -> Callable[[Any, tuple[Any, ...], Any], Any]:
    """LoRA (Hu et al. 2022) as a hook of a linear layer: added to its weights in half precision, it would be rounded."""

    def hook(_: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        return output + _SCALE * change["lora_B"](change["lora_A"](inputs[0]))

    return hook
