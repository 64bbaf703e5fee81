"""emotion2vec+ of one layer, in the file that its training wrote: names of weights with a prefix, and more than the weights."""

from __future__ import annotations

from pathlib import Path

TOKENS = [
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
]

AUDIO = {
    "type": "AUDIO",
    "prenet_depth": 1,
    "prenet_layerdrop": 0.05,
    "prenet_dropout": 0.1,
    "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0,
    "num_extra_tokens": 10,
    "init_extra_token_zero": True,
    "mask_noise_std": 0.01,
    "mask_prob_min": None,
    "mask_prob": 0.5,
    "inverse_mask": False,
    "mask_prob_adjust": 0.05,
    "keep_masked_pct": 0.0,
    "mask_length": 5,
    "add_masks": False,
    "remove_masks": False,
    "mask_dropout": 0.0,
    "encoder_zero_mask": True,
    "mask_channel_prob": 0.0,
    "mask_channel_length": 64,
    "ema_local_encoder": False,
    "local_grad_mult": 1.0,
    "use_alibi_encoder": True,
    "alibi_scale": 1.0,
    "learned_alibi": False,
    "alibi_max_pos": None,
    "learned_alibi_scale": True,
    "learned_alibi_scale_per_head": True,
    "learned_alibi_scale_per_layer": False,
    "num_alibi_heads": 2,
    "model_depth": 1,
    "decoder": None,
    "extractor_mode": "layer_norm",
    "feature_encoder_spec": "[(32, 10, 5)] + [(32, 3, 2)] * 4 + [(32,2,2)] + [(32,2,2)]",
    "conv_pos_width": 95,
    "conv_pos_groups": 4,
    "conv_pos_depth": 5,
    "conv_pos_pre_ln": False,
}

NETWORK = {
    "loss_beta": 0.0,
    "loss_scale": None,
    "depth": 1,
    "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0,
    "num_heads": 2,
    "norm_eps": 1e-5,
    "norm_affine": True,
    "encoder_dropout": 0.1,
    "post_mlp_drop": 0.1,
    "attention_dropout": 0.1,
    "activation_dropout": 0.0,
    "dropout_input": 0.0,
    "layerdrop": 0.0,
    "embed_dim": 32,
    "mlp_ratio": 2.0,
    "layer_norm_first": False,
    "average_top_k_layers": 1,
    "end_of_block_targets": False,
    "clone_batch": 1,
    "normalize": True,
    "modalities": {"audio": AUDIO},
}


def build(folders: dict[str, Path]) -> None:
    import torch
    import yaml
    from funasr.models.emotion2vec.model import Emotion2vec

    torch.manual_seed(0)
    folder = folders["model"]
    settings = {
        "model": "Emotion2vec",
        "model_conf": NETWORK,
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
        "scope_map": ["d2v_model.", "none"],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    (folder / "tokens.txt").write_text("\n".join(TOKENS) + "\n", "utf-8")
    state = Emotion2vec(model_conf=NETWORK, vocab_size=len(TOKENS)).state_dict()
    trained = {name if name.startswith("proj.") else f"d2v_model.{name}": weight for name, weight in state.items()}
    torch.save({"model": trained, "args": None, "last_optimizer_state": None}, folder / "model.pt")
