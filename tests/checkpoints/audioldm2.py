"""AudioLDM 2: its eleven parts, small, with the real one's 100 spectra of 64 bands a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.tokenizers import roberta_tokenizer, t5_tokenizer

OPTIONS: dict[str, Any] = {"steps": 2}


def build(folders: dict[str, Path]) -> None:
    import torch
    from diffusers import AudioLDM2Pipeline, AudioLDM2ProjectionModel, AudioLDM2UNet2DConditionModel, AutoencoderKL, DDIMScheduler
    from transformers import (
        ClapConfig,
        ClapFeatureExtractor,
        ClapModel,
        GPT2Config,
        GPT2LMHeadModel,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        T5Config,
        T5EncoderModel,
    )

    torch.manual_seed(0)
    tokenizer = roberta_tokenizer(model_max_length=77)
    one = {"num_hidden_layers": 1, "num_attention_heads": 1, "hidden_size": 8, "intermediate_size": 16}
    text = one | {"vocab_size": len(tokenizer), "max_position_embeddings": 514}
    sound = {
        "spec_size": 64,
        "window_size": 7,
        "num_mel_bins": 64,
        "hidden_size": 64,
        "patch_embeds_hidden_size": 8,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 1, 1, 1],
        "mlp_ratio": 1.0,
    }
    language = GPT2LMHeadModel(GPT2Config(n_embd=16, n_head=2, n_layer=2, vocab_size=100, n_positions=200))
    language.config.max_new_tokens = 8
    pipeline = AudioLDM2Pipeline(
        text_encoder=ClapModel(ClapConfig(text_config=text, audio_config=sound, projection_dim=16)),
        text_encoder_2=T5EncoderModel(T5Config(vocab_size=64, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2)),
        projection_model=AudioLDM2ProjectionModel(text_encoder_dim=16, text_encoder_1_dim=32, langauge_model_dim=16),
        language_model=language,
        tokenizer=tokenizer,
        tokenizer_2=t5_tokenizer(model_max_length=77),
        feature_extractor=ClapFeatureExtractor(hop_length=480),
        unet=AudioLDM2UNet2DConditionModel(
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=8,
            sample_size=32,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=(8, 16),
            attention_head_dim=2,
        ),
        vae=AutoencoderKL(
            block_out_channels=[8, 16, 16],
            in_channels=1,
            out_channels=1,
            norm_num_groups=8,
            down_block_types=["DownEncoderBlock2D"] * 3,
            up_block_types=["UpDecoderBlock2D"] * 3,
            latent_channels=4,
        ),
        scheduler=DDIMScheduler(
            beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False
        ),
        vocoder=SpeechT5HifiGan(
            SpeechT5HifiGanConfig(
                model_in_dim=64,
                upsample_initial_channel=32,
                upsample_rates=[5, 4, 4, 2],
                upsample_kernel_sizes=[16, 8, 8, 4],
                resblock_kernel_sizes=[3],
                resblock_dilation_sizes=[[1, 3]],
                normalize_before=False,
            )
        ),
    )
    pipeline.save_pretrained(folders["model"])
