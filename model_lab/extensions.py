"""Where models, capabilities and datasets are looked for: the package, then the user's own folders.

``MODEL_LAB_EXTENSIONS`` names folders (separated like ``PATH``), each with any of ``models/``, ``capabilities/`` and
``datasets/`` laid out as in the package.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from model_lab.errors import BadConfig

_PACKAGE = Path(__file__).parent
_ADAPTERS = _PACKAGE / "adapters"
_INSIDE = {"models": "models", "capabilities": "capabilities", "datasets": "datasets/cards"}

_parsing = threading.Lock()
"""Python 3.11 counts the depth of all trees that are being built in one place: two at once are a SystemError."""


def places(kind: str) -> tuple[Path, ...]:
    """The folders that may hold ``kind`` ("models", "capabilities" or "datasets"), the package's own first."""
    own = os.environ.get("MODEL_LAB_EXTENSIONS", "")
    return (_PACKAGE / _INSIDE[kind], *(Path(part) / kind for part in own.split(os.pathsep) if part))


def adapters(path: Path) -> set[Path]:
    """The modules of `model_lab.adapters` that a Python file imports, and those that they import themselves."""
    direct = {module for name in _imported(path) if (module := _ADAPTERS / f"{name}.py").is_file()}
    return direct.union(*(adapters(module) for module in direct))


def _imported(path: Path) -> Iterator[str]:
    """The names of the adapters in a file's import statements; none in a file that is not Python, as importing it will say."""
    try:
        with _parsing:
            tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "model_lab.adapters":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("model_lab.adapters."):
            yield str(node.module).split(".")[2]


def load_module(path: Path) -> ModuleType:
    """Import a file from outside the package, under a name of its own."""
    name = f"model_lab_extension_{abs(hash(path.resolve()))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadConfig(f"{path} is not a Python file that can be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
