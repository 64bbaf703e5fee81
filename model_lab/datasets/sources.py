"""The recipes that a dataset's card may name, found without importing them.

``MODULE.FUNCTION`` is a function of a module in ``datasets/recipes``, or in ``recipes/`` of an extension folder; any other name is that of
an entry point in the group ``model_lab.recipes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_lab import extensions
from model_lab.errors import BadConfig, nearest
from model_lab.extensions import Item, Problem, shared_modules

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class RecipeSource:
    """Where a recipe is: the part that defines it, and its function there; empty if the part is the function."""

    item: Item
    function: str = ""

    @property
    def files(self) -> list[Path]:
        """The files that decide what it makes."""
        own = sorted(RECIPES.glob("_*.py")) if self.item.packaged else []
        module = "" if self.item.packaged else self.item.module
        return [self.item.path, *own, *sorted(shared_modules(self.item.path, module))]

    def load(self) -> Callable[..., Any]:
        """The function."""
        recipe: Callable[..., Any] = getattr(self.item.load_module(), self.function) if self.function else self.item.load_object()
        return recipe


def require(recipe: str) -> RecipeSource:
    """Where a recipe is.

    Raises:
        BadConfig: There is none of that name.
    """
    items = extensions.registry().items(extensions.RECIPE)
    modules = _modules()
    module, _, function = recipe.partition(".")
    if module not in modules and recipe in items:
        return RecipeSource(items[recipe])
    if module not in modules:
        close = nearest(module, modules) or nearest(recipe, items)
        raise BadConfig(f"there is no recipe module {module!r}{close}; known: {', '.join(items)}")
    item = items[module]
    defined = re.findall(r"^def ([a-z]\w*)\(", item.path.read_text("utf-8"), re.MULTILINE)
    if function not in defined:
        raise BadConfig(
            f"recipe module {module} has no function {function!r}{nearest(function, defined)}; add it or correct the card"
        )
    return RecipeSource(item, function)


def problems() -> list[Problem]:
    """What is wrong with the places where recipes are looked for, and with entry points that name none."""
    registry, modules = extensions.registry(), _modules()
    wrong = list(registry.scan_problems(extensions.RECIPE))
    for name, item in registry.items(extensions.RECIPE).items():
        if item.problem:
            wrong.append(Problem("recipe", name, item.problem))
        elif name not in modules and (name.count(".") != 1 or name.partition(".")[0] in modules):
            taken = f"{name.partition('.')[0]} is a module of recipes already"
            reason = taken if name.count(".") == 1 else "a card names a recipe FAMILY.NAME"
            wrong.append(Problem("recipe", name, f"{item.place}: {reason}; rename the entry point"))
    return wrong


def _modules() -> list[str]:
    """The modules of recipes: this package's own, and those of extension folders."""
    items = extensions.registry().items(extensions.RECIPE).items()
    return [name for name, item in items if item.packaged or not item.module]
