"""The licence of a model as text, its restrictions, and how far its loader was verified."""

from __future__ import annotations

from model_lab.contract import ModelCard


def licence(card: ModelCard) -> str:
    """The licence of the code, and of the weights where it is a different one."""
    weights = card.licence.weights
    return card.licence.code if weights in ("none", card.licence.code) else f"{card.licence.code}, weights {weights}"


def marks(card: ModelCard) -> tuple[str, ...]:
    """The restrictions to consider before using the model, such as copyleft or gated access."""
    conditions = {
        "copyleft": card.licence.copyleft,
        "licence unclear": card.licence.unclear,
        "non-commercial": not card.licence.commercial and not card.licence.unclear,
        "gated": card.gated,
    }
    return tuple(mark for mark, holds in conditions.items() if holds)


def verification(card: ModelCard) -> str:
    """How far the loader was verified, as shown in tables."""
    if card.unsupported_reason:
        return "cannot run here"
    return {"weights": "its weights", "loader": "loader verified, weights not run here", "nothing": "unverified"}[card.verified]
