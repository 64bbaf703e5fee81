"""The models: found by scanning folders, read without importing any loader."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model_lab import capabilities, extensions, languages
from model_lab.contract import Bundle, ModelCard, WeightPaths
from model_lab.errors import BadConfig, ContractBroken, ModelLabError, nearest
from model_lab.extensions import Catalogue, Item, Problem, registry, registry_cache, shared_modules, translate_errors
from model_lab.registry import variants, weight_paths
from model_lab.schemas import parse, read_yaml

OLD_KEYS = {"proven": "verified", "executes": "trust_remote_code", "blocked": "unsupported_reason"}
"""Keys of cards before version 0.2, accepted in this one, and what they are called now."""


def names() -> tuple[str, ...]:
    """The names of all models, sorted, those that cannot be used included; reads folder names only."""
    return _MODELS.names()


def known(name: str) -> bool:
    """Whether ``name`` is that of a model, or of a variant of one."""
    return name.partition(variants.MARK)[0] in names()


def canonical(name: str) -> str:
    """The one name of a variant, however its options are ordered and written; any other name as it is.

    Raises `BadConfig` for options that the model does not have, if it is one that can be used.
    """
    base = name.partition(variants.MARK)[0]
    return card(name).name if base != name and usable(base) and not variants.hashed(name) else name


def _read(item: Item) -> ModelCard:
    path = item.path / "config.yaml"
    with translate_errors(path):
        if not path.exists():
            raise BadConfig(f"{item.path} has no config.yaml; write it (model-lab schema model), or move the folder away")
        data = _renamed(read_yaml(path), path)
        if data.get("capabilities") == ["all"]:
            data["capabilities"] = [capability.name for capability in capabilities.capabilities()]
        parsed = parse(ModelCard, data, path)
    for name in parsed.capabilities:
        try:
            capabilities.capability(name)
        except ModelLabError as error:
            raise BadConfig(f"{path}: {error}") from None
    return parsed.model_copy(update={"name": item.name, "folder": item.path})


_MODELS = Catalogue(extensions.MODEL, _read)


def _renamed(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """The keys of a card with their present names; a warning for each old one. Raises `BadConfig` for both of a pair."""
    for old in sorted(OLD_KEYS.keys() & data.keys()):
        new = OLD_KEYS[old]
        if new in data:
            raise BadConfig(f"{path} has both {old!r} and {new!r}, which is its new name; remove {old!r}")
        warnings.warn(f"{path}: the key {old!r} is now called {new!r}; rename it: the next release refuses it", FutureWarning, 2)
    return {OLD_KEYS.get(key, key): value for key, value in data.items()}


def with_old_keys(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is printed of a card as JSON, under the old names of keys besides: for whoever reads it, for one more release."""
    return {**row, **{old: row[new] for old, new in OLD_KEYS.items() if new in row}}


@registry_cache
def card(name: str) -> ModelCard:
    """The card of one model, or of a variant of one, NAME@OPTION=VALUE,OPTION=VALUE: the same with these options.

    Raises `UnknownName` with the nearest model, `BadConfig` if its config.yaml is wrong or it does not have an option.
    """
    base, marked, options = name.partition(variants.MARK)
    if variants.hashed(name):
        raise BadConfig(f"{name} stands for options too long for a name, which only a run knows; give them with --set")
    if marked:
        return variant(card(base), variants.options(options, name))
    found = read(name)
    try:
        for tag in found.languages:
            languages.canonical(tag)
    except ValueError as error:
        raise BadConfig(f"{found.folder / 'config.yaml'}: languages: {error}") from None
    return found


def read(name: str) -> ModelCard:
    """The card of one model, its languages unchecked: for a worker, whose environment has no table of languages."""
    return _MODELS.get(name)


def usable(name: str) -> ModelCard | None:
    """The card of one model, or of a variant of one; None if there is none that can be used."""
    try:
        return card(name)
    except ModelLabError:
        return None


