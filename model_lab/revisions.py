"""Revisions of code that was reworded or moved without changing an answer: they count as the revision that they were before.

A revision is a hash of the code and data behind answers or samples, so that cached answers are used again only for what has not changed. A
release that renames modules or rewrites comments changes every hash and no answer. ``config/revisions.json`` names those hashes, and the ones
that they replace, for the models and datasets of this package; an entry whose code changes again simply stops matching.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["models", "datasets", "perturbations"]


def recorded(kind: Kind, revision: str) -> str:
    """The revision under which answers to unchanged code are recorded.

    Args:
        kind: What the revision is of.
        revision: Hash of the code as it is now, hexadecimal.

    Returns:
        The earlier hash that stands for the same answers, or ``revision`` itself where there is none.

    Examples:
        >>> recorded("models", "0123456789abcdef")
        '0123456789abcdef'
    """
    return _table().get(kind, {}).get(revision, revision)


@cache
def _table() -> dict[str, dict[str, str]]:
    """Kind -> hash of the code as it is -> the hash that it replaces."""
    table: dict[str, dict[str, str]] = json.loads((files("model_lab.config") / "revisions.json").read_text("utf-8"))
    return table
