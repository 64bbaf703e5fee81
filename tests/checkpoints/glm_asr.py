"""GLM-ASR of one encoder layer and one layer of Llama."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.vocabulary import byte_vocabulary

OPTIONS: dict[str, Any] = {"max_new_tokens": 6}

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{% for part in message['content'] %}"
    "{% if part['type'] == 'audio' %}<|begin_of_audio|><|pad|><|end_of_audio|><|user|>\n{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def build(folders: dict[str, Path]) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        GlmAsrConfig,
        GlmAsrForConditionalGeneration,
        GlmAsrProcessor,
        PreTrainedTokenizerFast,
        WhisperFeatureExtractor,
    )

    torch.manual_seed(0)
    letters = Tokenizer(models.BPE(vocab=byte_vocabulary(), merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    end, audio = "<|endoftext|>", "<|pad|>"
    special = ["<|user|>", "<|assistant|>", "<|begin_of_audio|>", "<|end_of_audio|>", audio]
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token=end, pad_token=end, additional_special_tokens=special)
    number = tokenizer.convert_tokens_to_ids
    config = GlmAsrConfig(
        audio_config={
            "model_type": "glmasr_encoder",
            "hidden_size": 32,
            "intermediate_size": 128,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_mel_bins": 128,
        },
        text_config={
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 2048,
            "initializer_range": 0.3,
            "eos_token_id": [number(end)],
            "bos_token_id": None,
            "pad_token_id": number(end),
        },
        audio_token_id=number(audio),
    )
    GlmAsrForConditionalGeneration(config).to(torch.bfloat16).save_pretrained(folders["model"])
    processor = GlmAsrProcessor(WhisperFeatureExtractor(feature_size=128), tokenizer, chat_template=TEMPLATE)
    processor.save_pretrained(folders["model"])
