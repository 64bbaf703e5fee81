"""How public datasets lie on the hub: for every card, a small repository with the real paths, columns and types, and sound made by us.

A layout is written from what is known of the dataset, never from its card: it has the columns that the card does not use too. Every
module of this package has ``LAYOUTS``, by name of the card.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.datasets.hub.layouts._tables import Layout


def layouts() -> dict[str, Layout]:
    """The layouts of all cards, by name of the card."""
    collected: dict[str, Layout] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            collected |= importlib.import_module(f"{__name__}.{module.name}").LAYOUTS
    return collected
