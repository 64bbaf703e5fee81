"""Chance: a random answer of the right type, always the same for the same input."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.capabilities import capability
from model_lab.contract import Bundle, Call, ModelCard
from model_lab.types import encode


def load(card: ModelCard, device: str) -> Bundle:
    def random(name: str) -> Call:
        chance = capability(name).chance
        return lambda *inputs: chance(_generator(card.options["seed"], name, inputs), *inputs)

    return Bundle(card, device, {name: random(name) for name in card.capabilities})


def _generator(seed: int, name: str, inputs: tuple[Any, ...]) -> np.random.Generator:
    """A generator that depends on the seed, the capability and the content of the inputs, not on earlier calls."""
    question = json.dumps([name, encode(inputs, _digest)], sort_keys=True)
    return np.random.default_rng([seed, int(hashlib.sha256(question.encode()).hexdigest(), 16)])


def _digest(array: npt.NDArray[Any]) -> str:
    return f"{array.dtype}{array.shape}{hashlib.sha256(array.tobytes()).hexdigest()}"
