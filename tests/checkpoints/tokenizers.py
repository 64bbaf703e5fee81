"""Tokenizers of a few letters, as transformers saves them."""

from __future__ import annotations

from typing import Any

from checkpoints.vocabulary import byte_vocabulary

LETTERS = "abcdefghijklmnopqrstuvwxyz .,"


def t5_tokenizer(**settings: Any) -> Any:
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)]
    return T5Tokenizer(vocab=pieces, extra_ids=0, **settings)


def roberta_tokenizer(**settings: Any) -> Any:
    from transformers import RobertaTokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocabulary = {sign: number for number, sign in enumerate([*special, *byte_vocabulary()])}
    return RobertaTokenizer(vocab=vocabulary, merges=[], **settings)
