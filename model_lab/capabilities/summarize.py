"""Summarisation: a short version of a text."""

from __future__ import annotations

import re

import numpy as np

from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import summaries
from model_lab.views.text import TEXT
from model_lab.wording import tokens


def _reference(row: Row, resolve: Resolve) -> str:
    summary = row["summary"]
    if not isinstance(summary, str) or not tokens(summary):
        raise BadManifest(f"column 'summary' is {columns.described(summary)}; expected words")
    return summary


def _problems(answer: object, text: str) -> list[str]:
    return [] if isinstance(answer, str) else [f"answer is a {type(answer).__name__}; expected str"]


def _example() -> Example:
    """Six sentences on one subject: the summary must have words, and fewer of them."""
    text = (
        "Speech recognition turns spoken words into text. Early systems were trained on a few words from a few speakers. "
        "Modern systems are neural networks, trained on many thousands of hours of recorded speech. "
        "Small networks run on a telephone, and large ones need a data centre. "
        "How good a system is, one measures by the share of words that it gets wrong, the word error rate. "
        "Noise, accents and rare names still make the word error rate of every speech recognition system rise."
    )

    def surprise(answer: str) -> str:
        words, most = len(tokens(answer)), len(tokens(text))
        return "" if 0 < words < most else f"summarises {most} words in {words}; expected fewer, and at least one"

    return Example((text,), "Speech recognition turns speech into text and is measured by word error rate.", surprise)


def _chance(rng: np.random.Generator, text: str) -> str:
    """Three random sentences of the text, split at punctuation, in order."""
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    chosen = rng.choice(len(sentences), min(3, len(sentences)), replace=False)
    return " ".join(sentences[index] for index in sorted(chosen))


CAPABILITY = Capability(
    name="summarize",
    title="Summarisation",
    in_words="{in_100} words agree with a person's summary, in the same order (ROUGE-L)",
    call="summarize(text: str) -> str",
    answer="str: the summary",
    view=TEXT,
    inputs=(("text", "text"),),
    columns=(
        Column("text", "the text", aliases=("document", "article", "dialogue", *columns.TEXT_ALIASES)),
        Column("summary", "a summary of it by a human", aliases=("highlights", "abstract", "target")),
    ),
    metrics=(
        summaries.ROUGE_L.with_margin(0.02, "a choice: two words in a hundred in common with the reference"),
        summaries.ROUGE_1,
        summaries.ROUGE_2,
    ),
    grading=Grading(
        (0.35, 0.25, 0.12, 0.03),
        measure="share",
        over="chance",
        reason=(
            "ROUGE-L depends on the length and wording of the data's summaries, and so does that of random sentences, so "
            "the share of what lies above them is graded. The first three sentences of news reach a ROUGE-L of 0.37 on "
            "CNN/DailyMail, and BART 0.37 on the one-sentence summaries of XSum."
        ),
        source=(
            "See et al. 2017, Get To The Point (lead-3: 36.57); Lewis et al. 2020, BART (XSum: 37.25); the steps are a "
            "convention of this bench"
        ),
    ),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda text: "",
    chance=_chance,
    ideal=lambda reference, text: reference,
    hub_task="summarization",
)
