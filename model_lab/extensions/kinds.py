"""The kinds of parts that plug-ins add, and one part of a kind."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from model_lab.errors import ContractBroken
from model_lab.extensions.modules import load_module
from model_lab.extensions.problem import translate_errors

PACKAGE = Path(__file__).parents[1]
"""The folder of this package."""


@dataclass(frozen=True)
class Kind:
    """A kind of part.

    Attributes:
        name: Its name in messages: "capability".
        plural: The folder of such parts in an extension folder, and the last word of the entry point group: "capabilities".
        suffix: The suffix of an item's file; empty if an item is a folder.
        constant: The variable that an item's module defines, if an entry point names no object; empty if a part is not an object.
        reserved: Names that no plug-in may use, because the package's own parts have them.
        package: The folder of the package's own parts, relative to ``model_lab``; empty if they are not found by scanning.
    """

    name: str
    plural: str
    suffix: str = ".py"
    constant: str = ""
    package: str = ""
    reserved: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The group of entry points that adds such parts."""
        return f"model_lab.{self.plural}"

    def name_of(self, path: Path) -> str:
        """The name of the part in a file or folder; empty if it contains none."""
        if path.name[0] in "_." or (self.suffix and path.suffix != self.suffix):
            return ""
        if self.suffix:
            return path.name.removesuffix(self.suffix)
        left_over = not path.is_dir() or [inside.name for inside in path.iterdir()] == ["__pycache__"]
        return "" if left_over else path.name


MODEL = Kind("model", "models", suffix="", package="models")
CAPABILITY = Kind("capability", "capabilities", constant="CAPABILITY", package="capabilities")
DATASET = Kind("dataset", "datasets", suffix=".yaml", package="datasets/cards")
METRIC = Kind("metric", "metrics", constant="METRIC")
RECIPE = Kind("recipe", "recipes", constant="RECIPE", package="datasets/recipes")
EXECUTOR = Kind("executor", "executors", constant="EXECUTOR", reserved=("local",))
FORMAT = Kind("format", "formats", constant="FORMAT")
PERTURBATION = Kind("perturbation", "perturbations", constant="PERTURBATION")

KINDS = {kind.name: kind for kind in (MODEL, CAPABILITY, DATASET, METRIC, RECIPE, EXECUTOR, FORMAT, PERTURBATION)}
"""All kinds, by name."""


@dataclass(frozen=True)
class Item:
    """One part that was discovered and not read yet.

    Attributes:
        kind: Its kind.
        name: Its name, unique within its kind.
        origin: Where it comes from: "model_lab", an extension folder, or an installed package with its version.
        path: The file or folder that defines it.
        module: Its module name; empty for a file that is imported by its path.
        attribute: The object in that module; empty for the constant of the kind.
        problem: Why it cannot be read; empty if reading it can be tried.
    """

    kind: Kind
    name: str
    origin: str
    path: Path
    module: str = ""
    attribute: str = ""
    problem: str = ""

    @property
    def packaged(self) -> bool:
        """Whether it is one of this package's own."""
        return self.origin == "model_lab"

    @property
    def place(self) -> str:
        """Its location, for messages: its file, or the entry point that names it."""
        if not self.module or self.packaged:
            return str(self.path)
        target = f"{self.module}:{self.attribute}" if self.attribute else self.module
        return f"entry point {self.name} = {target} of {self.origin}"

    def load_module(self, part: str = "") -> ModuleType:
        """Import its module, or the module called ``part`` in its folder; what that prints goes to stderr."""
        if not self.module:
            return load_module(self.path / f"{part}.py" if part else self.path)
        with redirect_stdout(sys.stderr):
            return import_module(f"{self.module}.{part}" if part else self.module)

    def load_object(self) -> Any:
        """The object that it defines.

        Raises:
            ContractBroken: Its module cannot be imported, or defines no such object.
        """
        if self.problem:
            raise ContractBroken(self.problem)
        name = self.attribute or self.kind.constant
        with translate_errors(self.place if self.module else self.path):
            target: Any = self.load_module()
            for part in name.split("."):
                if not hasattr(target, part):
                    raise ContractBroken(f"{self.place} must define {name}, a {self.kind.name.capitalize()}")
                target = getattr(target, part)
            return target
