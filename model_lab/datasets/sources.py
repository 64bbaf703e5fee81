"""The recipes that a dataset's card may name, found without importing them."""

from __future__ import annotations

import re
from pathlib import Path

from model_lab.errors import BadConfig, nearest

RECIPES = Path(__file__).parent / "recipes"


def require(recipe: str) -> Path:
    """The file of the recipe ``MODULE.FUNCTION``; raises `BadConfig` if there is none."""
    module, _, function = recipe.partition(".")
    known = sorted(path.stem for path in RECIPES.glob("[!_]*.py"))
    if module not in known:
        raise BadConfig(f"there is no recipe module {module!r}{nearest(module, known)}; known: {', '.join(known)}")
    path = RECIPES / f"{module}.py"
    defined = re.findall(r"^def ([a-z]\w*)\(", path.read_text("utf-8"), re.MULTILINE)
    if function not in defined:
        raise BadConfig(
            f"recipe module {module} has no function {function!r}{nearest(function, defined)}; add it or correct the card"
        )
    return path
