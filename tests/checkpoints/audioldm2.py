"""AudioLDM 2: its eleven parts, small, with the real one's 100 spectra of 64 bands a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.tokenizers import roberta_tokenizer, t5_tokenizer

OPTIONS: dict[str, Any] = {"steps": 2}

TEXT = {
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "hidden_size": 8,
    "intermediate_size": 16,
    "max_position_embeddings": 514,
}
SOUND = {
    "spec_size": 64,
    "window_size": 7,
    "num_mel_bins": 64,
    "hidden_size": 64,
    "patch_embeds_hidden_size": 8,
    "depths": [1, 1, 1, 1],
    "num_attention_heads": [1, 1, 1, 1],
    "mlp_ratio": 1.0,
}
T5 = {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
GPT2 = {"n_embd": 16, "n_head": 2, "n_layer": 2, "vocab_size": 100, "n_positions": 200}
UNET = {
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "sample_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": (8, 16),
    "attention_head_dim": 2,
}
VAE = {
    "block_out_channels": [8, 16, 16],
    "in_channels": 1,
    "out_channels": 1,
    "norm_num_groups": 8,
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "latent_channels": 4,
}
SCHEDULE = {
    "beta_start": 0.0015,
    "beta_end": 0.0195,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
}
VOCODER = {
    "model_in_dim": 64,
    "upsample_initial_channel": 32,
    "upsample_rates": [5, 4, 4, 2],
    "upsample_kernel_sizes": [16, 8, 8, 4],
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
    "normalize_before": False,
}


def build(folders: dict[str, Path]) -> None:
    import diffusers
    import torch
    import transformers

    torch.manual_seed(0)
    tokenizer = roberta_tokenizer(model_max_length=77)
    clap = transformers.ClapConfig(text_config=TEXT | {"vocab_size": len(tokenizer)}, audio_config=SOUND, projection_dim=16)
    language = transformers.GPT2LMHeadModel(transformers.GPT2Config(**GPT2))
    language.config.max_new_tokens = 8
    diffusers.AudioLDM2Pipeline(
        text_encoder=transformers.ClapModel(clap),
        text_encoder_2=transformers.T5EncoderModel(transformers.T5Config(**T5)),
        projection_model=diffusers.AudioLDM2ProjectionModel(text_encoder_dim=16, text_encoder_1_dim=32, langauge_model_dim=16),
        language_model=language,
        tokenizer=tokenizer,
        tokenizer_2=t5_tokenizer(model_max_length=77),
        feature_extractor=transformers.ClapFeatureExtractor(hop_length=480),
        unet=diffusers.AudioLDM2UNet2DConditionModel(**UNET),
        vae=diffusers.AutoencoderKL(**VAE),
        scheduler=diffusers.DDIMScheduler(**SCHEDULE),
        vocoder=transformers.SpeechT5HifiGan(transformers.SpeechT5HifiGanConfig(**VOCODER)),
    ).save_pretrained(folders["model"])
