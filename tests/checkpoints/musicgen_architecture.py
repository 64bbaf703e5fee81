"""MusicGen of one layer, with EnCodec's 50 frames a second at 32 kHz."""

from __future__ import annotations

from pathlib import Path

from checkpoints.tokenizers import t5_tokenizer


def build(folders: dict[str, Path]) -> None:
    import torch
    from transformers import (
        EncodecConfig,
        EncodecFeatureExtractor,
        GenerationConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        MusicgenProcessor,
        T5Config,
    )

    torch.manual_seed(0)
    codes, books, rate = 64, 4, 32000
    text = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    codec = EncodecConfig(
        sampling_rate=rate,
        num_filters=4,
        upsampling_ratios=[8, 5, 4, 4],
        hidden_size=16,
        codebook_dim=16,
        codebook_size=codes,
        num_lstm_layers=1,
        target_bandwidths=[50 * books * 6 / 1000],  # kbit/s: 50 frames a second of 4 books of 2^6 codes
        use_causal_conv=False,
        normalize=False,
        chunk_length_s=None,
    )
    decoder = MusicgenDecoderConfig(
        vocab_size=codes,
        hidden_size=16,
        ffn_dim=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_codebooks=books,
        pad_token_id=codes,
        bos_token_id=codes,
    )
    parts = {"text_encoder": text, "audio_encoder": codec, "decoder": decoder}
    model = MusicgenForConditionalGeneration(MusicgenConfig(**{name: part.to_dict() for name, part in parts.items()}))
    model.generation_config = GenerationConfig(
        do_sample=True,
        guidance_scale=3.0,
        max_length=1500,
        decoder_start_token_id=codes,
        pad_token_id=codes,
        bos_token_id=codes,
    )
    model.save_pretrained(folders["model"])
    extractor = EncodecFeatureExtractor(feature_size=1, sampling_rate=rate, chunk_length_s=None)
    MusicgenProcessor(extractor, t5_tokenizer()).save_pretrained(folders["model"])
