"""Returns the reference itself: the best value of each capability's metric, and a test of everything between model and score."""

from __future__ import annotations

from typing import Any

from model_lab.capabilities import capability
from model_lab.contract import Bundle, Call, ModelCard
from model_lab.errors import ContractBroken


def load(card: ModelCard, device: str) -> Bundle:
    references: list[Any] = []

    def set_reference(reference: Any) -> None:
        references[:] = [reference]

    def oracle(name: str) -> Call:
        ideal = capability(name).ideal

        def answer(*inputs: Any) -> Any:
            if not references:
                raise ContractBroken(
                    f"{card.name}: {name} was called without a reference; call bundle.set_reference(reference) before each call"
                )
            return ideal(references.pop(), *inputs)

        return answer

    return Bundle(card, device, {name: oracle(name) for name in card.capabilities}, set_reference=set_reference)
