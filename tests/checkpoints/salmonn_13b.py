"""SALMONN of the real Q-Former between small encoders and a small Vicuna, in the files and under the names of the four authors."""

from __future__ import annotations

import json
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from checkpoints import whisper_architecture

OPTIONS: dict[str, Any] = {"max_new_tokens": 6}

WIDTH, LAYERS, SPEECH, SOUND = 32, 3, 32, 16
"""Width and layers of Vicuna; widths of Whisper (see whisper_architecture) and of BEATs."""

VICUNA = {
    "architectures": ["LlamaForCausalLM"],
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": WIDTH,
    "initializer_range": 0.3,
    "intermediate_size": 64,
    "max_position_embeddings": 2048,
    "model_type": "llama",
    "num_attention_heads": 2,
    "num_hidden_layers": LAYERS,
    "pad_token_id": 0,
    "rms_norm_eps": 1e-06,
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "transformers_version": "4.28.1",
    "use_cache": True,
    "vocab_size": 310,
}
"""A configuration of the days of Vicuna: it says nothing of rotary embeddings or of key-value heads."""

BEATS = {
    "input_patch_size": 16,
    "embed_dim": 24,
    "conv_bias": False,
    "encoder_layers": 2,
    "encoder_embed_dim": SOUND,
    "encoder_ffn_embed_dim": 32,
    "encoder_attention_heads": 2,
    "activation_fn": "gelu",
    "layer_norm_first": False,
    "deep_norm": True,
    "conv_pos": 128,
    "conv_pos_groups": 4,
    "relative_position_embedding": True,
    "num_buckets": 320,
    "max_distance": 800,
    "gru_rel_pos": True,
    "finetuned_model": True,
    "predictor_class": 5,
}


def build(folders: dict[str, Path]) -> None:
    import torch

    torch.manual_seed(0)
    whisper_architecture.build({"model": folders["whisper"]}, mels=80)
    _vicuna(folders["vicuna"])
    _beats(folders["beats"])
    learnt = {name: 0.3 * torch.randn(*shape) for name, shape in _shapes().items()}
    learnt["speech_Qformer.bert.embeddings.position_ids"] = torch.arange(512)[None]
    torch.save({"model": learnt, "optimizer": {"state": {}, "param_groups": []}}, folders["model"] / "salmonn_v1.pth")


def _vicuna(folder: Path) -> None:
    """Llama with its weights in three files of torch, each layer's with the frequencies that it kept in the days of Vicuna."""
    import torch
    from sentencepiece import SentencePieceTrainer
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = BytesIO()
    letters = iter(["the quick brown fox jumps over the lazy dog", "USER: ASSISTANT: <Speech>"])
    settings = {"model_type": "bpe", "vocab_size": VICUNA["vocab_size"], "byte_fallback": True, "minloglevel": 2}
    SentencePieceTrainer.train(sentence_iterator=letters, model_writer=tokenizer, **settings)
    (folder / "tokenizer.model").write_bytes(tokenizer.getvalue())
    (folder / "config.json").write_text(json.dumps(VICUNA))
    GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0).save_pretrained(folder)
    weights = LlamaForCausalLM(LlamaConfig.from_pretrained(folder)).half().state_dict()
    weights |= {f"model.layers.{number}.self_attn.rotary_emb.inv_freq": torch.rand(8) for number in range(LAYERS)}
    places = {name: f"pytorch_model-{number % 3 + 1:05}-of-00003.bin" for number, name in zip(count(), weights, strict=False)}
    for place in sorted(set(places.values())):
        torch.save({name: weights[name] for name in weights if places[name] == place}, folder / place)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": places}))


def _beats(folder: Path) -> None:
    """BEATs under the names that weight normalisation had when it was trained."""
    from unittest.mock import patch

    import torch
    from speechbrain.lobes.models import beats

    with patch.object(beats, "BEATsConfig", lambda _, config=beats.BEATsConfig(BEATS): config):
        weights = beats.BEATs().state_dict()
    normalised = {"original0": "weight_g", "original1": "weight_v"}
    for now, then in normalised.items():
        weights[f"encoder.pos_conv.0.{then}"] = weights.pop(f"encoder.pos_conv.0.parametrizations.weight.{now}")
    file = folder / "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
    torch.save({"cfg": BEATS, "model": weights}, file)


def _shapes() -> dict[str, tuple[int, ...]]:
    """The names and shapes in SALMONN's own file, with the sizes of BERT base; at full size they are 33,332,992 numbers."""
    bert, inner, rank, both = 768, 3072, 8, SPEECH + SOUND
    shapes: dict[str, tuple[int, ...]] = {"speech_query_tokens": (1, 1, bert)}

    def linear(name: str, given: int, out: int) -> None:
        shapes.update({f"{name}.weight": (out, given), f"{name}.bias": (out,)})

    def norm(name: str, width: int) -> None:
        shapes.update({f"{name}.weight": (width,), f"{name}.bias": (width,)})

    norm("ln_speech", SPEECH)
    norm("ln_audio", SOUND)
    norm("speech_Qformer.bert.embeddings.LayerNorm", bert)
    for number in range(2):
        layer = f"speech_Qformer.bert.encoder.layer.{number}"
        for attention, width in (("attention", bert), ("crossattention", both)):
            linear(f"{layer}.{attention}.self.query", bert, bert)
            linear(f"{layer}.{attention}.self.key", width, bert)
            linear(f"{layer}.{attention}.self.value", width, bert)
            linear(f"{layer}.{attention}.output.dense", bert, bert)
            norm(f"{layer}.{attention}.output.LayerNorm", bert)
        linear(f"{layer}.intermediate_query.dense", bert, inner)
        linear(f"{layer}.output_query.dense", inner, bert)
        norm(f"{layer}.output_query.LayerNorm", bert)
    linear("speech_llama_proj", bert, WIDTH)
    for number in range(LAYERS):
        for name in ("q_proj", "v_proj"):
            lora = f"llama_model.base_model.model.model.layers.{number}.self_attn.{name}.lora_"
            shapes.update({f"{lora}A.default.weight": (rank, WIDTH), f"{lora}B.default.weight": (WIDTH, rank)})
    return shapes
