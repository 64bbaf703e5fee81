"""The old name of `model_lab.loader_utils`, for loaders written before version 0.2; the next release does not have it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from model_lab.loader_utils import OLD_NAMES


class _OldNames(MetaPathFinder, Loader):
    """Imports ``model_lab.adapters.X`` as what that module is called now: the same module, not a copy."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname.rpartition(".")[0] == __name__ else None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__.rpartition(".")[2]
        new = f"model_lab.loader_utils.{OLD_NAMES.get(old, old)}"
        warnings.warn(
            f"{module.__name__} is now {new}; import that: the next release has only the new name", DeprecationWarning, 2
        )
        sys.modules[module.__name__] = import_module(new)


sys.meta_path.append(_OldNames())
