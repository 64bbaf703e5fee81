"""The truth itself: what each capability's metric gives at best, and a test of all that stands between model and score."""

from __future__ import annotations

from typing import Any

from model_lab.capabilities import capability
from model_lab.contract import Bundle, Call, ModelCard
from model_lab.errors import ContractBroken


def load(card: ModelCard, device: str) -> Bundle:
    truths: list[Any] = []

    def set_reference(truth: Any) -> None:
        truths[:] = [truth]

    def oracle(name: str) -> Call:
        ideal = capability(name).ideal

        def answer(*inputs: Any) -> Any:
            if not truths:
                raise ContractBroken(f"{card.name}: asked for {name} untold; call bundle.told(reference) before each question")
            return ideal(truths.pop(), *inputs)

        return answer

    return Bundle(card, device, {name: oracle(name) for name in card.capabilities}, set_reference=set_reference)
