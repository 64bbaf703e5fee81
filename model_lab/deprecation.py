"""Old names of public functions and classes, which work with a warning until the next release."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Build the ``__getattr__`` of a module (PEP 562) that resolves old names.

    Args:
        module: ``__name__`` of the module.
        names: Old name -> name in this module.

    Returns:
        A function that returns the object of an old name after a `DeprecationWarning`, and raises `AttributeError` for any other name.
    """

    def resolve(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(
            f"{module}.{name} is now {module}.{names[name]}; use that: the next release has only the new name",
            DeprecationWarning,
            2,
        )
        return getattr(sys.modules[module], names[name])

    return resolve
