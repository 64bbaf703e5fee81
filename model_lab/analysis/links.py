"""Links from names to pages of the report."""

from __future__ import annotations

import hashlib
import re

from model_lab.analysis.table_cells import Value


def slug(name: str) -> str:
    """A name as part of a path or URL: unchanged if safe, else with unsafe characters replaced and a hash appended.

    >>> slug("libri_clips"), slug("a b/c")
    ('libri_clips', 'a_b_c-539138d5')
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:60]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def to_model(name: str) -> Value:
    """The name of a model, linked to its page."""
    return Value(name, href=f"models/{slug(name)}.html")


def to_capability(name: str) -> Value:
    """The name of a capability, linked to its scorecard."""
    return Value(name, href=f"capabilities/{slug(name)}.html")


def to_dataset(capability: str, name: str) -> Value:
    """The name of a dataset, linked to its table."""
    return Value(name, href=f"capabilities/{slug(capability)}.html#{slug(name)}")
