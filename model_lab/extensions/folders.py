"""Parts in folders: this package's own, and those that ``MODEL_LAB_EXTENSIONS`` names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from model_lab.extensions.kinds import KINDS, PACKAGE, Item, Kind
from model_lab.extensions.problem import Problem

VARIABLE = "MODEL_LAB_EXTENSIONS"
"""The environment variable that lists the user's folders."""


def extension_folders(variable: str) -> list[Path]:
    """The folders in a value of the variable, each once."""
    named = [Path(part) for part in variable.split(os.pathsep) if part]
    return list({folder.absolute(): folder for folder in named}.values())


def problem_of(folder: Path) -> str:
    """The problem of an extension folder; empty if there is none."""
    if not folder.is_dir():
        return f"{VARIABLE} names {folder}, which is {'not a folder' if folder.exists() else 'not there'}; correct it"
    try:
        inside = {path.name for path in folder.iterdir()}
    except OSError as error:
        return f"{folder} cannot be read ({error.strerror}); make it readable, or take it out of {VARIABLE}"
    known = [kind.plural for kind in KINDS.values()]
    if inside and inside.isdisjoint(known):
        return f"{VARIABLE} names {folder}, which holds none of {', '.join(f'{name}/' for name in known)}; name the folder above them"
    return ""


def scan(kind: Kind, folder: Path, origin: str, package: str = "") -> Iterator[Item | Problem]:
    """The parts of a kind in a folder, by name; ``package`` is the module name of the folder, if it has one."""
    if not folder.exists():
        return
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        yield Problem("folder", str(folder), f"{folder} cannot be read as a folder ({error.strerror}); fix it")
        return
    for path in inside:
        try:
            name = kind.name_of(path)
        except OSError as error:
            yield Problem(kind.name, path.name, f"{path} cannot be read ({error.strerror}); make it readable")
            continue
        if not name.isprintable():
            fault = "holds control characters" if _is_text(name) else "is not UTF-8"
            yield Problem(kind.name, ascii(name), f"the name of {str(path)!a} {fault}; rename it")
        elif name:
            yield Item(kind, name, origin, path, f"{package}.{name}" if package and kind.suffix != ".yaml" else "")


def own(kind: Kind) -> Iterator[Item | Problem]:
    """The package's own parts of a kind."""
    if kind.package:
        yield from scan(kind, PACKAGE / kind.package, "model_lab", f"model_lab.{kind.package.replace('/', '.')}")


def places(kind: Kind) -> tuple[Path, ...]:
    """The folders that may contain parts of a kind: the package's own first, then one in each extension folder."""
    folders = [folder / kind.plural for folder in extension_folders(os.environ.get(VARIABLE, ""))]
    return (*([PACKAGE / kind.package] if kind.package else []), *folders)


def packaged(folder: Path) -> bool:
    """Whether the folder of a model is the package's own, not a plug-in's."""
    return folder.parent == PACKAGE / "models"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
