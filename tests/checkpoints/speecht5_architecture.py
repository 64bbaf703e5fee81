"""SpeechT5 of one layer, its vocoder, and speechbrain's x-vector network in its real size (17 MB)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def build(folders: dict[str, Path], kind: str) -> None:
    """``kind``: the class of transformers that the network is."""
    import sentencepiece
    import torch
    import transformers
    from speechbrain.lobes.models.Xvector import Xvector
    from transformers import (
        SpeechT5Config,
        SpeechT5FeatureExtractor,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )

    torch.manual_seed(0)
    with (folders["model"] / "spm_char.model").open("wb") as vocabulary:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([LETTERS + LETTERS.upper() + ".,!?'"] * 20),
            model_writer=vocabulary,
            model_type="char",
            hard_vocab_limit=False,
            bos_id=0,
            pad_id=1,
            eos_id=2,
            unk_id=3,
            minloglevel=2,
        )
    tokenizer = SpeechT5Tokenizer(str(folders["model"] / "spm_char.model"))
    half: dict[str, Any] = {
        f"{side}_{what}": size
        for side in ("encoder", "decoder")
        for what, size in {"layers": 1, "attention_heads": 2, "ffn_dim": 32}.items()
    }
    config = SpeechT5Config(
        vocab_size=len(tokenizer),
        hidden_size=24,
        conv_dim=[32] * 7,
        speech_decoder_prenet_units=32,
        speech_decoder_postnet_units=32,
        speaker_embedding_dim=512,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        max_text_positions=600,
        max_speech_positions=1876,
        **half,
    )
    model = getattr(transformers, kind)(config)
    torch.nn.init.constant_(model.speech_decoder_postnet.prob_out.bias, -9.0)  # else it ends at once
    model.save_pretrained(folders["model"])
    tokenizer.save_pretrained(folders["model"])
    SpeechT5FeatureExtractor().save_pretrained(folders["model"])
    SpeechT5HifiGan(SpeechT5HifiGanConfig(upsample_initial_channel=32)).save_pretrained(folders["vocoder"])
    torch.save(Xvector(in_channels=24).state_dict(), folders["xvector"] / "embedding_model.ckpt")
