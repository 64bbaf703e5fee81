"""What is said of this machine."""

from __future__ import annotations

import json
import os

from model_lab.provision.machine import machine
from model_lab.registry import model_cards


def test_it_is_this_machine() -> None:
    found = machine()
    assert found["cores"] == os.cpu_count()
    assert 0 < found["memory_gb"]["free"] <= found["memory_gb"]["total"]
    assert found["models that can run here"].endswith(f" of {len(model_cards.cards())}")
    json.dumps(found)
