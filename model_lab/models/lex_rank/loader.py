"""LexRank over the sentences of a text."""

from __future__ import annotations

from model_lab.adapters import sumy
from model_lab.contract import Bundle, ModelCard


def load(card: ModelCard, device: str) -> Bundle:
    from sumy.summarizers.lex_rank import LexRankSummarizer

    return Bundle(card, device, {"summarize": sumy.summarizer(card, LexRankSummarizer)})
