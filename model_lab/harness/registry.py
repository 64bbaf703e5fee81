"""The models: found by scanning folders, read without importing any loader."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model_lab import capabilities, languages
from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ContractBroken, UnknownName, nearest
from model_lab.extensions import adapters, load_module, places
from model_lab.harness import variants
from model_lab.schemas import parse, read_yaml


@cache
def _folders() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for place in places("models"):
        for config in sorted(place.glob("*/config.yaml")):
            name = config.parent.name
            if name in found:
                raise BadConfig(f"model {name!r} is in both {found[name]} and {config.parent}; rename one of them")
            found[name] = config.parent
    return dict(sorted(found.items()))


def names() -> tuple[str, ...]:
    """The names of all models, sorted; reads folder names only."""
    return tuple(_folders())


def known(name: str) -> bool:
    """Whether ``name`` is that of a model, or of a variant of one."""
    return name.partition(variants.MARK)[0] in _folders()


def canonical(name: str) -> str:
    """The one name of a variant, however its options are ordered and written; any other name as it is.

    Raises `BadConfig` for options that the model does not have.
    """
    return card(name).name if variants.MARK in name and known(name) and not variants.hashed(name) else name


@cache
def card(name: str) -> ModelCard:
    """The card of one model, or of a variant of one, NAME@OPTION=VALUE,OPTION=VALUE: the same with these options.

    Raises `UnknownName` with the nearest model, `BadConfig` if its config.yaml is wrong or it does not have an option.
    """
    base, marked, told = name.partition(variants.MARK)
    if variants.hashed(name):
        raise BadConfig(f"{name} stands for options too long for a name, which only a run knows; give them with --set")
    if marked:
        return variant(card(base), variants.options(told, name))
    found = read(name)
    try:
        for tag in found.languages:
            languages.canonical(tag)
    except ValueError as error:
        raise BadConfig(f"{found.folder / 'config.yaml'}: languages: {error}") from None
    return found


def read(name: str) -> ModelCard:
    """The card of one model, its languages unchecked: for a worker, whose environment has no table of languages."""
    if name not in _folders():
        raise UnknownName(f"there is no model {name!r}{nearest(name, _folders())}; see: model-lab list models")
    folder = _folders()[name]
    data = read_yaml(folder / "config.yaml")
    known = capabilities.names()
    if data.get("capabilities") == ["all"]:
        data["capabilities"] = list(known)
    parsed = parse(ModelCard, data, folder / "config.yaml")
    for capability in parsed.capabilities:
        if capability not in known:
            raise BadConfig(
                f"{folder / 'config.yaml'}: there is no capability {capability!r}{nearest(capability, known)}; see: model-lab list capabilities"
            )
    return parsed.model_copy(update={"name": name, "folder": folder})


def cards(also: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> tuple[ModelCard, ...]:
    """All cards, by name, and those of the variants among ``also`` (name -> options, as a run holds them) that there still are."""
    found = {name: card(name) for name in names()}
    for name, options in also.items():
        base = found.get(name.partition(variants.MARK)[0])
        if base is not None and name != base.name and options.keys() <= base.options.keys():
            found[name] = asked(name, options)
    return tuple(found[name] for name in sorted(found))


def asked(name: str, options: Mapping[str, Any]) -> ModelCard:
    """The card of a model, or of a variant of one, with the options that a run asked it with.

    Raises `UnknownName` for an unknown model, `BadConfig` for an option that it does not have.
    """
    return with_options(card(name.partition(variants.MARK)[0]), dict(options)).model_copy(update={"name": name})


def which(found: ModelCard, asks: str) -> str:
    """The capability meant by ``asks``: that one, or the only one there is. Raises `BadConfig` if it is another or left open."""
    if not asks and len(found.capabilities) > 1:
        raise BadConfig(f"{found.name} can {', '.join(found.capabilities)}; say which with --capability")
    name = asks or found.capabilities[0]
    if name not in found.capabilities:
        raise BadConfig(
            f"{found.name} cannot {name!r}{nearest(name, found.capabilities)}; it can: {', '.join(found.capabilities)}"
        )
    return name


def common(cards: Sequence[ModelCard], asks: str) -> str:
    """The capability of all ``cards`` that is meant by ``asks``: that one, or the only one they share.

    Raises `BadConfig` if there is none, or if it is left open.
    """
    shared = [name for name in cards[0].capabilities if all(name in card.capabilities for card in cards)]
    if asks or len(cards) == 1:
        [name] = {which(card, asks) for card in cards}
        return name
    if len(shared) == 1:
        return shared[0]
    names = ", ".join(card.name for card in cards)
    raise BadConfig(
        f"{names} can all {', '.join(shared)}; say which with --capability" if shared else f"{names} have no capability in common"
    )


def with_options(found: ModelCard, options: dict[str, object]) -> ModelCard:
    """The card with some options changed; raises `BadConfig` for an option it does not have."""
    for key in options:
        if key not in found.options:
            raise BadConfig(
                f"{found.name} has no option {key!r}{nearest(key, found.options)}; it has: {', '.join(found.options) or 'none'}"
            )
    return found.model_copy(update={"options": {**found.options, **options}})


def variant(found: ModelCard, options: dict[str, object]) -> ModelCard:
    """The card with some options changed, under the name that says so; raises `BadConfig` for an option it does not have."""
    changed = with_options(found, options)
    return changed.model_copy(update={"name": variants.name(found.base, changed.options, card(found.base).options)})


def revision(found: ModelCard) -> str:
    """A hash of everything that decides its answers: its folder (code, requirements, checksums of weights) and its adapters."""
    digest = hashlib.sha256()
    for path in sorted(found.folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(found.folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    loader = found.folder / "loader.py"
    for path in sorted(adapters(loader)) if loader.is_file() else ():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_here(found: ModelCard, device: str) -> Bundle:
    """Load a model into this process: for workers, and for authors of loaders trying one in its own environment."""
    path = found.folder / "loader.py"
    if not path.is_file():
        raise ContractBroken(f"{found.folder} has no loader.py; write load(card, device) -> Bundle there")
    inside = found.folder.parent == places("models")[0]
    module = import_module(f"model_lab.models.{found.base}.loader") if inside else load_module(path)
    if not callable(getattr(module, "load", None)):
        raise ContractBroken(f"{path} has no function load(card, device) -> Bundle; write it")
    bundle = module.load(found, device)
    if not isinstance(bundle, Bundle):
        raise ContractBroken(f"{path}: load() returned {type(bundle).__name__}; expected Bundle")
    return bundle
