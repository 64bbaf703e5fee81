"""Modules of plug-ins: importing them by path, and finding what they import."""

from __future__ import annotations

import ast
import importlib.util
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from model_lab.errors import BadConfig
from model_lab.loader_utils import OLD_NAMES

LOADER_UTILS = Path(__file__).parents[1] / "loader_utils"

_parsing = threading.Lock()
"""Python 3.11 counts the depth of all syntax trees under construction in one place: parsing two at once raises SystemError."""


def load_module(path: Path) -> ModuleType:
    """Import a file from outside the package, under a unique name; its output goes to stderr."""
    name = f"model_lab_extension_{abs(hash(path.resolve()))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadConfig(f"{path} is not a Python file that can be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def shared_modules(path: Path, module: str = "") -> set[Path]:
    """The files that determine what a Python file does, besides itself.

    Args:
        path: The file.
        module: Its module name, if it is in the package of a plug-in; empty otherwise.

    Returns:
        The modules of `model_lab.loader_utils` that it imports, and for a plug-in those of its own package; and what these import.
    """
    roots = {"model_lab.loader_utils": LOADER_UTILS}
    above = module.count(".") + (path.name == "__init__.py")
    if module and above:
        roots[module.partition(".")[0]] = path.parents[above - 1]
    files: set[Path] = set()
    waiting = [(path, module)]
    while waiting:
        file, name = waiting.pop()
        for imported in _imported(file, name):
            for dependency in _file_of(imported, roots):
                if dependency != path and dependency not in files:
                    files.add(dependency)
                    waiting.append((dependency, imported))
    return files


def _file_of(name: str, roots: Mapping[str, Path]) -> Iterator[Path]:
    """The file of a module, if it is in one of ``roots`` (name of a package -> its folder)."""
    for package, folder in roots.items():
        if name == package or name.startswith(f"{package}."):
            stem = folder.joinpath(*name.split(".")[package.count(".") + 1 :])
            files = (stem.with_name(f"{stem.name}.py"), stem / "__init__.py")
            yield from (file for file in files if file.is_file() and file != LOADER_UTILS / "__init__.py")


def _imported(path: Path, module: str) -> Iterator[str]:
    """The modules that a file's import statements may name, those of `model_lab.loader_utils` by their old names too.

    None in a file that is not valid Python: importing it reports that.
    """
    try:
        with _parsing:
            tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError):
        return
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[:2] == ["model_lab", "adapters"] and len(parts) > 2:
                parts = ["model_lab", "loader_utils", OLD_NAMES.get(parts[2], parts[2])]
            yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
