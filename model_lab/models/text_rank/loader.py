"""TextRank over the sentences of a text."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import sumy


def load(card: ModelCard, device: str) -> Bundle:
    from sumy.summarizers.text_rank import TextRankSummarizer

    return Bundle(card, device, {"summarize": sumy.summarizer(card, TextRankSummarizer)})