def cards(also: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> tuple[ModelCard, ...]:
    """All cards that can be used, by name, and those of the variants among ``also`` (name -> options, as a run holds them)."""
    return with_variants([one for name in names() if (one := usable(name))], also)


def with_variants(models: Iterable[ModelCard], also: Mapping[str, Mapping[str, Any]]) -> tuple[ModelCard, ...]:
    """``models``, by name, and their variants among ``also``; a variant with options that its model has no more is left out."""
    found = {one.name: one for one in models}
    for name, options in also.items():
        base = found.get(name.partition(variants.MARK)[0])
        if base is not None and name != base.name:
            with suppress(BadConfig):
                found[name] = with_options(base, dict(options)).model_copy(update={"name": name})
    return tuple(found[name] for name in sorted(found))


def problems() -> list[Problem]:
    """Why the others cannot be used."""
    wrong = list(registry().scan_problems(extensions.MODEL))
    for name in names():
        try:
            card(name)
        except ModelLabError as error:
            wrong.append(Problem("model", name, str(error)))
    return wrong


def configured(name: str, options: Mapping[str, Any]) -> ModelCard:
    """The card of a model, or of a variant of one, with the options that a run asked it with.

    Raises `UnknownName` for an unknown model, `BadConfig` for an option that it does not have, or a value of another type.
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
    """The card with some options changed; raises `BadConfig` for an option it does not have, or a value of another type."""
    changed = dict(found.options)
    for key, value in options.items():
        if key not in found.options:
            raise BadConfig(
                f"{found.name} has no option {key!r}{nearest(key, found.options)}; it has: {', '.join(found.options) or 'none'}"
            )
        try:
            changed[key] = variants.fitted(value, found.options[key])
        except ValueError as expected:
            raise BadConfig(f"{found.name}: option {key} is {value!r}; expected {expected}") from None
    return found.model_copy(update={"options": changed})


def variant(found: ModelCard, options: dict[str, object]) -> ModelCard:
    """The card with some options changed, under the name that says so.

    Raises `BadConfig` for an option it does not have, or a value of another type.
    """
    base = card(found.base)
    changed = with_options(base, {**found.options, **options})
    return changed.model_copy(update={"name": variants.name(base.name, changed.options, base.options)})


def revision(found: ModelCard) -> str:
    """A hash of everything that decides its answers: its folder (code, requirements, checksums of weights) and its adapters."""
    digest = hashlib.sha256()
    with translate_errors(found.folder):
        for path in sorted(found.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(os.fsencode(path.relative_to(found.folder).as_posix()) + b"\0" + path.read_bytes() + b"\0")
        loader = found.folder / "loader.py"
        for path in sorted(shared_modules(loader, _loader_name(found))) if loader.is_file() else ():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_here(found: ModelCard, device: str, weights: WeightPaths | None = None) -> Bundle:
    """Load a model into this process: for workers, and for authors of loaders trying one in its own environment.

    ``weights``: where they are, as the host of a worker says; looked up here if it is not given.
    """
    card = found.with_weights(weights or weight_paths.locate(found))
    bundle = loader(found)(card, device)
    if not isinstance(bundle, Bundle):
        raise ContractBroken(f"{found.folder / 'loader.py'}: load() returned {type(bundle).__name__}; expected Bundle")
    return bundle


def loader(found: ModelCard) -> Callable[[ModelCard, str], object]:
    """The function ``load`` of a model, imported into this process; raises `ContractBroken` if there is none."""
    path = found.folder / "loader.py"
    if not path.is_file():
        raise ContractBroken(f"{found.folder} has no loader.py; write load(card, device) -> Bundle there")
    load: object = getattr(_item(found).load_module("loader"), "load", None)
    if not callable(load):
        raise ContractBroken(f"{path} has no function load(card, device) -> Bundle; write it")
    return load


def _item(found: ModelCard) -> Item:
    """What a card was read from; of a card that is not registered, its folder."""
    item = registry().items(extensions.MODEL).get(found.base)
    if item is not None and item.path == found.folder:
        return item
    return Item(extensions.MODEL, found.base, str(found.folder.parent), found.folder)


def _loader_name(found: ModelCard) -> str:
    """The name under which Python imports the loader of an installed package's model; empty for any other."""
    item = _item(found)
    return f"{item.module}.loader" if item.module and not item.packaged else ""
