"""A model's licence in words, what to mind about it, and how far its loader was tried."""

from __future__ import annotations

from model_lab.contract import ModelCard


def licence(card: ModelCard) -> str:
    """Licence of the code, and of the weights where there are any.

    Weights under the code's licence are not named twice.
    """
    weights = card.licence.weights
    return card.licence.code if weights in ("none", card.licence.code) else f"{card.licence.code}, weights {weights}"


def marks(card: ModelCard) -> tuple[str, ...]:
    """What somebody who wants to use the model must know before they do."""
    said = {
        "copyleft": card.licence.copyleft,
        "licence unclear": card.licence.unclear,
        "non-commercial": not card.licence.commercial and not card.licence.unclear,
        "gated": card.gated,
    }
    return tuple(mark for mark, holds in said.items() if holds)


def tried(card: ModelCard) -> str:
    """How far the loader was ever tried, in the words of a table."""
    if card.unsupported_reason:
        return "cannot run here"
    return {"weights": "its weights", "loader": "loader verified, weights not run here", "nothing": "unverified"}[card.verified]
