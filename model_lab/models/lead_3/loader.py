"""The first sentences of a text: what a summariser must beat, where writers put the gist first."""

from __future__ import annotations

import re

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig

_ABBREVIATION = re.compile(r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|cf|etc|approx|e\.g|i\.e)\.)$")
_END = re.compile(r"""[.!?]["'”’)\]]*(?=\s+["'“‘(\[]?[A-Z0-9])|\n\s*\n|$""")


def load(card: ModelCard, device: str) -> Bundle:
    count = card.options["sentences"]
    if not isinstance(count, int) or count < 1:
        raise BadConfig(f"{card.name}: option sentences is {count!r}; expected a whole number, 1 or more")

    def summarize(text: str) -> str:
        return " ".join(sentences(text)[:count])

    return Bundle(card, device, {"summarize": summarize})


def sentences(text: str) -> list[str]:
    """The sentences of a text, white space evened out.

    A sentence ends with . ! or ? before a capital or a digit, unless that is an abbreviation, and with an empty line.

    >>> sentences("Dr. No met e.g. Bond. He left! \\"Why?\\" Nobody knows")
    ['Dr. No met e.g. Bond.', 'He left!', '"Why?"', 'Nobody knows']
    """
    sentence_list, start = [], 0
    for match in _END.finditer(text):
        if not _ABBREVIATION.search(text[start : match.end()]):
            sentence_list.append(" ".join(text[start : match.end()].split()))
            start = match.end()
    return [sentence for sentence in sentence_list if sentence]
