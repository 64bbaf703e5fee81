"""Models that several tests ask: each is loaded once by a test process and stays for the test that asks next."""

from __future__ import annotations

from typing import Any

import pytest

import model_lab
from model_lab.contract import Bundle
from model_lab.provision import preflight
from model_lab.registry import model_cards

MOST = 6
"""So many stay loaded at once: as many as one file's tests take in turn."""

_open: dict[str, Bundle] = {}


def loaded(name: str, **options: Any) -> Bundle:
    """The model, which is not to be closed; where it cannot run here the test is skipped."""
    verdict = preflight.verdict(model_cards.card(name))
    if not verdict.runnable:
        pytest.skip(str(verdict))
    key = f"{name} {options}"
    model = _open.pop(key, None) or model_lab.load(name, **options)
    while len(_open) >= MOST:
        _open.pop(next(iter(_open))).close()
    _open[key] = model
    return model


def close() -> None:
    """Close whatever is loaded."""
    while _open:
        _open.popitem()[1].close()
