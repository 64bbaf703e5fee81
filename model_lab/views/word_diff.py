"""Transcripts word by word against their reference, aligned as the error rates align them: the colours agree with the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from model_lab.languages import unspaced
from model_lab.metrics import phones, text
from model_lab.wording import cut

Kind = Literal["equal", "substitute", "delete", "insert"]


@dataclass(frozen=True)
class Token:
    """A word or a phone: as it is ``compared``, and as it was written where that is one word too."""

    compared: str
    written: str


@dataclass(frozen=True)
class DiffStep:
    """One step of an alignment; ``reference`` is empty for an insertion, ``hypothesis`` for a deletion."""

    kind: Kind
    reference: str = ""
    hypothesis: str = ""


def words(written: str, language: str = "en", letters: bool = False) -> tuple[Token, ...]:
    """The words of a text as the word error rate sees them; ``language`` is a tag that `languages` knows.

    ``letters``: letters of unspaced scripts are words in any language (`text.letters_are_words`).

    >>> [(token.compared, token.written) for token in words("Mr. Smith can't!")]
    [('mister', 'Mr.'), ('smith', 'Smith'), ('can', 'can'), ('not', 'not')]
    >>> [(token.compared, token.written) for token in words("好。 OK", "zh")]
    [('好', '好。'), ('ok', 'OK')]
    """
    compared = text.normalise(written, language, letters).split()
    pieces = cut(written) if letters or unspaced(language) else written.split()
    alone = [(text.normalise(piece, language, letters), piece) for piece in pieces]
    spelt = list(compared)
    matcher = SequenceMatcher(None, [normal for normal, _ in alone], compared, autojunk=False)
    for first, second, size in matcher.get_matching_blocks():
        spelt[second : second + size] = [word for _, word in alone[first : first + size]]
    return tuple(map(Token, compared, spelt))


def spoken_phones(written: str) -> tuple[Token, ...]:
    """The phones of a text as the phone error rate sees them, similar ones folded.

    >>> [(token.compared, token.written) for token in spoken_phones("h ˈʌ")]
    [('h', 'h'), ('ə', 'ˈʌ')]
    """
    return tuple(Token(folded, phone) for phone in written.split() for folded in phones.fold(phones.normalise(phone)))


def aligned(reference: Sequence[Token], hypothesis: Sequence[Token]) -> tuple[DiffStep, ...]:
    """The alignment of fewest errors (jiwer).

    >>> [(step.kind, step.reference, step.hypothesis) for step in aligned(words("the cat sat"), words("a cat sat down"))]
    [('substitute', 'the', 'a'), ('equal', 'cat', 'cat'), ('equal', 'sat', 'sat'), ('insert', '', 'down')]
    """
    if not reference:
        return tuple(DiffStep("insert", hypothesis=token.written) for token in hypothesis)
    import jiwer

    expected_text, recognised_text = (" ".join(token.compared for token in side) for side in (reference, hypothesis))
    steps: list[DiffStep] = []
    for chunk in jiwer.process_words(expected_text, recognised_text).alignments[0]:
        expected = [token.written for token in reference[chunk.ref_start_idx : chunk.ref_end_idx]]
        recognised = [token.written for token in hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]]
        match chunk.type:
            case "delete":
                steps += [DiffStep("delete", reference=word) for word in expected]
            case "insert":
                steps += [DiffStep("insert", hypothesis=word) for word in recognised]
            case "substitute":
                steps += [DiffStep("substitute", *pair) for pair in zip(expected, recognised, strict=True)]
            case _:
                steps += [DiffStep("equal", *pair) for pair in zip(expected, recognised, strict=True)]
    return tuple(steps)
