"""Reads YAML files into pydantic models, with one-sentence errors that name the nearest valid key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from model_lab.errors import BadConfig, nearest

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_DEEPEST, _MOST = 100, 1_000_000
"""Limits of nesting and of the number of values, above those of any hand-written file."""


class Strict(BaseModel):
    """A frozen pydantic model in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises `BadConfig` if it is missing, not YAML or not a mapping."""
    try:
        text = path.read_text("utf-8")
        _require_bounded(text)
        loaded = yaml.load(text, Loader=_Loader)
    except FileNotFoundError:
        raise BadConfig(f"{path} does not exist; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path} cannot be read ({error}); expected a YAML file") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: invalid dates and the like
        raise BadConfig(f"{path} is not valid YAML ({' '.join(str(error).split())}); fix it") from None
    if not isinstance(loaded, dict):
        raise BadConfig(f"{path} contains {type(loaded).__name__}; expected keys and values")
    return loaded


def _require_bounded(text: str) -> None:
    """Raise `ValueError` for YAML that is nested too deeply to read, or expands without bounds through aliases."""
    if "*" not in text and sum(map(text.count, "[{-?:")) < 10 * _DEEPEST:
        return
    sizes: dict[str, int] = {}
    open_collections: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in open_collections}:
                raise ValueError(f"alias {event.anchor!r} refers to a node that contains it")
            total += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_collections.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_collections.pop()
            if anchor:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        if len(open_collections) > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")
        if total > _MOST:
            raise ValueError(f"with its aliases it has more than {_MOST} values")


def parse(kind: type[Model], data: dict[str, Any], origin: Path | str) -> Model:
    """``data`` as a ``kind``. Raises `BadConfig` with the first error, its location and the nearest valid key."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise BadConfig(f"{origin}: {_sentence(kind, error)}") from None


def _sentence(kind: type[BaseModel], error: ValidationError) -> str:
    issues = error.errors()
    first = next(
        (fault for fault in issues if fault["type"] == "extra_forbidden"), issues[0]
    )  # a misspelt key may explain a missing one
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        owner = _owner(kind, first["loc"][:-1])
        keys = list(owner.model_fields) if owner else []
        return f"unknown key {where!r}{nearest(key, keys)}; known keys: {', '.join(keys)}"
    if first["type"] == "missing":
        return f"key {where!r} is missing; add it"
    value = repr(first["input"])
    return f"{where} is {value[:80]}: {first['msg']}"


def _owner(kind: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    for part in path:
        if isinstance(part, int):
            continue
        annotation = kind.model_fields[part].annotation if part in kind.model_fields else None
        nested = _model_in(annotation)
        if nested is not None:
            kind = nested
    return kind


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((nested for part in getattr(annotation, "__args__", ()) if (nested := _model_in(part))), None)
