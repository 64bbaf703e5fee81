"""Where models, capabilities and datasets are looked for: the package, then the user's own folders.

``MODEL_LAB_EXTENSIONS`` names folders (separated like ``PATH``), each with any of ``models/``, ``capabilities/`` and
``datasets/`` laid out as in the package. A part that cannot be used is a `Problem`, and keeps no other from being used.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from model_lab.errors import BadConfig, ContractBroken, ModelLabError
from model_lab.loader_utils import OLD_NAMES

_PACKAGE = Path(__file__).parent
_LOADER_UTILS = _PACKAGE / "loader_utils"
_INSIDE = {"models": "models", "capabilities": "capabilities", "datasets": "datasets/cards"}
_ONE = {"models": "model", "capabilities": "capability", "datasets": "dataset"}

VARIABLE = "MODEL_LAB_EXTENSIONS"
"""The environment variable that names the user's folders."""

_parsing = threading.Lock()
"""Python 3.11 counts the depth of all trees that are being built in one place: two at once are a SystemError."""


@dataclass(frozen=True)
class Problem:
    """A part that cannot be used: its kind ("model", "capability", "dataset" or "folder"), its name, and why, in a sentence."""

    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


def places(kind: str) -> tuple[Path, ...]:
    """The folders that may hold ``kind`` ("models", "capabilities" or "datasets"), the package's own first."""
    return (_PACKAGE / _INSIDE[kind], *(folder / kind for folder in _folders()))


def _folders() -> list[Path]:
    """The folders that the user names, each once."""
    named = [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    return list({folder.absolute(): folder for folder in named}.values())


def problems() -> list[Problem]:
    """What is wrong with the folders that ``MODEL_LAB_EXTENSIONS`` names."""
    return [Problem("folder", str(folder), reason) for folder in _folders() if (reason := _unusable(folder))]


def _unusable(folder: Path) -> str:
    if not folder.is_dir():
        return f"{VARIABLE} names {folder}, which is {'not a folder' if folder.exists() else 'not there'}; correct it"
    try:
        inside = {path.name for path in folder.iterdir()}
    except OSError as error:
        return f"{folder} cannot be read ({error.strerror}); make it readable, or take it out of {VARIABLE}"
    if inside and inside.isdisjoint(_INSIDE):
        return f"{VARIABLE} names {folder}, which holds none of {', '.join(f'{kind}/' for kind in _INSIDE)}; name the folder above them"
    return ""


def scan(kind: str, name_of: Callable[[Path], str]) -> tuple[dict[str, Path], list[Problem]]:
    """The parts of a ``kind``, by name, and what is wrong with the places where they are looked for.

    ``name_of`` an entry of such a place is the name of the part, "" if it is none. Of two parts of one name the first is used.
    """
    found: dict[str, Path] = {}
    wrong: list[Problem] = []
    for place in places(kind):
        if not place.exists():
            continue
        try:
            inside = sorted(place.iterdir())
        except OSError as error:
            wrong.append(Problem("folder", str(place), f"{place} cannot be read as a folder ({error.strerror}); fix it"))
            continue
        for path in inside:
            try:
                name = name_of(path)
            except OSError as error:
                wrong.append(Problem(_ONE[kind], path.name, f"{path} cannot be read ({error.strerror}); make it readable"))
                continue
            if not name.isprintable():
                fault = "holds control characters" if _is_text(name) else "is not UTF-8"
                wrong.append(Problem(_ONE[kind], ascii(name), f"the name of {str(path)!a} {fault}; rename it"))
            elif name in found:
                reason = f"{_ONE[kind]} {name!r} is in both {found[name]}, which is used, and here; rename one of them"
                wrong.append(Problem(_ONE[kind], str(path), reason))
            elif name:
                found[name] = path
    return dict(sorted(found.items())), wrong


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def translate_errors(part: Path | str) -> Iterator[None]:
    """Turn whatever goes wrong in reading a part, an exit included, into one sentence that names it or its file.

    A part that is a pipe or a device, which may have no end, is not read at all.
    """
    try:
        if isinstance(part, Path) and part.exists() and not (part.is_file() or part.is_dir()):
            raise ContractBroken(f"{part} is a pipe or a device; expected a file")
        yield
    except (ModelLabError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ContractBroken(f"{part} cannot be used ({_said(error)}); fix it, or move it away") from error


def _said(error: BaseException) -> str:
    """What an exception of third-party code says, in one line that can be printed."""
    try:
        said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
    except Exception:  # its own __str__ fails
        said = type(error).__name__
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in said[:300])


def packaged(folder: Path) -> bool:
    """Whether the folder of a model is the package's own, not an extension's."""
    return folder.parent == _PACKAGE / _INSIDE["models"]


def shared_modules(path: Path) -> set[Path]:
    """The modules of `model_lab.loader_utils` that a Python file imports, and those that they import themselves."""
    direct = {module for name in _imported(path) if (module := _LOADER_UTILS / f"{name}.py").is_file()}
    return direct.union(*(shared_modules(module) for module in direct))


def _imported(path: Path) -> Iterator[str]:
    """The modules of `model_lab.loader_utils` in a file's import statements, by their old names too; none in a file that is not
    Python, as importing it will say.
    """
    try:
        with _parsing:
            tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        for package, room, name in (parts[:3] for module in modules if len(parts := module.split(".")) > 2):
            if (package, room) == ("model_lab", "loader_utils"):
                yield name
            elif (package, room) == ("model_lab", "adapters"):
                yield OLD_NAMES.get(name, name)


def load_module(path: Path) -> ModuleType:
    """Import a file from outside the package, under a name of its own; what it prints goes to stderr."""
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
