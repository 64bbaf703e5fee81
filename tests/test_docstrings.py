"""Docstrings of the documented modules name every parameter, field, result and error of their public functions and classes."""

from __future__ import annotations

import ast
import importlib
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import griffe
import pytest

from model_lab import errors
from model_lab.metrics._base import Metric


def modules_of(package: str) -> list[str]:
    """The modules in a package's folder."""
    folder = Path(str(find_spec(package).origin)).parent  # type: ignore[union-attr]
    return [f"{package}.{path.stem}" for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]


METRICS = tuple(name for name in modules_of("model_lab.metrics") if "._" not in name)
DOCUMENTED = (
    "model_lab.api",
    "model_lab.audio",
    "model_lab.contract",
    "model_lab.errors",
    "model_lab.types",
    "model_lab.metrics._base",
    *METRICS,
    "model_lab.capabilities",
    *modules_of("model_lab.capabilities"),
    *modules_of("model_lab.formats"),
)
"""Modules that are documented in full; whoever adds one adds it to the list of ruff's pydocstyle rules in pyproject.toml too."""

OURS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.ModelLabError)}
STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}

Owner = griffe.Module | griffe.Class
Documented = griffe.Function | griffe.Class
Sections = dict[str, list[Any]]
"""Kind of a docstring's section -> its entries."""


def parsed(name: str, code: str) -> griffe.Module:
    path = Path(f"{name}.py")
    lines = griffe.LinesCollection()
    lines[path] = code.splitlines()
    return griffe.visit(name, filepath=path, code=code, docstring_parser="google", lines_collection=lines)


def module(name: str) -> griffe.Module:
    return parsed(name, Path(str(find_spec(name).origin)).read_text("utf-8"))  # type: ignore[union-attr]


def public(owner: Owner, prefix: str = "") -> Iterator[tuple[str, Documented]]:
    """The public functions, classes and methods that a module defines, with their qualified names."""
    for name, member in owner.members.items():
        if name.startswith("_") or not isinstance(member, (griffe.Function, griffe.Class)):
            continue
        yield f"{prefix}{name}", member
        if isinstance(member, griffe.Class):
            yield from public(member, f"{prefix}{name}.")


def faults(item: Documented) -> Iterator[str]:
    """What the docstring of a public function, method or class lacks."""
    sections: Sections = {
        section.kind.value: section.value
        for section in (item.docstring.parsed if item.docstring else ())
        if isinstance(section.value, list)
    }
    if isinstance(item, griffe.Class):
        if isinstance(constructor := item.members.get("__init__"), griffe.Function):
            yield from call_faults(constructor, sections)
        yield from field_faults(item, sections)
    else:
        yield from call_faults(item, sections)
        yield from result_faults(str(item.returns), sections)


def call_faults(function: griffe.Function, sections: Sections) -> Iterator[str]:
    actual = [STARS.get(one.kind, "") + one.name for one in function.parameters if one.name not in ("self", "cls")]  # type: ignore[arg-type]
    described = [entry.name for entry in sections.get("parameters", [])]
    yield from (f"parameter {name} is not in Args" for name in actual if name not in described)
    yield from (f"Args names {name}, which is not a parameter" for name in described if name not in actual)
    explained = {str(entry.annotation) for entry in sections.get("raises", [])}
    yield from (f"raises {error}, which is not in Raises" for error in sorted(raised(function) - explained))


def raised(function: griffe.Function) -> set[str]:
    """The errors of ours that the function's own raise statements name."""
    calls = [node.exc for node in ast.walk(ast.parse(textwrap.dedent(function.source))) if isinstance(node, ast.Raise)]
    return {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)} & OURS


def field_faults(kind: griffe.Class, sections: Sections) -> Iterator[str]:
    """Fields of dataclasses and pydantic models: in Attributes, with a docstring of their own, or with a pydantic description."""
    attributes = {name: member for name, member in kind.members.items() if isinstance(member, griffe.Attribute)}
    described = [entry.name for entry in sections.get("attributes", [])]
    for name, field in attributes.items():
        if field.docstring or field.is_private or "property" in field.labels or "description=" in str(field.value):
            continue
        if name not in described:
            yield f"field {name} is not in Attributes"
    constructor = kind.members.get("__init__")
    known = (
        {*attributes, *(one.name for one in constructor.parameters)}
        if isinstance(constructor, griffe.Function)
        else set(attributes)
    )
    yield from (f"Attributes names {name}, which is not a field" for name in described if name not in known)


def result_faults(annotation: str, sections: Sections) -> Iterator[str]:
    results = sections.get("returns", []) + sections.get("yields", [])
    if annotation in ("None", "Never") and results:
        yield "returns nothing and has a Returns section"
    if annotation not in ("None", "Never") and not results:
        yield f"returns {annotation} and has no Returns section"
    if len(results) > 1 and any(not entry.name for entry in results):
        yield "a continuation line in Returns is not indented, and reads as another result"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_parameter_field_result_and_error_is_documented(name: str) -> None:
    assert [f"{qualified}: {fault}" for qualified, item in public(module(name)) for fault in faults(item)] == []


@pytest.mark.parametrize("name", METRICS)
def test_the_manual_of_a_module_of_metrics_states_conventions_and_lists_every_metric(name: str) -> None:
    imported, written = importlib.import_module(name), module(name).members
    metrics = {
        constant: value
        for constant, value in vars(imported).items()
        if isinstance(value, Metric) and not isinstance(written.get(constant), griffe.Alias)
    }
    manual = str(imported.__doc__)
    assert "\nConventions\n---" in manual
    assert [
        constant for constant, metric in metrics.items() if f"`{constant}`" not in manual or f"``{metric.name}``" not in manual
    ] == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('def f(a: int) -> None:\n    """Do."""', "parameter a is not in Args"),
        ('def f() -> None:\n    """Do.\n\n    Args:\n        a: It.\n    """', "Args names a, which is not a parameter"),
        ('def f() -> int:\n    """Count."""', "returns int and has no Returns section"),
        ('def f() -> None:\n    """Do.\n\n    Returns:\n        Nothing.\n    """', "returns nothing and has a Returns section"),
        (
            'def f() -> int:\n    """Count.\n\n    Returns:\n        The\n        count.\n    """',
            "a continuation line in Returns is not indented, and reads as another result",
        ),
        ('def f() -> None:\n    """Do."""\n    raise BadAudio("no")', "raises BadAudio, which is not in Raises"),
        ('@dataclass\nclass C:\n    """It."""\n\n    a: int', "field a is not in Attributes"),
        ('class C:\n    """It.\n\n    Attributes:\n        a: Gone.\n    """', "Attributes names a, which is not a field"),
        ('class C:\n    """It."""\n\n    def __init__(self, a: int) -> None:\n        self._a = a', "parameter a is not in Args"),
    ],
)
def test_what_a_docstring_lacks_is_seen(code: str, fault: str) -> None:
    [(_, item)] = public(parsed("example", code))
    assert list(faults(item)) == [fault]
